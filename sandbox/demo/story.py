"""What a repair's JSON tells, arranged by the phases of the runbook."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sandbox.player.views import RepairView, StepView

PHASES: dict[str, tuple[str, ...]] = {
    "diagnose": ("read_vm", "read_boot_evidence", "find_backup", "decide"),
    "prepare": (
        "restore_backup",
        "deallocate_source",
        "snapshot_os_disk",
        "copy_os_disk",
        "create_repair_vm",
        "attach_copy",
    ),
    "inspect": ("inspect_guest", "inspect_data_disks"),
    "fix": ("plan_fix", "execute_plan"),
    "rebuild": ("detach_copy", "swap_os_disk", "start_source"),
    "verify": ("verify_boot",),
    "collect": ("copy_failed_disk", "find_dump", "upload_dump"),
    "escalate": ("prepare_ticket",),
    "close": ("put_back", "clean_up", "write_report", "notify"),
}
ONLY_WHEN_IT_FAILS = ("collect", "escalate")

State = Literal["ahead", "running", "done", "failed"]


@dataclass(frozen=True)
class Line:
    """A phase or step: its state, and the virtual seconds that it took or takes so far."""

    name: str
    state: State
    seconds: float = 0
    note: str = ""


def step_line(step: StepView, now: datetime) -> Line:
    """One step as a line."""
    if step.finished_at is None:
        return Line(step.name, "running", (now - step.started_at).total_seconds())
    good = step.result in {None, "done"}
    seconds = (step.finished_at - step.started_at).total_seconds()
    return Line(step.name, "done" if good else "failed", seconds, "" if good else step.result or "")


def phase_lines(repair: RepairView, now: datetime) -> list[tuple[Line, list[Line]]]:
    """Every phase with its steps so far. Phases of a failed repair appear only once they are reached."""
    lines = []
    for phase, names in PHASES.items():
        steps = [step for step in repair.steps if step.name in names]
        if not steps and phase in ONLY_WHEN_IT_FAILS:
            continue
        below = [step_line(step, now) for step in steps]
        lines.append((_phase_line(phase, steps, below, repair, now), below))
    return lines


def _phase_line(phase: str, steps: list[StepView], below: list[Line], repair: RepairView, now: datetime) -> Line:
    if not steps:
        return Line(phase, "running" if repair.phase == phase else "ahead")
    ended = max(step.finished_at or now for step in steps)
    seconds = (ended - min(step.started_at for step in steps)).total_seconds()
    if any(line.state == "failed" for line in below):
        return Line(phase, "failed", seconds)
    running = any(line.state == "running" for line in below) or (repair.phase == phase and repair.outcome is None)
    return Line(phase, "running" if running else "done", seconds)
