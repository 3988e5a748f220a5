"""What ails the VM: the table of cases. Neither `healthy` nor a stop code is said without having been seen."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootmend.diagnosis import FRESH, diagnose, stop_code_text
from bootmend.models.azure import AgentStatus, Power
from bootmend.models.boot import BootEvidence, ScreenshotReading
from tests.core.facts import NOT_READY, NOW, READY, agent, evidence, serial, vm

SILENT = evidence(serial=serial())
OFF = BootEvidence(diagnostics_on=False)
EF_ON_SCREEN = ScreenshotReading(stop_code=0xEF)
OLD_BUGCHECK = serial(stop_code=0x7B, bugcheck_at=900, banner_at=2000)
UNREADABLE = serial(bugcheck_at=900)


def aged(age: timedelta) -> AgentStatus:
    return agent(ready=True, time=NOW - age)


@pytest.mark.parametrize(
    ("seen", "status", "kind", "source"),
    [
        pytest.param(evidence(), NOT_READY, "critical_process_died", "serial_log", id="0xEF in the serial log"),
        pytest.param(
            evidence(serial=serial(stop_code=0x7B, bugcheck_at=900)),
            NOT_READY,
            "other_stop_code",
            "serial_log",
            id="another stop code in the serial log",
        ),
        pytest.param(
            evidence(serial=serial(stop_code=0, bugcheck_at=0)),
            NOT_READY,
            "other_stop_code",
            "serial_log",
            id="stop code zero at the log's first byte",
        ),
        pytest.param(
            evidence(serial=None, screenshot=EF_ON_SCREEN),
            NOT_READY,
            "critical_process_died",
            "screenshot",
            id="0xEF on the screenshot, no serial log",
        ),
        pytest.param(
            evidence(serial=OLD_BUGCHECK, screenshot=EF_ON_SCREEN),
            NOT_READY,
            "critical_process_died",
            "screenshot",
            id="0xEF on the screenshot, an old boot's bugcheck in the log",
        ),
        pytest.param(
            evidence(serial=serial(stop_code=0xEF, bugcheck_at=2000, banner_at=900)),
            NOT_READY,
            "critical_process_died",
            "serial_log",
            id="0xEF after a banner",
        ),
        pytest.param(
            evidence(screenshot=ScreenshotReading(stop_code=0x7B)),
            NOT_READY,
            "critical_process_died",
            "serial_log",
            id="the log goes before the screenshot",
        ),
        pytest.param(evidence(serial=OLD_BUGCHECK), NOT_READY, "unknown", None, id="a banner after the bugcheck"),
        pytest.param(SILENT, NOT_READY, "unknown", None, id="a silent log and no agent"),
        pytest.param(OFF, NOT_READY, "unknown", None, id="boot diagnostics off and no agent"),
        pytest.param(evidence(serial=UNREADABLE), NOT_READY, "unknown", None, id="a bugcheck with an unreadable code"),
        pytest.param(
            evidence(serial=UNREADABLE), READY, "unknown", None, id="a bugcheck with an unreadable code, Ready"
        ),
        pytest.param(
            evidence(serial=UNREADABLE, screenshot=EF_ON_SCREEN),
            NOT_READY,
            "critical_process_died",
            "screenshot",
            id="the code that the log garbles is on the screenshot",
        ),
        pytest.param(SILENT, READY, "healthy", None, id="a silent log and an agent that reports"),
        pytest.param(OFF, READY, "healthy", None, id="boot diagnostics off and an agent that reports"),
        pytest.param(
            evidence(serial=OLD_BUGCHECK), READY, "healthy", None, id="an old bugcheck and an agent that reports"
        ),
        pytest.param(SILENT, aged(FRESH), "healthy", None, id="the agent's status is just fresh"),
        pytest.param(SILENT, aged(FRESH + timedelta(seconds=1)), "unknown", None, id="the agent's status is stale"),
        pytest.param(SILENT, aged(-FRESH * 2), "unknown", None, id="the agent's clock is far ahead"),
        pytest.param(SILENT, agent(ready=True, time=None), "unknown", None, id="Ready without a time"),
        pytest.param(evidence(), READY, "unknown", "serial_log", id="log and agent contradict each other"),
        pytest.param(
            evidence(),
            aged(timedelta(hours=1)),
            "critical_process_died",
            "serial_log",
            id="a stale Ready is no contradiction",
        ),
    ],
)
def test_diagnosis(seen: BootEvidence, status: AgentStatus, kind: str, source: str | None) -> None:
    diagnosis = diagnose(vm(agent=status), seen, NOW)
    assert (diagnosis.kind, diagnosis.source) == (kind, source)


@pytest.mark.parametrize("power", ["starting", "stopping", "stopped", "deallocating", "deallocated", "unknown"])
def test_a_vm_that_does_not_run_has_no_boot_to_look_at(power: Power) -> None:
    diagnosis = diagnose(vm(power=power, agent=READY), evidence(), NOW)
    assert diagnosis.kind == "unknown"
    assert power in diagnosis.reason


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        pytest.param(OFF, "boot diagnostics are off", id="diagnostics off"),
        pytest.param(SILENT, "screenshot was not read", id="no reader for the screenshot"),
        pytest.param(
            evidence(serial=serial(), screenshot=ScreenshotReading()),
            "neither the serial log nor the screenshot shows a stop code",
            id="screenshot read, nothing on it",
        ),
        pytest.param(evidence(serial=UNREADABLE), "cannot be read", id="garbled code"),
    ],
)
def test_unknown_says_what_was_not_seen(seen: BootEvidence, words: str) -> None:
    assert words in diagnose(vm(), seen, NOW).reason


def test_the_stop_code_is_told_as_windows_writes_it() -> None:
    diagnosis = diagnose(vm(), evidence(), NOW)
    assert diagnosis.stop_code == "0x000000EF"
    assert "0x000000EF in the serial log" in diagnosis.reason
    assert stop_code_text(0xC000021A) == "0xC000021A"


def test_the_reason_says_where_the_stop_code_was_seen() -> None:
    diagnosis = diagnose(vm(), evidence(serial=None, screenshot=EF_ON_SCREEN), NOW)
    assert diagnosis.reason == "stop code 0x000000EF in the screenshot"
    contradiction = diagnose(vm(agent=READY), evidence(), NOW)
    assert contradiction.reason.startswith("the last thing in the serial log is stop code 0x000000EF, yet")


OFFSETS = st.none() | st.integers(0, 5000)
CODES = st.none() | st.sampled_from([0x7B, 0xEF])


@given(
    code=CODES,
    bugcheck_at=OFFSETS,
    banner_at=OFFSETS,
    screen=CODES,
    ready=st.booleans(),
    age=st.none() | st.integers(-7200, 7200),
)
def test_nothing_is_said_that_was_not_seen(
    code: int | None, bugcheck_at: int | None, banner_at: int | None, screen: int | None, ready: bool, age: int | None
) -> None:
    in_log = serial(stop_code=code if bugcheck_at is not None else None, bugcheck_at=bugcheck_at, banner_at=banner_at)
    status = agent(ready=ready, time=None if age is None else NOW - timedelta(seconds=age))
    seen = BootEvidence(diagnostics_on=True, serial=in_log, screenshot=ScreenshotReading(stop_code=screen))
    diagnosis = diagnose(vm(agent=status), seen, NOW)
    reports_now = ready and age is not None and abs(age) <= FRESH.total_seconds()
    last_is_bugcheck = bugcheck_at is not None and (banner_at is None or banner_at < bugcheck_at)
    if diagnosis.kind == "healthy":
        assert reports_now
        assert not last_is_bugcheck
        assert screen is None
    if diagnosis.kind == "critical_process_died":
        assert not reports_now
        assert screen == 0xEF or (last_is_bugcheck and code == 0xEF)
    if diagnosis.kind == "other_stop_code":
        assert not reports_now
        assert screen == 0x7B or (last_is_bugcheck and code == 0x7B)
