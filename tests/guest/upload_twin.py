"""upload.ps1's protocol in Python, request for request, so that it can be played against a real Blob service.

Run as a program it reads one JSON order from standard input, prints the account that the script would print and, before it, the
most memory that it ever held. Interruptions are part of the order: requests whose answer is lost, and a request at which the
program is killed.
"""

import base64
import hashlib
import http.client
import json
import os
import re
import ssl
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urlsplit

from bootmend.guest.envelope import MARKER, seal
from bootmend.guest.upload import UploadResult
from tests.peak_memory import peak_mib

BLOCK_BYTES = 8 << 20
MOST_BLOCKS = 50_000
TRIES = 6
API_VERSION = "2021-12-02"
RETRIED = (408, 429, 500, 502, 503, 504)
KILLED = 70
"""The program's exit status when it was told to die."""
_BLOCK = re.compile(r"<Block>\s*<Name>([^<]+)</Name>\s*<Size>(\d+)</Size>\s*</Block>")


@dataclass(frozen=True)
class Answer:
    """Status 0 if no answer came; names of headers in lower case."""

    status: int
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


class StorageError(Exception):
    """Blob Storage said no, or nothing."""


@dataclass
class Service:
    """One blob behind its signed address. Requests are counted from 1; `lost` ones are done and their answers dropped."""

    url: str
    ca_file: str
    lost: frozenset[int] = frozenset()
    killed_at: int = 0
    count: int = 0

    def ask(self, method: str, query: str, body: bytes, headers: Mapping[str, str], accepts: tuple[int, ...]) -> Answer:
        answer = Answer(0)
        for _ in range(TRIES):
            answer = self._once(method, query, body, headers)
            if answer.status in accepts:
                return answer
            if answer.status != 0 and answer.status not in RETRIED:
                break
        raise StorageError(f"Blob Storage answered {method} {query} with {answer.status} {answer.code}")

    def _once(self, method: str, query: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self.count += 1
        if self.count == self.killed_at:
            os._exit(KILLED)
        parts = urlsplit(self.url)
        trust = ssl.create_default_context(cafile=self.ca_file)
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, context=trust, timeout=120)
        try:
            target = f"{parts.path}?{'&'.join(filter(None, (query, parts.query)))}"
            connection.request(method, target, body or None, {"x-ms-version": API_VERSION, **headers})
            response = connection.getresponse()
            text = response.read().decode("utf-8-sig") if method == "GET" else ""
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, type(error).__name__)
        finally:
            connection.close()
        if self.count in self.lost:
            return Answer(0, "ConnectionLost")
        heard = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, heard.get("x-ms-error-code", ""), heard, text)


def block_size(length: int) -> int:
    size = BLOCK_BYTES
    while -(-length // size) > MOST_BLOCKS:
        size *= 2
    return size


def block_id(offset: int, content: bytes) -> str:
    return base64.b64encode(f"{offset:016x}-{_md5(content).hex()}".encode()).decode()


@dataclass
class Upload:
    """One run of the script."""

    service: Service
    expected: int
    sent: int = 0
    reused: int = 0
    ids: list[str] = field(default_factory=list)
    percent: str = ""

    def run(self, path: Path) -> UploadResult:
        ended, why, md5, stored = "refused", "", None, None
        try:
            with path.open("rb", buffering=0) as stream:
                if (length := os.fstat(stream.fileno()).st_size) != self.expected:
                    raise StorageError(f"{path.name} has {length} bytes, not {self.expected}")
                known = self._known_blocks()
                ended = "failed"
                md5 = self._send_blocks(stream, known)
            stored = self._complete(md5)
            ended = "completed"
        except (OSError, StorageError) as error:
            why = str(error)
        return UploadResult.model_validate(
            {
                "ended": ended, "why": why, "bytes": self.expected, "blocks_sent": self.sent, "blocks_reused": self.reused,
                "md5": md5.hex() if md5 else None, "stored_bytes": stored, "seconds": 0, "left_as_found": True,
            }
        )  # fmt: skip

    def _known_blocks(self) -> dict[str, int]:
        answer = self.service.ask("GET", "comp=blocklist&blocklisttype=all", b"", {}, (200, 404))
        return {name: int(size) for name, size in _BLOCK.findall(answer.text)}

    def _send_blocks(self, stream: BinaryIO, known: Mapping[str, int]) -> bytes:
        whole, offset = hashlib.md5(), 0
        for content in _blocks(stream, block_size(self.expected)):
            whole.update(content)
            name = block_id(offset, content)
            if known.get(name) == len(content):
                self.reused += 1
            else:
                headers = {"Content-MD5": _base64(_md5(content))}
                self.service.ask("PUT", f"comp=block&blockid={quote(name, safe='')}", content, headers, (201,))
                self.sent += 1
            self.ids.append(name)
            offset += len(content)
            self._tell(offset)
        return whole.digest()

    def _complete(self, md5: bytes) -> int:
        listed = "".join(f"<Latest>{name}</Latest>" for name in self.ids)
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'.encode()
        headers = {
            "Content-MD5": _base64(_md5(body)),
            "x-ms-blob-content-md5": _base64(md5),
            "x-ms-blob-content-type": "application/octet-stream",
        }
        self.service.ask("PUT", "comp=blocklist", body, headers, (201,))
        stored = self.service.ask("HEAD", "", b"", {}, (200,)).headers
        length = int(stored.get("content-length", -1))
        if length != self.expected or stored.get("content-md5") != _base64(md5):
            raise StorageError(f"what is stored has {length} bytes and MD5 {stored.get('content-md5')}: not the file")
        return length

    def _tell(self, offset: int) -> None:
        percent = str(100 * offset // self.expected)
        if percent != self.percent:
            self.percent = percent
            say(f"{MARKER} progress upload {percent} 0 1")


def _blocks(stream: BinaryIO, size: int) -> Iterator[bytes]:
    while content := stream.read(size):
        while len(content) < size and (more := stream.read(size - len(content))):
            content += more
        yield content


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _md5(content: bytes) -> bytes:
    return hashlib.md5(content).digest()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def main() -> None:
    order = json.load(sys.stdin)
    service = Service(order["url"], order["ca_file"], frozenset(order["lost"]), order["killed_at"])
    account = Upload(service, order["bytes"]).run(Path(order["path"]))
    say(f"peak {peak_mib()} MiB")
    say(seal("upload", account.model_dump_json()))


if __name__ == "__main__":
    main()
