"""The demo's display: what it makes of a repair's JSON, with and without a terminal."""

import io
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console

from sandbox.clock import START
from sandbox.demo.screen import LiveScreen, PlainScreen, boot_words, picture
from sandbox.demo.story import phase_lines
from sandbox.player.summary import duration, summary
from sandbox.player.views import CommandView, RepairView, ReportView

NOW = START + timedelta(minutes=30)
SFC = CommandView(
    id="sfc",
    line="sfc /scannow /offbootdir=S:\\ /offwindir=E:\\Windows",
    exit_code=0,
    seconds=1500.2,
    tail="Windows Resource Protection found corrupt files\n and repaired them.",
)


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat()


def step(name: str, begun: float, ended: float | None = None, result: str | None = None) -> dict[str, Any]:
    finished = None if ended is None else at(ended)
    return {"name": name, "started_at": at(begun), "finished_at": finished, "result": result or (finished and "done")}


def repair(**fields: Any) -> RepairView:
    return RepairView.model_validate({"id": "r-1", "phase": "fix", **fields})


FIXING = repair(
    steps=[
        step("read_vm", 0, 0.1),
        step("decide", 0.2, 0.3),
        step("deallocate_source", 0.5, 1.5),
        step("create_repair_vm", 0.5, 3),
        step("inspect_guest", 4, 5),
        step("plan_fix", 5, 5),
        step("execute_plan", 5),
    ],
    progress={"command": "sfc", "percent": 40, "done": 3, "total": 20},
)


def shown(renderable: Any) -> str:
    out = io.StringIO()
    Console(file=out, width=140).print(renderable)
    return out.getvalue()


def test_phases_have_states_and_virtual_durations() -> None:
    phases = {line.name: (line.state, line.seconds) for line, _ in phase_lines(FIXING, NOW)}
    assert phases == {
        "diagnose": ("done", 18),
        "prepare": ("done", 150),
        "inspect": ("done", 60),
        "fix": ("running", 25 * 60),
        "rebuild": ("ahead", 0),
        "verify": ("ahead", 0),
        "close": ("ahead", 0),
    }


def test_a_failed_step_marks_its_phase() -> None:
    failed = repair(phase="collect", steps=[step("find_dump", 1, 2, "failed: none there")])
    states = {line.name: line.state for line, _ in phase_lines(failed, NOW)}
    assert states["collect"] == "failed"


def test_the_picture_shows_phases_and_sfcs_percentage() -> None:
    text = shown(picture("vm-web-01", FIXING, NOW))
    assert "● fix" in " ".join(text.split())
    assert "40 %" in text
    assert "the repair VM runs sfc (3 of 20 commands done)" in text


def test_the_picture_shows_who_is_waited_for() -> None:
    waiting = repair(awaiting={"checkpoint_id": "approve_swap-1", "name": "approve_swap", "why": "look at it first"})
    assert "checkpoint approve_swap waits for a person: look at it first" in shown(picture("vm", waiting, NOW))


def test_the_boot_is_counted_down() -> None:
    watched = repair(steps=[step("verify_boot", 28)])
    assert boot_words(watched, NOW) == "watching the boot for 2 min 00 s: no sign of the agent yet"
    since = (NOW - timedelta(seconds=45)).isoformat()
    healthy = repair(steps=[step("verify_boot", 28)], progress={"healthy_since": since, "stable_seconds": 195})
    assert boot_words(healthy, NOW) == "agent Ready, no new bugcheck; must stay so for another 150 s"
    assert boot_words(FIXING, NOW) == ""


def plain(*looks: tuple[RepairView, list[CommandView], datetime]) -> list[str]:
    out = io.StringIO()
    screen = PlainScreen(Console(file=out, width=80))
    for look in looks:
        screen.show(*look)
    screen.close()
    return out.getvalue().splitlines()


def test_without_a_terminal_each_news_is_one_line_said_once() -> None:
    later = FIXING.model_copy(
        update={"progress": FIXING.progress and FIXING.progress.model_copy(update={"percent": 44})}
    )
    lines = plain((FIXING, [], NOW), (later, [], NOW), (later, [SFC], NOW))
    assert "08:30:00  deallocate_source done (1 min 00 s)" in lines
    assert "08:30:00  execute_plan …" in lines
    assert lines.count("08:30:00    guest runs sfc (3 of 20 commands done)") == 1
    assert lines.count("08:30:00    sfc 40 %") == 1
    assert not [line for line in lines if "44 %" in line]
    assert [line for line in lines if "and repaired them." in line and "exit 0" in line]


def test_a_command_ended_at_its_limit_says_so() -> None:
    cut_off = SFC.model_copy(update={"exit_code": None})
    assert "ended at its time limit" in plain((FIXING, [cut_off], NOW))[-1]


def test_the_live_screen_lets_each_answer_scroll_by_once() -> None:
    out = io.StringIO()
    screen = LiveScreen(Console(file=out, width=200, force_terminal=True, color_system=None), "vm-web-01")
    screen.show(FIXING, [SFC], NOW)
    screen.show(FIXING, [SFC], NOW)
    screen.close()
    assert out.getvalue().count("> sfc /scannow /offbootdir=S:\\ /offwindir=E:\\Windows") == 1
    assert "vm-web-01   virtual time 08:30:00" in out.getvalue()


def test_the_plain_screen_tells_when_the_agent_reports() -> None:
    since = (NOW - timedelta(seconds=45)).isoformat()
    healthy = repair(steps=[step("verify_boot", 28)], progress={"healthy_since": since, "stable_seconds": 195})
    assert plain((healthy, [], NOW), (healthy, [], NOW)) == [
        "08:30:00  verify_boot …",
        "08:30:00    agent Ready, no new bugcheck; must stay so for another 150 s",
    ]


def test_the_summary_names_what_is_kept_and_left() -> None:
    disk = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/vm-web-01_OsDisk"
    report = ReportView.model_validate(
        {
            "id": "r-1",
            "vm_id": "vm",
            "outcome": "repaired",
            "reason": "seen to boot",
            "diagnosis": {"kind": "critical_process_died", "stop_code": "0x000000EF"},
            "checkpoints": [{"name": "approve_repair", "decision": "approve", "by": "policy"}],
            "kept": [{"resource_id": disk, "why": "the original"}],
            "leftovers": [{"resource_id": disk.replace("disks", "snapshots"), "why": "a lock"}],
            "started_at": at(0),
            "finished_at": at(61),
        }
    )
    lines = summary(report)
    assert lines[0] == "outcome   repaired"
    assert "diagnosis critical_process_died, stop code 0x000000EF" in lines
    assert "took      1 h 01 min" in lines
    assert "decided   approve_repair: approve by policy" in lines
    assert "kept      disks/vm-web-01_OsDisk: the original" in lines
    assert "leftover  snapshots/vm-web-01_OsDisk: a lock" in lines


def test_durations_in_words() -> None:
    assert [duration(seconds) for seconds in (9.4, 59.6, 1503, 14400)] == [
        "9 s",
        "1 min 00 s",
        "25 min 03 s",
        "4 h 00 min",
    ]
