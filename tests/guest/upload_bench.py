"""Runs of upload.ps1's twin against Azurite, each in a process of its own, with interruptions."""

import asyncio
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bootmend.evidence.blob import BlobStore
from bootmend.guest.upload import UploadResult, read_upload
from bootmend.models.guest import DumpFacts
from tests.azurite.server import CONTAINER, AnyIdentity, Azurite, make_container, running
from tests.guest import upload_twin
from tests.source_tree import ROOT

REPAIR = "0123456789abcdef-0123456789ab"
MIB = 1 << 20
GIB = 1 << 30
MOST_MIB = 200
"""The twin's memory: Python itself and a few blocks of 8 MiB, whatever the file's size."""


def dump(size: int = GIB, path: str = "E:\\Windows\\MEMORY.DMP") -> DumpFacts:
    return DumpFacts(partition=3, path=path, size_bytes=size, written_at=datetime(2026, 11, 23, tzinfo=UTC))


@dataclass(frozen=True)
class Run:
    code: int
    peak_mib: int
    result: UploadResult | None
    complaint: str = ""


@dataclass(frozen=True)
class Bench:
    azurite: Azurite
    folder: Path

    @property
    def store(self) -> BlobStore:
        return BlobStore(self.azurite.account_url, CONTAINER, AnyIdentity, self.azurite.ca_file)

    def link(self, name: str) -> str:
        link = self.store.upload_url(REPAIR, name, now=datetime.now(UTC), valid_for=timedelta(hours=1))
        return asyncio.run(link)

    def file(self, size: int, *marks: int) -> Path:
        """A sparse file with a few bytes at each mark, so that its blocks differ."""
        path = self.folder / f"dump-{size}"
        with path.open("wb") as stream:
            stream.truncate(size)
            for mark in marks:
                stream.seek(mark)
                stream.write(f"at {mark}".encode())
        return path

    def run(self, path: Path, url: str, *, lost: tuple[int, ...] = (), killed_at: int = 0, claimed: int = 0) -> Run:
        """The twin in a process of its own, so that its memory is its own too."""
        size = claimed or path.stat().st_size
        order = {
            "url": url, "ca_file": str(self.azurite.ca_file), "path": str(path), "bytes": size, "lost": lost,
            "killed_at": killed_at,
        }  # fmt: skip
        command = [sys.executable, "-m", "tests.guest.upload_twin"]
        done = subprocess.run(
            command, cwd=ROOT, input=json.dumps(order), capture_output=True, text=True, timeout=600, check=False
        )
        if done.returncode != 0:
            return Run(done.returncode, 0, None, done.stderr)
        peak = re.search(r"^peak (\d+) MiB$", done.stdout, re.MULTILINE)
        assert peak
        return Run(0, int(peak[1]), read_upload(done.stdout, dump(size)))

    def stored(self, name: str) -> tuple[int, str | None] | None:
        found = asyncio.run(self.store.describe(REPAIR, name))
        return (found.size_bytes, found.md5) if found else None


@contextmanager
def ready() -> Iterator[Bench]:
    """On disk, since Azurite's memory is not what is measured; several hundred MB that are gone afterwards."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), in_memory=False) as azurite:
        asyncio.run(make_container(azurite))
        yield Bench(azurite, Path(folder))


def md5_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "md5").hexdigest()


def completed(run: Run) -> UploadResult:
    assert run.result is not None
    assert (run.result.ended, run.result.why) == ("completed", "")
    return run.result


def interrupted(bench: Bench, size: int, name: str) -> list[int]:
    """A dump sent in three runs, two of them killed on the way, answers lost in between; the peaks of memory in MiB."""
    blocks = -(-size // upload_twin.BLOCK_BYTES)
    path, link = bench.file(size, *range(0, size, 100 * MIB)), bench.link(name)
    for share in (0.35, 0.4):
        begun = bench.run(path, link, lost=(3, 4), killed_at=int(blocks * share))
        assert begun.code == upload_twin.KILLED, begun
    finished = bench.run(path, link, lost=(2,))
    result = completed(finished)
    assert result.blocks_sent + result.blocks_reused == blocks
    assert result.blocks_reused > blocks // 2
    assert bench.stored(name) == (size, md5_of(path))
    again = bench.run(path, link)
    assert (completed(again).blocks_sent, completed(again).blocks_reused) == (0, blocks)
    path.unlink()
    return [finished.peak_mib, again.peak_mib]
