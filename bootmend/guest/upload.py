"""upload.ps1: sends one file of the attached disk to Blob Storage in blocks, and tells what came of it.

A block's id is its offset and the MD5 of its content. So a run that was interrupted is resumed by running the script once more,
and a block counts as there only if Blob Storage has one of this very content.
"""

import base64
import hashlib
import json
import math
import re
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, model_validator

from bootmend.guest.commands import SLACK, GuestScript, script_text
from bootmend.guest.envelope import MARKER, MAX_OUTPUT, GuestOutputError
from bootmend.models.guest import CONTRACT_VERSION, DiskIdentity, DumpFacts
from bootmend.models.record import Record

SLOWEST: Final = 4 << 20
"""Bytes a second: a copied disk that is still being filled reads slowly."""
LONGEST_RUN: Final = 5400
"""Seconds, a managed run command's own default. What is not sent by then, the next run sends."""
_PATH: Final = re.compile(r"[A-Z]:(?P<file>(?:\\[A-Za-z0-9_.][A-Za-z0-9_.-]*)+)")
_BLOB: Final = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._-]+)+")
_LINE: Final = re.compile(MARKER + r" upload json (?P<length>\d{1,4}) (?P<sum>[0-9a-f]{16}) (?P<body>\{[ -~]+\})")


class UploadResult(Record):
    """What upload.ps1 did. `completed` is said only of a blob that was read back with the file's length and MD5."""

    version: Literal[1] = CONTRACT_VERSION
    ended: Literal["completed", "failed", "refused"]
    why: str = ""
    """Why it did not complete; empty if it did."""
    bytes: int = Field(ge=1)
    blocks_sent: int = Field(ge=0)
    blocks_reused: int = Field(ge=0)
    """Blocks that an earlier run had sent."""
    md5: str | None = Field(pattern=r"^[0-9a-f]{32}$")
    """Of the whole file, 32 hex digits; None if it was not read to its end."""
    stored_bytes: int | None
    """The blob's length, as HEAD told it after the last block was in."""
    seconds: float
    left_as_found: bool
    """Whether the disk is offline again if it was, and a letter that was given is taken back."""

    @model_validator(mode="after")
    def _completed_is_proved(self) -> Self:
        if self.ended == "completed" and (self.why or self.md5 is None or self.stored_bytes != self.bytes):
            raise ValueError("it says that it completed, and its figures do not")
        if self.ended != "completed" and not self.why:
            raise ValueError("it did not complete, and does not say why")
        return self


def upload_script(dump: DumpFacts, *, lun: int, identity: DiskIdentity, url: str) -> GuestScript:
    """Uploads the file that inspect.ps1 found; refused in the guest if disk, file or length are others.

    `url`: the blob's address with its SAS, which goes by a protected parameter. Raises ValueError, without telling the SAS, for a
    path or an address that is not plain.
    """
    parts = urlsplit(url)
    address, file = f"{parts.scheme}://{parts.netloc}{parts.path}", _PATH.fullmatch(dump.path)
    if not _BLOB.fullmatch(address) or not parts.query:
        raise ValueError("the blob's address must begin with https, be plain, and carry a SAS")
    if file is None or dump.size_bytes < 1 or not 0 <= lun <= 63:
        raise ValueError(f"{dump.path!r} of {dump.size_bytes} bytes at LUN {lun} is nothing that can be sent")
    return GuestScript(
        script=script_text("upload.ps1"),
        parameters={
            "Lun": str(lun),
            "Identity": identity,
            "Partition": str(dump.partition),
            "File": file["file"],
            "Bytes": str(dump.size_bytes),
            "BlobUrl": address,
        },
        # In base64, since a SAS holds characters that a command line takes for its own.
        protected={"Sas": base64.b64encode(parts.query.encode("ascii")).decode("ascii")},
        timeout_seconds=min(LONGEST_RUN, SLACK + math.ceil(dump.size_bytes / SLOWEST)),
    )


def read_upload(output: str, dump: DumpFacts) -> UploadResult:
    """The account that upload.ps1 printed last; raises GuestOutputError for anything else, and for another file's account."""
    try:
        result = UploadResult.model_validate_json(_account(output))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise GuestOutputError(f"the upload's account is not as agreed: {where}: {first['msg']}") from error
    if result.bytes != dump.size_bytes:
        raise GuestOutputError(f"the account is of a file of {result.bytes} bytes, not {dump.size_bytes}")
    return result


def _account(output: str) -> str:
    """The JSON of the output's last line, which is never long enough to be packed."""
    if len(output) > MAX_OUTPUT:
        raise GuestOutputError(f"the output has {len(output)} characters, more than a run command returns")
    last = output.removeprefix("\ufeff").rstrip().rpartition("\n")[2].rstrip("\r")
    found = _LINE.fullmatch(last)
    if found is None:
        raise GuestOutputError(f"the output does not end with the upload's account but with {last[-80:]!r}")
    body = found["body"]
    if len(body) != int(found["length"]) or hashlib.sha256(body.encode("ascii")).hexdigest()[:16] != found["sum"]:
        raise GuestOutputError("the upload's account was cut or damaged")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise GuestOutputError(f"the upload's account is not JSON: {error}") from error
    if document.get("version") != CONTRACT_VERSION:
        raise GuestOutputError(f"the upload's account has version {document.get('version')!r}, not {CONTRACT_VERSION}")
    return body
