"""Content on disk: what is uploaded goes to files as it comes, and is read back in pieces. Never whole in memory."""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_CHUNK = 256 * 1024


@dataclass(frozen=True)
class Piece:
    """The body of one upload: a block, or a whole blob. `md5`: 16 bytes."""

    path: Path
    length: int
    md5: bytes

    def drop(self) -> None:
        """Forget the content."""
        self.path.unlink(missing_ok=True)


class Spool:
    """A folder of pieces."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)

    def receive(self) -> "Incoming":
        """Take in one more body."""
        return Incoming(self._folder / f"{next(self._numbers):06d}")


class Incoming:
    """A body on its way to disk. Left by an exception, it leaves nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._length = 0

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._md5.update(chunk)
        self._length += len(chunk)

    def piece(self) -> Piece:
        """What came, all of it."""
        self._file.close()
        return Piece(self._path, self._length, self._md5.digest())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._file.close()
        if kind is not None:
            self._path.unlink(missing_ok=True)


def read(pieces: tuple[Piece, ...], start: int, end: int) -> Iterator[bytes]:
    """Bytes `start` to `end`, the last one not included, of the pieces in a row."""
    for piece in pieces:
        if start < piece.length and end > 0:
            yield from _read_piece(piece, max(0, start), min(end, piece.length))
        start, end = start - piece.length, end - piece.length


def _read_piece(piece: Piece, start: int, end: int) -> Iterator[bytes]:
    with piece.path.open("rb") as file:
        file.seek(start)
        while start < end and (chunk := file.read(min(_CHUNK, end - start))):
            start += len(chunk)
            yield chunk
