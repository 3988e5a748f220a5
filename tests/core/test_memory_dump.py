"""The dump header on crafted files: each kind, each fault, hostile values; and which dump counts."""

import base64
import struct
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootmend.memory_dump import DumpHeader, decode_header, explain, fresh, read_header
from bootmend.models.guest import DumpFacts

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CRASH = START + timedelta(minutes=3)
LOOK = START + timedelta(hours=1)
PROCESS = 0xFFFFA40C1B5F3080
GIB = 1 << 30
PAGE = 0x4547415045474150


def filetime(moment: datetime) -> int:
    return int((moment - datetime(1601, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)) * 10


def crafted(
    *,
    signature: bytes = b"PAGEDU64",
    bug_check: int = 0xEF,
    parameters: tuple[int, int, int, int] = (PROCESS, 0, 0, 0),
    kind: int = 1,
    required: int = 8 * GIB,
    time: int | datetime = CRASH,
) -> bytes:
    """A header as Windows leaves it: filled with the word PAGE, then its fields."""
    header = bytearray(b"PAGE" * (0x2000 // 4))
    header[: len(signature)] = signature
    struct.pack_into("<I", header, 0x38, bug_check)
    struct.pack_into("<4Q", header, 0x40, *parameters)
    struct.pack_into("<I", header, 0xF98, kind)
    struct.pack_into("<QQ", header, 0xFA0, required, filetime(time) if isinstance(time, datetime) else time)
    return bytes(header)


def facts(header: bytes, *, size: int = 8 * GIB, written: datetime = CRASH + timedelta(minutes=1)) -> DumpFacts:
    """What inspect.ps1 reports of a file with this header."""
    return DumpFacts(
        partition=2,
        path="E:\\Windows\\MEMORY.DMP",
        size_bytes=size,
        written_at=written,
        head=base64.b64encode(header[:0x60]).decode(),
        detail=base64.b64encode(header[0xF98:0xFB8]).decode(),
    )


def read(header: bytes) -> DumpHeader:
    found = decode_header(header)
    assert isinstance(found, DumpHeader), found
    return found


@pytest.mark.parametrize(
    ("number", "kind"),
    [(1, "full"), (2, "kernel"), (5, "bitmap full"), (6, "bitmap kernel"), (4, "other"), (7, "other"), (0, "other")],
)
def test_each_kind_of_dump_is_named(number: int, kind: str) -> None:
    found = read(crafted(kind=number))
    assert (found.kind, found.kind_number) == (kind, number)


def test_a_whole_header_and_its_two_pieces_read_the_same() -> None:
    data = crafted(kind=5, parameters=(PROCESS, 1, 7, 9), required=3 * GIB)
    assert read_header(facts(data)) == read(data)
    assert read(data) == DumpHeader(
        bug_check=0xEF,
        parameters=(PROCESS, 1, 7, 9),
        kind="bitmap full",
        kind_number=5,
        required_bytes=3 * GIB,
        system_time=CRASH,
    )


def test_more_than_the_header_does_no_harm() -> None:
    assert read(crafted() + b"SDMPDUMP" * 100) == read(crafted())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "cut: 0 bytes"),
        (b"PAGEDU", "cut: 6 bytes"),
        (crafted()[:0x38], "cut: 56 of 8192 bytes"),
        (crafted()[:0x1FFF], "cut: 8191 of 8192 bytes"),
        (crafted(signature=b"PAGEDUMP"), "32-bit"),
        (crafted(signature=b"PAGEPAGE"), "never marked valid"),
        (crafted(signature=b"PAGEdu64"), "not a dump: the file begins with 50 41 47 45 64 75 36 34"),
        (b"MDMP" + bytes(0x2000), "a dump of a program"),
        (bytes(0x2000), "begins with zeros"),
        (b"MZ\x90\0" * 0x800, "not a dump: the file begins with 4d 5a"),
        (b"\xff\xfe<\0?\0x\0" * 0x400, "not a dump"),
        (crafted(bug_check=0), "names no stop code"),
        (crafted(bug_check=0x45474150), "names no stop code"),
    ],
)
def test_what_is_no_dump_is_told_in_words(data: bytes, words: str) -> None:
    found = decode_header(data)
    assert isinstance(found, str)
    assert words in found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"head": ""}, "could not be read"),
        ({"head": "!!!"}, "damaged"),
        ({"head": "UEFHRURVNjQ"}, "damaged"),
        ({"head": "ünïcode"}, "damaged"),
        ({"detail": ""}, "cut: 96 of 96 and 0 of 32"),
        ({"head": base64.b64encode(b"PAGEDU64").decode()}, "cut: 8 of 96"),
    ],
)
def test_pieces_that_arrive_damaged_are_told_in_words(change: dict[str, str], words: str) -> None:
    found = read_header(facts(crafted()).model_copy(update=change))
    assert isinstance(found, str)
    assert words in found


@pytest.mark.parametrize("required", [0, 0x1FFF, PAGE, (1 << 64) - 1, 1 << 47])
def test_an_impossible_length_is_none(required: int) -> None:
    assert read(crafted(required=required)).required_bytes is None


@pytest.mark.parametrize("time", [0, 1, PAGE, (1 << 64) - 1, 1 << 63, datetime(1999, 1, 1, tzinfo=UTC)])
def test_an_impossible_time_is_none(time: int | datetime) -> None:
    assert read(crafted(time=time)).system_time is None


@given(st.binary(max_size=0x2100))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert isinstance(decode_header(data), str)


@given(st.binary(min_size=0x58, max_size=0x58), st.binary(min_size=0x20, max_size=0x20))
def test_any_values_behind_the_signature_are_judged(head: bytes, detail: bytes) -> None:
    dump = facts(crafted()).model_copy(
        update={
            "head": base64.b64encode(b"PAGEDU64" + head).decode(),
            "detail": base64.b64encode(detail).decode(),
        }
    )
    found = read_header(dump)
    verdict = fresh(dump, found, not_before=START, not_after=LOOK)
    assert verdict.reason
    assert isinstance(found, str) or explain(DumpHeader.model_validate_json(found.model_dump_json())) == explain(found)


def test_a_process_that_died_is_explained() -> None:
    words = explain(read(crafted()))
    assert "0x000000EF, CRITICAL_PROCESS_DIED: a process that Windows cannot do without ended" in words
    assert "0xFFFFA40C1B5F3080" in words


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ((PROCESS, 1, 0, 0), "a thread ended in a process"),
        ((PROCESS, 2, 0, 0), "parameter 2 is 0x2, which has no published meaning"),
        ((0x1000, 0, 0, 0), "0x0000000000001000 is no kernel address"),
    ],
)
def test_other_parameters_are_explained(parameters: tuple[int, int, int, int], words: str) -> None:
    assert words in explain(read(crafted(parameters=parameters)))


def test_another_stop_code_is_shown_as_it_is() -> None:
    words = explain(read(crafted(bug_check=0xD1, parameters=(1, 2, 3, 4))))
    assert words.startswith("Stop code 0x000000D1 with parameters 0x0000000000000001,")
    assert "process" not in words


@pytest.mark.parametrize(
    ("header", "change", "counts", "told_by", "words"),
    [
        pytest.param(crafted(), {}, True, "header", "after the start at 2026-11-23 12:00:00Z", id="of this crash"),
        pytest.param(crafted(time=START), {}, True, "header", "counts", id="at the start"),
        pytest.param(crafted(time=START - timedelta(days=30)), {}, False, "header", "an older crash", id="stale"),
        pytest.param(
            crafted(time=START - timedelta(minutes=3)), {}, False, "header", "an older crash", id="of the boot before"
        ),
        pytest.param(crafted(time=PAGE), {}, True, "file", "holds no usable time", id="no time, file is new"),
        pytest.param(
            crafted(time=PAGE), {"written_at": START - timedelta(days=1)}, False, "file", "an older crash",
            id="no time, file is old",
        ),
        pytest.param(
            crafted(time=PAGE), {"written_at": LOOK + timedelta(hours=1)}, False, "file", "after the disk was looked",
            id="no time, file of the future",
        ),
        pytest.param(crafted(time=LOOK + timedelta(days=400)), {}, True, "file", "counts", id="clock far ahead"),
        pytest.param(
            crafted(), {"written_at": START - timedelta(hours=5)}, False, "header", "contradict", id="contradiction"
        ),
        pytest.param(crafted(), {"size_bytes": 8 * GIB - 1}, False, None, "cut: 8589934591 of", id="truncated"),
        pytest.param(crafted(), {"size_bytes": 9 * GIB}, True, "header", "counts", id="longer than asked"),
        pytest.param(
            crafted(required=PAGE), {"size_bytes": 0x2000}, False, None, "header and nothing else", id="header only"
        ),
        pytest.param(crafted(required=PAGE), {}, True, "header", "so that is not proved", id="length unknown"),
        pytest.param(crafted(signature=b"PAGEDUMP"), {}, False, None, "32-bit", id="32-bit"),
    ],
)  # fmt: skip
def test_which_dump_counts(
    header: bytes, change: dict[str, object], counts: bool, told_by: str | None, words: str
) -> None:
    dump = facts(header).model_copy(update=change)
    verdict = fresh(dump, read_header(dump), not_before=START, not_after=LOOK)
    assert (verdict.fresh, verdict.told_by) == (counts, told_by)
    assert words in verdict.reason
    assert verdict.reason.startswith(f"E:\\Windows\\MEMORY.DMP {'counts' if counts else 'does not count'}: ")
