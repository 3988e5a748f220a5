"""A memory dump file with the header of a 64-bit one, and content that is made when it is read."""

import random
import struct
from dataclasses import dataclass
from datetime import UTC, datetime

HEADER_SIZE = 0x2000
_PAGE = 4096
_FILLER = random.Random("memory").randbytes(_PAGE - 8)
_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Dump:
    """MEMORY.DMP. `kind`: 1 full, 2 kernel, 5 full bitmap, 6 kernel bitmap."""

    stop_code: int
    written_at: datetime
    size_bytes: int
    kind: int = 5

    def header(self) -> bytes:
        """The first 0x2000 bytes. Parameter 1 of 0xEF is the process object, parameter 2 is 0: a process died."""
        head = bytearray(HEADER_SIZE)
        head[0:8] = b"PAGEDU64"
        struct.pack_into("<I", head, 0x38, self.stop_code)
        struct.pack_into("<4Q", head, 0x40, 0xFFFFCA8F_12345080, 0, 0, 0)
        struct.pack_into("<I", head, 0xF98, self.kind)
        struct.pack_into("<Q", head, 0xFA0, self.size_bytes)
        filetime = int((self.written_at - _FILETIME_EPOCH).total_seconds() * 10_000_000)
        struct.pack_into("<Q", head, 0xFA8, filetime)
        return bytes(head)

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`, a multiple of a page. Each page behind the header begins with its number."""
        end = min(offset + length, self.size_bytes)
        first, last = offset // _PAGE, -(-end // _PAGE)
        pages = bytearray((b"\0" * 8 + _FILLER) * (last - first))
        for number in range(first, last):
            struct.pack_into("<Q", pages, (number - first) * _PAGE, number)
        if offset < HEADER_SIZE:
            header = self.header()[offset:]
            pages[: len(header)] = header
        return bytes(memoryview(pages)[: end - offset])
