"""MEMORY.DMP: what its header says, and whether it is of the crash that matters. Pure; cases in tests/core/test_memory_dump.py.

The header of a 64-bit dump is 0x2000 bytes, little-endian. Windows fills it with the word PAGE before it writes the fields, so
a field that was never written reads as that word.
"""

import base64
import binascii
import struct
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from bootmend.models.guest import DumpFacts
from bootmend.models.record import Moment, Record

HEADER_BYTES: Final = 0x2000
CRITICAL_PROCESS_DIED: Final = 0xEF
CLOCK_SLACK: Final = timedelta(minutes=2)
"""How far the guest's clock may differ from Azure's. A VM stands still for longer than this before it is started again."""

_HEAD_BYTES: Final = 0x60
_DETAIL_AT: Final = 0xF98
_DETAIL_BYTES: Final = 0x20
_UNWRITTEN: Final = 0x45474150
_UNWRITTEN_LONG: Final = 0x4547415045474150
_LARGEST: Final = 1 << 46
"""64 TiB: more memory than any VM has."""
_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
_EARLIEST: Final = datetime(2009, 1, 1, tzinfo=UTC)
"""Before the first Windows that Azure ran; a machine whose clock was never set reads an earlier time."""
_BY_FILE: Final = "its header holds no usable time, and the file was written"
_KERNEL_SPACE: Final = 0xFFFF_8000_0000_0000

type DumpKind = Literal["full", "kernel", "bitmap full", "bitmap kernel", "other"]
_KINDS: Final[dict[int, DumpKind]] = {1: "full", 2: "kernel", 5: "bitmap full", 6: "bitmap kernel"}


class DumpHeader(Record):
    """A header that was read. None stands for a field that holds no plausible value."""

    bug_check: int
    parameters: tuple[int, int, int, int]
    kind: DumpKind
    kind_number: int
    required_bytes: int | None
    """How long Windows says that the whole dump is."""
    system_time: Moment | None
    """The guest's clock at the crash."""


class DumpVerdict(Record):
    """Whether a dump counts. `told_by` is what `crashed_at` was taken from."""

    fresh: bool
    reason: str
    crashed_at: Moment | None = None
    told_by: Literal["header", "file"] | None = None


def read_header(dump: DumpFacts) -> DumpHeader | str:
    """The header from the two pieces that inspect.ps1 reports, or why it is none, in words."""
    if not dump.head:
        return "the file's header could not be read"
    try:
        head, detail = (base64.b64decode(piece, validate=True) for piece in (dump.head, dump.detail))
    except (binascii.Error, ValueError):
        return "the pieces of the header arrived damaged"
    return _decode(head, detail)


def decode_header(data: bytes) -> DumpHeader | str:
    """The header from a dump's first 0x2000 bytes, or why it is none, in words."""
    wrong = _not_a_dump(data)
    if wrong:
        return wrong
    if len(data) < HEADER_BYTES:
        return f"the header was cut: {len(data)} of {HEADER_BYTES} bytes"
    return _decode(data[:_HEAD_BYTES], data[_DETAIL_AT : _DETAIL_AT + _DETAIL_BYTES])


def _decode(head: bytes, detail: bytes) -> DumpHeader | str:
    wrong = _not_a_dump(head)
    if wrong:
        return wrong
    if len(head) < _HEAD_BYTES or len(detail) < _DETAIL_BYTES:
        return f"the header was cut: {len(head)} of {_HEAD_BYTES} and {len(detail)} of {_DETAIL_BYTES} bytes are there"
    (bug_check,) = struct.unpack_from("<I", head, 0x38)
    if bug_check in {0, _UNWRITTEN}:
        return "the header names no stop code: the dump was begun and not finished"
    kind, required, filetime = struct.unpack_from("<I4xQQ", detail)
    plausible = HEADER_BYTES <= required <= _LARGEST
    return DumpHeader(
        bug_check=bug_check,
        parameters=struct.unpack_from("<4Q", head, 0x40),
        kind=_KINDS.get(kind, "other"),
        kind_number=kind,
        required_bytes=required if plausible else None,
        system_time=_time(filetime),
    )


def _not_a_dump(start: bytes) -> str:
    """Why this is no 64-bit kernel dump, or nothing."""
    if len(start) < 8:
        return f"the header was cut: {len(start)} bytes"
    match start[:4], start[4:8]:
        case b"PAGE", b"DU64":
            return ""
        case b"PAGE", b"DUMP":
            return "a dump of a 32-bit Windows, which this VM does not run"
        case b"PAGE", b"PAGE":
            return "the dump was begun and not finished: its header was never marked valid"
        case b"MDMP", _:
            return "a dump of a program, not of Windows"
    if not any(start):
        return "not a dump: the file begins with zeros"
    return f"not a dump: the file begins with {start[:8].hex(' ')}"


def _time(filetime: int) -> datetime | None:
    if filetime == _UNWRITTEN_LONG:
        return None
    try:
        moment = _EPOCH + timedelta(microseconds=filetime // 10)
    except OverflowError:
        return None
    return moment if moment >= _EARLIEST else None


def explain(header: DumpHeader) -> str:
    """The stop code and its parameters in words (Bug Check 0xEF: CRITICAL_PROCESS_DIED)."""
    shown = ", ".join(f"0x{value:016X}" for value in header.parameters)
    if header.bug_check != CRITICAL_PROCESS_DIED:
        return f"Stop code 0x{header.bug_check:08X} with parameters {shown}."
    process, what = header.parameters[:2]
    died = {
        0: "a process that Windows cannot do without ended",
        1: "a thread ended in a process that Windows cannot do without",
    }.get(what, f"a critical process or thread died (parameter 2 is 0x{what:X}, which has no published meaning)")
    where = (
        f"its process object is at 0x{process:016X}, where a debugger finds its name"
        if process >= _KERNEL_SPACE
        else f"parameter 1 should be its process object, but 0x{process:016X} is no kernel address"
    )
    return f"Stop code 0x000000EF, CRITICAL_PROCESS_DIED: {died}; {where}. Parameters {shown}."


def fresh(dump: DumpFacts, header: DumpHeader | str, *, not_before: datetime, not_after: datetime) -> DumpVerdict:
    """Whether the dump is whole and of a crash between the VM's last start and the look at its disk.

    `not_before`: the last start. `not_after`: when the disk was inspected. Where the header's time cannot be, the time at which
    the file was written decides: Windows writes MEMORY.DMP on the boot after the crash, so it is later than the crash.
    """
    if isinstance(header, str):
        return DumpVerdict(fresh=False, reason=f"{dump.path} does not count: {header}")
    cut = _cut(dump, header)
    if cut:
        return DumpVerdict(fresh=False, reason=f"{dump.path} does not count: {cut}")
    earliest, latest = not_before - CLOCK_SLACK, not_after + CLOCK_SLACK
    moment, told_by = _moment(dump, header, latest)
    source = "its header names a crash" if told_by == "header" else _BY_FILE
    wrong = _wrong_time(moment, dump.written_at, earliest=earliest, latest=latest)
    words = f"{source} at {_utc(moment)}"
    reason = (
        f"{dump.path} does not count: {words}, {wrong}"
        if wrong
        else f"{dump.path} counts: {words}, after the start at {_utc(not_before)}{_unproved(header)}"
    )
    return DumpVerdict(fresh=not wrong, reason=reason, crashed_at=moment, told_by=told_by)


def _moment(dump: DumpFacts, header: DumpHeader, latest: datetime) -> tuple[datetime, Literal["header", "file"]]:
    if header.system_time is not None and header.system_time <= latest:
        return header.system_time, "header"
    return dump.written_at, "file"


def _cut(dump: DumpFacts, header: DumpHeader) -> str:
    if header.required_bytes is not None and dump.size_bytes < header.required_bytes:
        return f"it was cut: {dump.size_bytes} of {header.required_bytes} bytes are there"
    if dump.size_bytes <= HEADER_BYTES:
        return f"it holds a header and nothing else ({dump.size_bytes} bytes)"
    return ""


def _wrong_time(crashed: datetime, written: datetime, *, earliest: datetime, latest: datetime) -> str:
    if crashed < earliest:
        return f"before the VM's last start at {_utc(earliest + CLOCK_SLACK)}: it is of an older crash"
    if crashed > latest:
        return f"after the disk was looked at, at {_utc(latest - CLOCK_SLACK)}"
    if written < crashed - CLOCK_SLACK:
        return f"yet the file was last written at {_utc(written)}: the two contradict each other"
    return ""


def _unproved(header: DumpHeader) -> str:
    return "" if header.required_bytes is not None else "; its header does not tell its length, so that is not proved"


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
