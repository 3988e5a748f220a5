"""Where evidence lies: one place a repair, plain names."""

import asyncio
import re
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from bootmend.settings import settings

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")
_REPAIR = re.compile(r"[0-9a-f]{16}-[0-9a-f]{12}")


class EvidenceUnavailableError(Exception):
    """The store cannot be reached, or refuses. `str()` says which and why, without any secret; a retry may cure it."""


class EvidenceStore(Protocol):
    """Keeps screenshots, logs, transcripts and reports. A second `put` under a name replaces the first."""

    async def put(self, repair_id: str, name: str, data: bytes) -> str:
        """Stores and answers the name. Raises ValueError for a name or id that is not plain."""

    async def get(self, repair_id: str, name: str) -> bytes | None:
        """The data, or None where there is no such evidence."""

    async def names(self, repair_id: str) -> tuple[str, ...]:
        """All names of a repair, sorted."""


class FolderStore:
    """Evidence in a folder: for one machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, repair_id: str, name: str, data: bytes) -> str:
        await asyncio.to_thread(_write_whole, self._path(repair_id, name), data)
        return name

    async def get(self, repair_id: str, name: str) -> bytes | None:
        path = self._path(repair_id, name)
        return await asyncio.to_thread(lambda: path.read_bytes() if path.is_file() else None)

    async def names(self, repair_id: str) -> tuple[str, ...]:
        folder = self._folder / checked(_REPAIR, repair_id)
        return await asyncio.to_thread(lambda: tuple(sorted(path.name for path in folder.glob("[!.]*"))))

    def _path(self, repair_id: str, name: str) -> Path:
        return self._folder / checked(_REPAIR, repair_id) / checked(_NAME, name)


def _write_whole(path: Path, data: bytes) -> None:
    """A reader sees the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as half:
        try:
            half.write(data)
            half.flush()
            Path(half.name).replace(path)
        except OSError:
            Path(half.name).unlink()
            raise


def checked(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"not a plain name: {text[:100]!r}")
    return text


@lru_cache(maxsize=1)
def evidence_store() -> EvidenceStore:
    """The store that the settings name."""
    if (folder := settings().evidence_folder) is not None:
        return FolderStore(folder)
    from bootmend.evidence.blob import blob_store

    return blob_store()
