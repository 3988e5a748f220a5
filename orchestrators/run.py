"""What one repair knows while it runs: rebuilt by every replay, shown to callers as the custom status."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate

from durabletask import task

from bootmend import names
from bootmend.articles.article import FixVerdict
from bootmend.models.azure import SourceMark, Survey
from bootmend.models.backup import BackupReport
from bootmend.models.boot import BootVerdict, Diagnosis
from bootmend.models.decision import Means, Verdict
from bootmend.models.dump import DumpReport, TicketReport
from bootmend.models.guest import Plan, Transcript
from bootmend.models.jobs import DiskCopy, Subject
from bootmend.models.repair import (
    Awaiting,
    CheckpointRecord,
    Kept,
    Leftover,
    Outcome,
    Phase,
    RepairJob,
    RepairStatus,
    StepRecord,
)
from orchestrators.step import StepFailedError, Steps, moment

CANCEL = "cancel"
"""The external event that asks for an end."""


@dataclass(frozen=True)
class Ending:
    """How a repair ends, and why in words."""

    outcome: Outcome
    reason: str


class RepairEndedError(Exception):
    """The repair ends here; what was done is undone first."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.ending = Ending(outcome, reason)


@dataclass
class Run:
    """The state of one repair."""

    ctx: task.OrchestrationContext
    job: RepairJob
    cancel: task.Task[Any]
    status: RepairStatus
    began_at: datetime
    verdict: Verdict | None = None
    mark: SourceMark | None = None
    touched: bool = False
    """True from the moment before the first request that changes something."""
    backup: BackupReport | None = None
    restore: task.Task[Any] | None = None
    """Azure Backup's restore, once it is begun: nothing ends it, so the repair does not end before it."""
    restored: tuple[str, ...] = ()
    """Ids of the disks that the restore made, the one that is swapped in first."""
    swapped: bool = False
    ran: bool = False
    """True from the moment before the copy's first start: a disk that ever ran holds new data."""
    copy_in_place: bool = False
    """True once it is settled that the copy stays the VM's OS disk although nobody saw it boot."""
    repair_vm: task.Task[Any] | None = None
    survey: Survey | None = None
    plan: Plan | None = None
    further_copies: list[DiskCopy] = field(default_factory=list)
    """Copies beside the one that is swapped in: noted before they are begun, deleted at the end."""
    dump: DumpReport | None = None
    ticket: TicketReport | None = None
    cleaned: bool = False
    fix: FixVerdict | None = None
    boots: list[BootVerdict] = field(default_factory=list)
    transcripts: list[Transcript] = field(default_factory=list)
    checkpoints: list[CheckpointRecord] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    asked: int = 0
    early: dict[str, datetime] = field(default_factory=dict)
    """When a step was begun that is waited for later."""

    @classmethod
    def begin(cls, ctx: task.OrchestrationContext, job: RepairJob) -> "Run":
        return cls(
            ctx=ctx,
            job=job,
            cancel=ctx.wait_for_external_event(CANCEL),
            status=RepairStatus(),
            began_at=moment(ctx),
        )

    @property
    def subject(self) -> Subject:
        return Subject(repair_id=self.job.repair_id, vm_id=self.job.vm_id)

    @property
    def means(self) -> Means:
        if self.verdict is None or self.verdict.means is None:
            raise RuntimeError("no means before the decision to go")
        return self.verdict.means

    @property
    def diagnosis(self) -> Diagnosis | None:
        return self.verdict.diagnosis if self.verdict else None

    @property
    def copy_id(self) -> str:
        """The disk that takes the original's place: the repaired copy, or the one restored from a backup."""
        return self.restored[0] if self.restored else names.copy_id(self.job.vm_id, self.job.repair_id)

    @property
    def copy_words(self) -> str:
        return "the restored disk" if self.restored else "the repaired disk"

    @property
    def copy_stays(self) -> bool:
        """A disk that ever ran holds new data: it is kept, or it is the VM's disk now; it is never deleted."""
        return self.ran

    def begin_early(self, name: str) -> None:
        self.early[name] = moment(self.ctx)

    def enter(self, phase: Phase) -> None:
        self.show(phase=phase)

    def show(self, **changes: Any) -> None:
        """Changes the status that callers see."""
        self.status = self.status.model_copy(update=changes)
        self.ctx.set_custom_status(self.status.model_dump(mode="json"))

    def stop_if_cancelled(self) -> None:
        if self.status.cancellable and self.cancel.is_complete:
            raise RepairEndedError("cancelled", cancel_words(self.cancel))

    def keep_evidence(self, *stored: str) -> None:
        fresh = tuple(name for name in stored if name and name not in self.status.evidence)
        self.status = self.status.model_copy(update={"evidence": self.status.evidence + fresh})

    def steps_so_far(self) -> tuple[StepRecord, ...]:
        """The steps, the one that is writing this down taken as done."""
        *earlier, last = self.status.steps
        return (*earlier, last.model_copy(update={"finished_at": moment(self.ctx), "result": "done"}))

    def leave(self, resource_id: str, why: str) -> None:
        leftover = Leftover(resource_id=resource_id, why=why)
        self.status = self.status.model_copy(update={"leftovers": (*self.status.leftovers, leftover)})

    def wait_for(self, awaiting: Awaiting | None) -> None:
        self.show(awaiting=awaiting)


def cancel_words(cancel: task.Task[Any]) -> str:
    asked = cancel.get_result() if cancel.is_complete else None
    by = (asked.get("by") if isinstance(asked, dict) else None) or "somebody"
    return f"cancelled on request of {by}"


_PLANNED_STEPS = 22
"""Steps of a run that goes well; only the percentage rests on it."""


def runbook_step[**P, T](
    function: Callable[Concatenate[Run, P], Steps[T]],
) -> Callable[Concatenate[Run, P], Steps[T]]:
    """Makes a generator a line of the runbook: recorded under its own name, with times and what came of it.

    A step is not begun once a cancel was asked for (while cancelling is possible).
    """
    name = function.__name__

    @functools.wraps(function)
    def recorded(run: Run, /, *args: P.args, **kwargs: P.kwargs) -> Steps[T]:
        run.stop_if_cancelled()
        begun = StepRecord(name=name, started_at=run.early.pop(name, moment(run.ctx)))
        earlier = run.status.steps
        run.show(steps=(*earlier, begun), percent=min(99, 100 * len(earlier) // _PLANNED_STEPS))
        try:
            value = yield from function(run, *args, **kwargs)
        except StepFailedError as failed:
            _finish(run, begun, f"failed: {failed.failure.code}: {failed.failure.message}"[:500])
            raise
        except RepairEndedError as ended:
            _finish(run, begun, f"{ended.ending.outcome}: {ended.ending.reason}"[:500])
            raise
        _finish(run, begun, "done")
        return value

    return recorded


def _finish(run: Run, begun: StepRecord, result: str) -> None:
    ended = begun.model_copy(update={"finished_at": moment(run.ctx), "result": result})
    steps = tuple(ended if step is begun else step for step in run.status.steps)
    run.show(steps=steps, watching=None)
