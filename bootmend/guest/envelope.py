"""The one line that carries a document: a marker, its kind, its form, its length, a checksum, and the payload.

    BOOTMEND/1 facts gzip 1204 9f86d081884c7d65 H4sIAAAA...

Run commands keep the *last* 4,096 bytes of the output, so a script prints this line last (Run scripts in your Windows
VM by using managed Run Commands). Length and checksum tell a line that was cut or mixed with another's output.
"""

import base64
import binascii
import gzip
import hashlib
import re
import zlib
from typing import Final

MARKER: Final = "BOOTMEND/1"
PLAIN_LIMIT: Final = 2000
"""Characters of JSON up to which the document stays readable as it is."""
LINE_LIMIT: Final = 4000
"""Characters of the whole line: below the 4,096 bytes that a run command keeps."""
MAX_OUTPUT: Final = 65_536
MAX_DOCUMENT: Final = 262_144
_LINE: Final = re.compile(
    MARKER
    + r" (?P<kind>facts|transcript) (?P<form>json|gzip) (?P<length>\d{1,6}) (?P<sum>[0-9a-f]{16}) (?P<body>[ -~]+)"
)


class GuestOutputError(Exception):
    """A run command's output that is not exactly what the script prints. `str()` is the reason in words."""


def pack(text: str) -> str:
    """gzip and base64: the form of a plan on its way to the guest."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode("ascii")


def seal(kind: str, json_text: str) -> str:
    """The line for an ASCII JSON document; what inspect.ps1 and execute.ps1 print."""
    form, body = ("json", json_text) if len(json_text) <= PLAIN_LIMIT else ("gzip", pack(json_text))
    checksum = hashlib.sha256(body.encode("ascii")).hexdigest()[:16]
    return f"{MARKER} {kind} {form} {len(body)} {checksum} {body}"


def unseal(kind: str, output: str) -> str:
    """The JSON text of the output's last line; raises GuestOutputError."""
    if len(output) > MAX_OUTPUT:
        raise GuestOutputError(f"the output has {len(output)} characters, more than a run command returns")
    lines = [line for line in re.split(r"\r?\n", output.removeprefix("\ufeff")) if line.strip()]
    if not lines:
        raise GuestOutputError("the output is empty")
    found = _LINE.fullmatch(lines[-1].rstrip())
    if not found:
        raise GuestOutputError(f"the output does not end with {MARKER}'s line but with {lines[-1][-80:]!r}")
    if found["kind"] != kind:
        raise GuestOutputError(f"the output holds {found['kind']}, not {kind}")
    body = found["body"]
    if len(body) != int(found["length"]):
        raise GuestOutputError(f"the document was cut: {len(body)} of {found['length']} characters")
    if hashlib.sha256(body.encode("ascii")).hexdigest()[:16] != found["sum"]:
        raise GuestOutputError("the document was damaged: its checksum differs")
    return body if found["form"] == "json" else unpack(body)


def unpack(body: str) -> str:
    """The text of a packed document of at most MAX_DOCUMENT bytes; raises GuestOutputError."""
    try:
        packed = base64.b64decode(body, validate=True)
        inflater = zlib.decompressobj(wbits=31)
        text = inflater.decompress(packed, MAX_DOCUMENT)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise GuestOutputError(f"the document cannot be unpacked: {error}") from error
    if not inflater.eof:
        too_long = bool(inflater.unconsumed_tail)
        raise GuestOutputError("the document is too long" if too_long else "the packed document was cut")
    if inflater.unused_data:
        raise GuestOutputError("something follows the packed document")
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise GuestOutputError("the document is not text") from error
