"""Reads the serial console log of an Azure VM.

With EMS on, Windows writes an XML block of class BLUESCREEN when it stops, and the SAC writes banners while it boots
(Azure Serial Console for Windows; EMS bugcheck output). The log is raw console output: mixed case, stray quotes, ANSI
escapes even within a word, half lines. Banners and blocks of old boots stay in it, so every reading starts from a recorded offset.
"""

import re

from bootmend.models.boot import SerialReading

# Possessive quantifiers: the log is the guest's, and a megabyte of blanks must not cost a backtracking hour.
_ESCAPES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]")
_STOP_CODE = re.compile(
    rb"""name\s*+=\s*+["']?\s*+stopcode\s*+["']?[^>]*+>\s*+<\s*+value\s*+>"""
    rb"""\s*+["']?\s*+(?:0x)?([0-9a-f]{1,16})\s*+["']?\s*+<""",
    re.IGNORECASE,
)
_BLUESCREEN = re.compile(rb"""classname\s*+=\s*+["']?\s*+bluescreen""", re.IGNORECASE)
_BANNER = re.compile(rb"the\s+cmd\s+command\s+is\s+now\s+available", re.IGNORECASE)


def read_serial_log(log: bytes, start: int = 0, base: int = 0) -> SerialReading:
    """Reads `log`, whose first byte stands at offset `base` of the whole log, from offset `start` on.

    A log that is shorter than `start` was begun anew (the VM moved to another host): all of it is new then.
    """
    length = base + len(log)
    begin = start if start <= length else 0
    first = max(begin, base)
    fresh = log[first - base :]
    text = _ESCAPES.sub(b"", fresh)
    bugcheck, banner = _last(_BLUESCREEN, text), _last(_BANNER, text)
    code = _STOP_CODE.search(text, bugcheck.end(), bugcheck.end() + 1000) if bugcheck else None
    return SerialReading(
        start=begin,
        length=length,
        stop_code=int(code[1], 16) if code else None,
        bugcheck_at=first + _place(fresh, bugcheck.start()) if bugcheck else None,
        banner_at=first + _place(fresh, banner.start()) if banner else None,
    )


def _last(pattern: re.Pattern[bytes], text: bytes) -> re.Match[bytes] | None:
    return max(pattern.finditer(text), key=lambda found: found.start(), default=None)


def _place(fresh: bytes, position: int) -> int:
    """Where in `fresh` the byte stands that is at `position` once the escapes are gone."""
    for escape in _ESCAPES.finditer(fresh):
        if escape.start() > position:
            break
        position += len(escape[0])
    return position
