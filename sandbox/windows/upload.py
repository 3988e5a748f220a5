"""upload.ps1, played: a dump goes to Blob Storage in blocks, by real requests to the address that the script was given."""

import base64
import hashlib
import http.client
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from bootmend.guest.envelope import MARKER
from bootmend.guest.upload import UploadResult
from sandbox.windows.dump import Dump
from sandbox.windows.guest import RepairGuest

type Ended = Literal["completed", "failed", "refused"]

BLOCK_BYTES = 8 << 20
MOST_BLOCKS = 50_000
TRIES = 6
API_VERSION = "2021-12-02"
RETRIED = (408, 429, 500, 502, 503, 504)
BYTES_A_SECOND = 60e6
"""Virtual seconds follow from it: a copy that is still being filled, a repair VM with two cores [I]."""
PARAMETERS = {"Lun", "Identity", "Partition", "File", "Bytes", "BlobUrl"}
INTERRUPTIONS = 2
"""How many uploads end on the way where the disk's trouble says so."""
_BLOCK = re.compile(r"<Block>\s*<Name>([^<]+)</Name>\s*<Size>(\d+)</Size>\s*</Block>")


@dataclass(frozen=True)
class Heard:
    """An answer. Status 0: none came. Header names are lower-case."""

    status: int
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


class UploadError(Exception):
    """What the script throws."""


class CutOffError(Exception):
    """The repair VM went down under the script."""


class BlobConnection:
    """One blob behind its signed address. `waited`: virtual seconds between tries."""

    def __init__(self, url: str, signature: str, ca_file: Path | None) -> None:
        parts = urlsplit(url)
        self.waited = 0.0
        self._path = parts.path
        self._signature = signature
        trust = ssl.create_default_context(cafile=ca_file)
        self._connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, context=trust, timeout=60)

    def ask(self, method: str, query: str, body: bytes, headers: Mapping[str, str], accepts: tuple[int, ...]) -> Heard:
        """A request until it is answered for good. Raises UploadError, which tells no signature."""
        heard = Heard(0)
        for number in range(TRIES):
            self.waited += 2**number if number else 0
            heard = self._once(method, query, body, headers)
            if heard.status in accepts:
                return heard
            if heard.status and heard.status not in RETRIED:
                break
        raise UploadError(f"Blob Storage answered {method} {query} with {heard.status} {heard.code}")

    def _once(self, method: str, query: str, body: bytes, headers: Mapping[str, str]) -> Heard:
        target = f"{self._path}?{'&'.join(filter(None, (query, self._signature)))}"
        try:
            self._connection.request(method, target, body or None, {"x-ms-version": API_VERSION, **headers})
            response = self._connection.getresponse()
            text = response.read().decode("utf-8-sig")
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return Heard(0, type(error).__name__)
        told = {name.lower(): value for name, value in response.getheaders()}
        return Heard(response.status, told.get("x-ms-error-code", ""), told, text)

    def close(self) -> None:
        self._connection.close()


@dataclass
class Upload:
    """One run of the script. `elapsed`: virtual seconds since its start; `printed`: its lines, each with its second."""

    dump: Dump
    connection: BlobConnection
    cut_after: int | None = None
    """Blocks after which the VM goes down."""
    elapsed: float = 3.0
    printed: list[tuple[float, str]] = field(default_factory=list)
    sent: int = 0
    reused: int = 0
    md5: bytes | None = None
    stored: int | None = None
    ended: Ended = "refused"
    _percent: int = -1

    def run(self) -> UploadResult:
        """Raises CutOffError."""
        why = ""
        try:
            known = self._known()
            self.ended = "failed"
            self._complete(self._send(known))
            self.ended = "completed"
        except UploadError as error:
            why = str(error)
        self.elapsed += self.connection.waited
        return _account(
            self.ended,
            why,
            self.dump.size_bytes,
            blocks_sent=self.sent,
            blocks_reused=self.reused,
            md5=self.md5.hex() if self.md5 else None,
            stored_bytes=self.stored,
            seconds=round(self.elapsed, 1),
        )

    def _known(self) -> dict[str, int]:
        heard = self.connection.ask("GET", "comp=blocklist&blocklisttype=all", b"", {}, (200, 404))
        return {name: int(size) for name, size in _BLOCK.findall(heard.text)}

    def _send(self, known: Mapping[str, int]) -> list[str]:
        whole, ids = hashlib.md5(usedforsecurity=False), list[str]()
        size = block_size(self.dump.size_bytes)
        for offset in range(0, self.dump.size_bytes, size):
            if len(ids) == self.cut_after:
                raise CutOffError
            content = self.dump.read(offset, size)
            whole.update(content)
            ids.append(self._send_block(offset, content, known))
        self.md5 = whole.digest()
        return ids

    def _send_block(self, offset: int, content: bytes, known: Mapping[str, int]) -> str:
        digest = _md5(content)
        block_id = _base64(f"{offset:016x}-{digest.hex()}".encode())
        if known.get(block_id) == len(content):
            self.reused += 1
        else:
            query = f"comp=block&blockid={quote(block_id, safe='')}"
            self.connection.ask("PUT", query, content, {"Content-MD5": _base64(digest)}, (201,))
            self.sent += 1
        self.elapsed += len(content) / BYTES_A_SECOND
        percent = 100 * (offset + len(content)) // self.dump.size_bytes
        if percent != self._percent:
            self._percent = percent
            self.printed.append((self.elapsed, f"{MARKER} progress upload {percent} 0 1"))
        return block_id

    def _complete(self, ids: list[str]) -> None:
        assert self.md5
        listed = "".join(f"<Latest>{block_id}</Latest>" for block_id in ids)
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'.encode()
        headers = {
            "Content-MD5": _base64(_md5(body)),
            "x-ms-blob-content-md5": _base64(self.md5),
            "x-ms-blob-content-type": "application/octet-stream",
        }
        self.connection.ask("PUT", "comp=blocklist", body, headers, (201,))
        told = self.connection.ask("HEAD", "", b"", {}, (200,)).headers
        self.stored = int(told.get("content-length", -1))
        if self.stored != self.dump.size_bytes or told.get("content-md5") != _base64(self.md5):
            raise UploadError(f"what is stored has {self.stored} bytes and MD5 {told.get('content-md5')}: not the file")


def refused(length: int, why: str) -> UploadResult:
    """The account of a run that found nothing to send."""
    return _account("refused", why, length)


def _account(ended: Ended, why: str, length: int, **figures: Any) -> UploadResult:
    known = {"blocks_sent": 0, "blocks_reused": 0, "md5": None, "stored_bytes": None, "seconds": 3.0}
    told = {**known, **figures, "ended": ended, "why": why[:400], "bytes": length, "left_as_found": True}
    return UploadResult.model_validate(told)


def find_dump(guest: RepairGuest, given: Mapping[str, str]) -> Dump:
    """The file that the parameters name. Raises UploadError with the script's words."""
    guest.look()
    lun, file = int(given["Lun"]), given["File"]
    disk = guest.attached.get(lun)
    if disk is None:
        raise UploadError(f"no disk at LUN {lun}")
    if disk.identity != given["Identity"]:
        raise UploadError(f"the disk at LUN {lun} is {disk.identity}, not {given['Identity']}")
    if guest.offline.get(lun) == "Collision":
        raise UploadError("the disk's identity collides with another disk's")
    volume = disk.volume(int(given["Partition"]))
    found = volume.read(file) if volume else None
    if found is None or not isinstance(found.content, Dump):
        raise UploadError(f"Could not find file '{file}'.")
    if found.content.size_bytes != int(given["Bytes"]):
        raise UploadError(f"{file} has {found.content.size_bytes} bytes, not {given['Bytes']}")
    return found.content


def interrupted_after(guest: RepairGuest, given: Mapping[str, str]) -> int | None:
    """Blocks after which this run is cut off: a third of them the first time, two thirds the second; None: never."""
    if "upload_interrupted" not in guest.attached[int(given["Lun"])].trouble or guest.uploads > INTERRUPTIONS:
        return None
    blocks = -(-int(given["Bytes"]) // block_size(int(given["Bytes"])))
    return guest.uploads * blocks // (INTERRUPTIONS + 1)


def block_size(length: int) -> int:
    size = BLOCK_BYTES
    while -(-length // size) > MOST_BLOCKS:
        size *= 2
    return size


def _md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
