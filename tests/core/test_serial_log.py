"""Reading the serial log: offsets hold, noise costs nothing, nothing is invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootmend.models.boot import SerialReading
from bootmend.serial_log import read_serial_log
from tests.core.facts import BLUESCREEN, SAC_READY, SAC_START

MICROSOFT_SAMPLE = b"""<?xml>
<BP>
<INSTANCE CLASSNAME="BLUESCREEN">
<PROPERTY NAME="STOPCODE" TYPE="string"><VALUE>"0xE2"</VALUE>
</PROPERTY>
<machine-info>
<name>NTHEAD-800I-1</name>
<processor-architecture>x86</processor-architecture>
</machine-info>
</INSTANCE>
</BP>
"""
SAC_SAMPLE = b"""Computer is booting, SAC started and initialized.

Use the "ch -?" command for information about using channels.
Use the "?" command for general help.


SAC>
EVENT: The CMD command is now available.
SAC>
"""

STOP_CODES = st.integers(0, 0xFFFFFFFF)
ESCAPES = st.sampled_from(
    [b"\x1b[0m", b"\x1b[1;37;44m", b"\x1b[2J", b"\x1b[H", b"\x1b[?25l", b"\x1b[=3h", b"\x1b[01;01H"]
)
PIECES = st.one_of(
    STOP_CODES.map(lambda code: BLUESCREEN % code),
    st.sampled_from(
        [SAC_START, SAC_READY, b"Windows is loading files...\r\n", b"<VALUE>", b"STOPCODE", b"\xff\xfe\x00"]
    ),
    ESCAPES,
    st.binary(max_size=20),
)
LOGS = st.lists(PIECES, max_size=8).map(b"".join)


@pytest.mark.parametrize(
    ("log", "stop_code"),
    [
        pytest.param(MICROSOFT_SAMPLE, 0xE2, id="the documented block"),
        pytest.param(BLUESCREEN % 0xEF, 0xEF, id="critical process died"),
        pytest.param((BLUESCREEN % 0xEF).lower(), 0xEF, id="lower case"),
        pytest.param((BLUESCREEN % 0xEF).replace(b'"', b""), 0xEF, id="no quotes at all"),
        pytest.param((BLUESCREEN % 0xEF).replace(b'"', b"'"), 0xEF, id="single quotes"),
        pytest.param((BLUESCREEN % 0xEF).replace(b'"0xEF"', b'"0x000000EF"'), 0xEF, id="eight digits"),
        pytest.param((BLUESCREEN % 0xEF).replace(b'"0xEF"', b"EF"), 0xEF, id="hex without 0x"),
        pytest.param((BLUESCREEN % 0xEF).replace(b"=", b" = "), 0xEF, id="blanks around the equals signs"),
        pytest.param((BLUESCREEN % 0xEF).replace(b"><", b">\r\n  <"), 0xEF, id="the value on a line of its own"),
        pytest.param((BLUESCREEN % 0xEF).replace(b"STOPCODE", b"STOP\x1b[0mCODE"), 0xEF, id="an escape within a word"),
        pytest.param((BLUESCREEN % 0xEF).replace(b"0xEF", b"0xE\x1b[44mF"), 0xEF, id="an escape within the code"),
        pytest.param(BLUESCREEN % 0x7B + SAC_START + BLUESCREEN % 0xEF, 0xEF, id="the last of two"),
        pytest.param(BLUESCREEN % 0, 0, id="stop code zero is one"),
        pytest.param(b"", None, id="an empty log"),
        pytest.param(SAC_SAMPLE, None, id="a boot without a bugcheck"),
        pytest.param(
            b'<PROPERTY NAME="STOPCODE"><VALUE>"0xEF"</VALUE>', None, id="a stop code outside a bugcheck block"
        ),
        pytest.param(b"STOP: 0x000000EF CRITICAL_PROCESS_DIED", None, id="the words without the block"),
    ],
)
def test_the_stop_code_is_that_of_the_last_bugcheck_block(log: bytes, stop_code: int | None) -> None:
    assert read_serial_log(log).stop_code == stop_code


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param((BLUESCREEN % 0xEF)[:60], id="the block is cut before the code"),
        pytest.param((BLUESCREEN % 0xEF).split(b"EF")[0] + b"E", id="the block is cut within the code"),
        pytest.param((BLUESCREEN % 0xEF).replace(b"0xEF", b"0xgarbled"), id="the code is no number"),
        pytest.param((BLUESCREEN % 0xEF).replace(b"0xEF", b"0x" + b"E" * 17), id="the code is too long"),
        pytest.param(
            (BLUESCREEN % 0xEF).replace(b"<PROPERTY", b"." * 1100 + b"<PROPERTY"), id="the code stands far off"
        ),
    ],
)
def test_a_bugcheck_whose_code_cannot_be_read_is_still_a_bugcheck(broken: bytes) -> None:
    old = BLUESCREEN % 0x7B + SAC_START
    reading = read_serial_log(old + broken)
    assert reading.stop_code is None
    assert reading.bugcheck_at == (old + broken).rindex(b"CLASSNAME")


@pytest.mark.parametrize(
    ("log", "up"),
    [
        pytest.param(SAC_SAMPLE, True, id="the documented banner"),
        pytest.param(SAC_SAMPLE.upper(), True, id="upper case"),
        pytest.param(SAC_READY.replace(b"command is", b"command\r\nis"), True, id="wrapped"),
        pytest.param(SAC_READY.replace(b"now", b"\x1b[1mno\x1b[0mw"), True, id="coloured"),
        pytest.param(SAC_START, False, id="SAC has started, Windows is not up yet"),
        pytest.param(SAC_READY[:30], False, id="half a line"),
    ],
)
def test_the_banner_tells_that_windows_is_up(log: bytes, *, up: bool) -> None:
    assert (read_serial_log(log).banner_at is not None) is up


def test_offsets_count_from_the_beginning_of_the_whole_log() -> None:
    old, boot, bugcheck = b"an old boot" + SAC_READY, b"\x1b[2J" + SAC_START + SAC_READY, BLUESCREEN % 0xEF
    whole = old + boot + bugcheck
    expected = SerialReading(
        start=len(old),
        length=len(whole),
        stop_code=0xEF,
        bugcheck_at=whole.index(b"CLASSNAME"),
        banner_at=whole.rindex(b"The CMD"),
    )
    assert read_serial_log(whole, start=len(old)) == expected
    assert read_serial_log(whole[len(old) :], start=len(old), base=len(old)) == expected
    assert read_serial_log(whole[5:], start=len(old), base=5) == expected


def test_a_block_at_the_first_byte_is_read() -> None:
    assert read_serial_log(b'CLASSNAME="BLUESCREEN">').bugcheck_at == 0


@given(before=st.lists(ESCAPES, max_size=4).map(b"".join), after=st.lists(ESCAPES, max_size=4).map(b"".join))
def test_offsets_point_at_the_very_words(before: bytes, after: bytes) -> None:
    log = (
        before
        + SAC_START
        + before
        + b"The"
        + after
        + SAC_READY[10:]
        + before
        + b"CLASSNAME"
        + after
        + b'="BLUESCREEN">'
        + after
    )
    reading = read_serial_log(log)
    assert reading.banner_at is not None
    assert reading.bugcheck_at is not None
    assert log[reading.banner_at :].startswith(b"The")
    assert log[reading.bugcheck_at :].startswith(b"CLASSNAME")


def test_what_stands_before_the_start_is_of_an_old_boot() -> None:
    log = BLUESCREEN % 0xEF + SAC_START + SAC_READY
    reading = read_serial_log(log, start=len(log))
    assert (reading.stop_code, reading.bugcheck_at, reading.banner_at) == (None, None, None)


def test_a_block_that_began_before_the_start_is_of_an_old_boot() -> None:
    log = BLUESCREEN % 0xEF
    assert read_serial_log(log, start=log.index(b"<PROPERTY")).bugcheck_at is None


def test_a_log_shorter_than_the_start_was_begun_anew() -> None:
    log = SAC_START + BLUESCREEN % 0xEF
    reading = read_serial_log(log, start=len(log) + 1)
    assert (reading.start, reading.stop_code) == (0, 0xEF)


def test_a_piece_that_begins_past_the_start_is_read_whole() -> None:
    """Only the last megabytes of a long log are fetched."""
    piece = SAC_START + BLUESCREEN % 0xEF
    reading = read_serial_log(piece, start=100, base=70_000)
    assert reading.bugcheck_at == 70_000 + piece.index(b"CLASSNAME")
    assert reading.length == 70_000 + len(piece)


@pytest.mark.parametrize(
    "log",
    [
        pytest.param(b"CLASSNAME=" + b" " * 200_000, id="blanks after a class name"),
        pytest.param(BLUESCREEN % 0xEF + b"the" + b" " * 200_000, id="blanks after half a banner"),
        pytest.param(b"\x1b[" * 100_000, id="escapes without an end"),
        pytest.param(b"\x1b[" + b"0" * 200_000, id="one endless escape"),
    ],
)
def test_a_hostile_log_is_read_in_linear_time(log: bytes) -> None:
    """A quadratic search over these would take minutes; the suite would be seen to hang."""
    assert read_serial_log(log).banner_at is None


@given(STOP_CODES, st.lists(st.tuples(st.integers(0, 400), ESCAPES), max_size=12))
def test_escapes_anywhere_change_no_stop_code(code: int, escapes: list[tuple[int, bytes]]) -> None:
    log = SAC_START + BLUESCREEN % code
    for place, escape in sorted(escapes, reverse=True):
        log = log[:place] + escape + log[place:]
    assert read_serial_log(log).stop_code == code


@given(st.lists(STOP_CODES, min_size=1, max_size=3), st.data())
def test_a_log_cut_at_any_byte_invents_no_stop_code(codes: list[int], data: st.DataObject) -> None:
    log = b"".join(SAC_START + BLUESCREEN % code for code in codes)
    cut = data.draw(st.integers(0, len(log)), label="cut")
    reading = read_serial_log(log[:cut])
    begun = log[:cut].count(b'CLASSNAME="BLUESCREEN')
    assert (reading.bugcheck_at is not None) is (begun > 0)
    assert reading.stop_code in ({None, codes[begun - 1]} if begun else {None})


@given(st.binary(max_size=300).map(lambda noise: noise.replace(b"=", b"-")))
def test_noise_without_a_block_is_no_bugcheck(noise: bytes) -> None:
    assert read_serial_log(noise).bugcheck_at is None


@given(LOGS, LOGS, LOGS, st.integers(0, 3))
def test_a_reading_from_an_offset_sees_what_a_reading_of_the_rest_sees(
    old: bytes, new: bytes, more: bytes, way: int
) -> None:
    """However the log is fetched: whole, from somewhere before the start, or exactly from it."""
    whole, start = old + new + more, len(old)
    base = [0, start // 2, max(start - 1, 0), start][way]
    rest = read_serial_log(new + more)
    reading = read_serial_log(whole[base:], start=start, base=base)
    assert reading.stop_code == rest.stop_code
    assert reading.bugcheck_at == (None if rest.bugcheck_at is None else start + rest.bugcheck_at)
    assert reading.banner_at == (None if rest.banner_at is None else start + rest.banner_at)
    assert (reading.start, reading.length) == (start, len(whole))


@given(LOGS, st.integers(0, 500), st.integers(0, 500))
def test_any_bytes_are_read_and_offsets_lie_within_what_was_new(log: bytes, start: int, base: int) -> None:
    reading = read_serial_log(log, start, base)
    assert reading.length == base + len(log)
    assert reading.start in {0, start}
    for at in (reading.bugcheck_at, reading.banner_at):
        assert at is None or max(reading.start, base) <= at < reading.length
    if reading.stop_code is not None:
        assert reading.bugcheck_at is not None
