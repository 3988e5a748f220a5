"""Did it boot? A false `booted` is the worst error there is: most of this is about what must not be called so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootmend.boot_verdict import judge, next_look_in, take_in
from bootmend.models.azure import AgentStatus, Power
from bootmend.models.boot import BootLook, BootVerdict, BootWatch, SerialReading
from bootmend.serial_log import read_serial_log
from tests.core.facts import BLUESCREEN, SAC_READY, SAC_START, STARTED, agent, look, watch

OLD_LOG = SAC_START + SAC_READY + BLUESCREEN % 0xEF
DOWN = agent(ready=False, time=STARTED - timedelta(hours=1))
STALE = agent(ready=True, time=STARTED - timedelta(minutes=1))
DOWN_NOW = agent(ready=False, time=STARTED + timedelta(seconds=10_000))
UNDATED = agent(ready=True, time=None)


def ready(second: float) -> AgentStatus:
    return agent(ready=True, time=STARTED + timedelta(seconds=second))


def log_after(new: bytes) -> SerialReading:
    """The serial log with `new` after what stood there before the start."""
    return read_serial_log(OLD_LOG + new, start=len(OLD_LOG))


QUIET = log_after(b"")
UP = log_after(SAC_START + SAC_READY)
CRASHED = log_after(SAC_START + BLUESCREEN % 0xEF)
CRASHED_UNREADABLY = log_after(SAC_START + (BLUESCREEN % 0xEF)[:60])


def watched(looks: Sequence[BootLook], begun: BootWatch | None = None) -> tuple[BootWatch, BootVerdict | None]:
    """The watch after these looks, as far as the first verdict."""
    state, verdict = begun or watch(), None
    for seen in looks:
        state = take_in(state, seen)
        verdict = judge(state, seen)
        if verdict is not None:
            break
    return state, verdict


def verdict_on(*looks: BootLook) -> str | None:
    _, verdict = watched(looks)
    return None if verdict is None else verdict.kind


@pytest.mark.parametrize(
    ("looks", "kind"),
    [
        pytest.param(
            [look(20, DOWN), look(90, ready(80)), look(285, ready(280))], "booted", id="down, then Ready and stable"
        ),
        pytest.param(
            [look(60, ready(50), serial=UP), look(255, ready(250), serial=UP)],
            "booted",
            id="never down, but a new banner",
        ),
        pytest.param(
            [look(20, DOWN), look(90, STALE), look(120, ready(110)), look(315, ready(310))],
            "booted",
            id="an old Ready between down and Ready",
        ),
        pytest.param(
            [look(20, DOWN), look(90, ready(80)), look(284, ready(280))], None, id="not stable for long enough yet"
        ),
        pytest.param(
            [look(20, DOWN), look(90, ready(80)), look(200, DOWN), look(285, ready(280))],
            None,
            id="Ready was interrupted",
        ),
        pytest.param(
            [look(90, ready(80), serial=QUIET), look(900, ready(890), serial=QUIET)],
            None,
            id="Ready all the time, no banner",
        ),
        pytest.param(
            [look(20, DOWN), look(90, STALE), look(900, STALE)], None, id="down, then the Ready of the old boot"
        ),
        pytest.param([look(20, DOWN_NOW), look(900, DOWN_NOW)], None, id="not Ready, however new its time is"),
        pytest.param(
            [look(60, ready(50), serial=UP), look(255, ready(250))],
            None,
            id="a new banner, then no log to be read: a bugcheck may stand in it",
        ),
        pytest.param(
            [look(60, ready(50), serial=UP), look(255, ready(250)), look(320, ready(310), serial=UP)],
            "booted",
            id="a new banner, and the log is read again at the last look",
        ),
        pytest.param(
            [look(60, STALE, serial=UP), look(90, ready(80)), look(4000, ready(3990))],
            "silent",
            id="a new banner, then Ready without a log until the patience ends",
        ),
        pytest.param([look(20, DOWN), look(90, UNDATED), look(900, UNDATED)], None, id="Ready without a time"),
        pytest.param(
            [look(20, DOWN), look(90, agent(ready=True, time=STARTED)), look(900, agent(ready=True, time=STARTED))],
            None,
            id="Ready at the very moment of the start",
        ),
        pytest.param([look(20, DOWN, serial=UP), look(900, DOWN, serial=UP)], None, id="a banner alone"),
        pytest.param(
            [look(20, DOWN), look(90, ready(80), power="unknown"), look(285, ready(280))],
            None,
            id="power unknown meanwhile",
        ),
        pytest.param([look(20, DOWN, serial=CRASHED)], "bugcheck", id="a bugcheck at the first look"),
        pytest.param(
            [look(20, DOWN, serial=CRASHED_UNREADABLY)], "bugcheck", id="a bugcheck whose code cannot be read"
        ),
        pytest.param(
            [look(20, DOWN), look(90, ready(80), serial=UP), look(285, ready(280), serial=CRASHED)],
            "bugcheck",
            id="a bugcheck in the last moment",
        ),
        pytest.param(
            [look(20, DOWN, serial=CRASHED, power="stopped")], "bugcheck", id="a bugcheck goes before somebody's stop"
        ),
        pytest.param([look(20, DOWN, power="deallocated")], "stopped", id="deallocated by somebody"),
        pytest.param([look(20, ready(10), power="stopping", serial=UP)], "stopped", id="being stopped while Ready"),
        pytest.param([look(20, DOWN, power="starting")], None, id="still starting"),
        pytest.param([look(1799, DOWN)], None, id="not yet given up"),
        pytest.param([look(1800, DOWN)], "silent", id="given up"),
        pytest.param([look(20, DOWN), look(1800, STALE)], "silent", id="given up with the old boot's Ready"),
        pytest.param(
            [look(20, DOWN), look(1790, ready(1780)), look(1810, ready(1800)), look(1985, ready(1980))],
            "booted",
            id="Ready just in time may still prove stable",
        ),
        pytest.param(
            [look(20, DOWN), look(1790, ready(1780)), look(1810, DOWN)],
            "silent",
            id="Ready just in time, and gone again",
        ),
    ],
)
def test_verdict(looks: list[BootLook], kind: str | None) -> None:
    assert verdict_on(*looks) == kind


def test_a_bugcheck_is_not_forgotten_when_the_log_is_begun_anew() -> None:
    state = take_in(watch(), look(20, DOWN, serial=CRASHED))
    last = look(400, ready(390), serial=UP)
    verdict = judge(take_in(state, last), last)
    assert verdict is not None
    assert (verdict.kind, verdict.stop_code, verdict.ready_at) == ("bugcheck", "0x000000EF", None)
    assert verdict.reason == "stop code 0x000000EF was written to the serial log after this start"


def test_an_unreadable_bugcheck_has_no_stop_code() -> None:
    _, verdict = watched([look(20, DOWN, serial=CRASHED_UNREADABLY)])
    assert verdict is not None
    assert verdict.stop_code is None
    assert "without a readable stop code" in verdict.reason


def test_a_verdict_tells_when_and_after_how_many_looks() -> None:
    _, verdict = watched([look(20, DOWN), look(90, ready(80)), look(150, ready(140)), look(285, ready(280))])
    assert verdict == BootVerdict(
        kind="booted",
        reason="the VM agent reports Ready since 13:01:30Z, after this start, there is no serial log to read, "
        "stable for 195 s",
        started_at=STARTED,
        ready_at=STARTED + timedelta(seconds=90),
        decided_at=STARTED + timedelta(seconds=285),
        looks=4,
    )


@pytest.mark.parametrize(
    ("looks", "seconds"),
    [
        pytest.param([look(10, DOWN)], 20, id="often until the agent reports"),
        pytest.param([look(10, DOWN), look(30, ready(25))], 65, id="seldom while it is stable"),
        pytest.param(
            [look(10, DOWN), look(30, ready(25)), look(205, ready(200))], 20, id="exactly at the end of the time"
        ),
        pytest.param([look(10, DOWN), look(30, ready(25)), look(300, ready(295))], 1, id="at once when it is over"),
        pytest.param([look(10, DOWN), look(30, ready(25)), look(60, DOWN)], 20, id="often again after an interruption"),
    ],
)
def test_the_next_look(looks: list[BootLook], seconds: float) -> None:
    state = watch()
    for seen in looks:
        state = take_in(state, seen)
    assert next_look_in(state, looks[-1]) == timedelta(seconds=seconds)


@dataclass(frozen=True)
class Glance:
    """One look as hypothesis draws it: how long after the last one, and what had been written to the log by then."""

    after: float
    status: AgentStatus
    power: Power
    written: bytes
    readable: bool


STATUSES = st.sampled_from([DOWN, DOWN_NOW, STALE, UNDATED, ready(1), ready(100), ready(10_000)])
POWERS: st.SearchStrategy[Power] = st.sampled_from(
    ["running", "running", "running", "starting", "unknown", "deallocated"]
)
GLANCES = st.builds(
    Glance,
    after=st.sampled_from([1.0, 20.0, 65.0, 195.0, 900.0]),
    status=STATUSES,
    power=POWERS,
    written=st.sampled_from(
        [b"", b"", b"", SAC_START, SAC_READY, b"\x1b[2J", BLUESCREEN % 0xEF, (BLUESCREEN % 0x7B)[:50]]
    ),
    readable=st.booleans(),
)
STORIES = st.lists(GLANCES, min_size=1, max_size=12)
GOOD_ENDING = [
    Glance(1, DOWN, "running", SAC_START + SAC_READY, readable=True),
    Glance(20, ready(10_000), "running", b"", readable=True),
    Glance(195, ready(10_000), "running", b"", readable=True),
]


def looks_of(story: Sequence[Glance]) -> list[BootLook]:
    """The looks of a story; the log grows from one to the next, and is not always there to be read."""
    second, log, looks = 0.0, b"", []
    for glance in story:
        second, log = second + glance.after, log + glance.written
        reading = log_after(log) if glance.readable else None
        looks.append(look(second, glance.status, power=glance.power, serial=reading))
    return looks


def seen_until(looks: Sequence[BootLook], verdict: BootVerdict) -> list[BootLook]:
    return [seen for seen in looks if seen.at <= verdict.decided_at]


@given(STORIES)
def test_no_boot_is_called_booted_that_was_not_seen_to_succeed(story: list[Glance]) -> None:
    looks = looks_of([*story, *GOOD_ENDING])
    _, verdict = watched(looks)
    if verdict is None or verdict.kind != "booted":
        return
    assert verdict.ready_at is not None
    assert verdict.decided_at - verdict.ready_at >= timedelta(seconds=195)
    seen = seen_until(looks, verdict)
    assert all(one.serial is None or one.serial.bugcheck_at is None for one in seen)
    before = [one for one in seen if one.at <= verdict.ready_at]
    assert any(not one.agent.ready or (one.serial is not None and one.serial.banner_at is not None) for one in before)
    for one in (one for one in seen if one.at >= verdict.ready_at):
        assert one.power == "running"
        assert one.agent.ready
        assert one.agent.time is not None
        assert one.agent.time > STARTED


@given(STORIES)
def test_a_bugcheck_past_the_offset_is_never_booted_whatever_follows(story: list[Glance]) -> None:
    crash = Glance(1, DOWN, "running", BLUESCREEN % 0xEF, readable=True)
    _, verdict = watched(looks_of([crash, *story, *GOOD_ENDING]))
    assert verdict is not None
    assert verdict.kind == "bugcheck"


@given(STORIES)
def test_an_agent_whose_time_never_passed_the_start_is_never_booted(story: list[Glance]) -> None:
    old = [replace(glance, status=STALE if glance.status.ready else DOWN) for glance in [*story, *GOOD_ENDING]]
    _, verdict = watched(looks_of(old))
    assert verdict is None or verdict.kind != "booted"


@given(STORIES)
def test_a_ready_that_was_never_away_and_has_no_banner_is_never_booted(story: list[Glance]) -> None:
    unbroken = [replace(glance, status=ready(10_000), written=b"") for glance in [*story, *GOOD_ENDING]]
    _, verdict = watched(looks_of(unbroken))
    assert verdict is None or verdict.kind != "booted"


@given(st.lists(GLANCES, max_size=6))
def test_a_good_boot_is_seen_whatever_came_before_if_nothing_spoke_against_it(story: list[Glance]) -> None:
    harmless = [replace(glance, after=20.0, power="running", status=DOWN, written=b"") for glance in story]
    _, verdict = watched(looks_of([*harmless, *GOOD_ENDING]))
    assert verdict is not None
    assert verdict.kind == "booted"


@given(STORIES)
def test_every_watch_ends_soon_after_it_may_be_given_up(story: list[Glance]) -> None:
    """Once it may be given up: silent at a look that is not healthy, booted when healthy looks have been stable."""
    late = [replace(glance, after=65.0) for glance in story]
    while sum(glance.after for glance in late) < 1800 + 195 + 65:
        late = [*late, *[replace(glance, after=65.0) for glance in story]]
    _, verdict = watched(looks_of(late))
    assert verdict is not None


@given(STORIES)
def test_a_watch_survives_the_wire(story: list[Glance]) -> None:
    state, _ = watched(looks_of(story))
    assert BootWatch.model_validate(state.model_dump(mode="json")) == state
