"""Tells those who asked to be told: at least once, with back-off, beside the repair. A repair never waits for a receiver."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from durabletask import task

from activities.notify import deliver, find_recipients, forget_subscriptions
from bootmend.models.jobs import Subject
from bootmend.models.repair import Awaiting, Outcome
from bootmend.models.webhooks import Deliver, Notice, NoticeData, NoticeType
from orchestrators.run import Run
from orchestrators.step import StepFailedError, Steps, branch, moment, step

WAITS = (10, 30, 60, 120, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
"""Seconds between the attempts: a receiver may be away for the better part of a day."""


def tell(
    run: Run, what: NoticeType, *, reason: str = "", awaiting: Awaiting | None = None, outcome: Outcome | None = None
) -> None:
    """Begins to tell, and does not wait: nothing of what comes of it can delay or fail the repair."""
    data = NoticeData(
        repair_id=run.job.repair_id,
        vm_id=run.job.vm_id,
        started_by=run.job.started_by,
        reason=reason,
        outcome=outcome,
        checkpoint=awaiting,
        evidence=run.status.evidence,
    )
    label = f"{what.replace('.', '-')}{f'-{awaiting.checkpoint_id}' if awaiting else ''}"
    notice = Notice(id=f"{run.job.repair_id}-{label}", type=what, at=moment(run.ctx), data=data)
    branch(run.ctx, notify, notice, notice.id)


def notify(ctx: task.OrchestrationContext, wire: dict[str, Any]) -> Steps[Any]:
    """Orchestrator: one notice to everyone who wants it, side by side."""
    notice = Notice.model_validate(wire)
    try:
        found = yield from step(ctx, find_recipients, notice)
        if found.ids:
            yield task.when_all(list(_deliveries(ctx, notice, found.ids)))
        if notice.type == "repair.finished":
            over = Subject(repair_id=notice.data.repair_id, vm_id=notice.data.vm_id)
            yield from step(ctx, forget_subscriptions, over)
    except StepFailedError as failed:
        return {"failed": str(failed)}
    return {"recipients": len(found.ids)}


def _deliveries(ctx: task.OrchestrationContext, notice: Notice, ids: tuple[str, ...]) -> Iterator[task.Task[Any]]:
    for number, recipient in enumerate(ids, start=1):
        job = Deliver(recipient=recipient, notice=notice, at=notice.at)
        yield branch(ctx, deliver_notice, job, f"{notice.id}-{number}")


def deliver_notice(ctx: task.OrchestrationContext, wire: dict[str, Any]) -> Steps[Any]:
    """Orchestrator: one notice to one recipient, until it is delivered or the waits are spent."""
    job = Deliver.model_validate(wire)
    state = "again"
    for wait in (*WAITS, None):
        asked: float | None = None
        try:
            came = yield from step(ctx, deliver, job.model_copy(update={"at": moment(ctx)}))
            state, asked = came.state, came.retry_after
        except StepFailedError:
            state = "again"
        if state != "again" or wait is None:
            break
        yield ctx.create_timer(timedelta(seconds=max(wait, asked or 0)))
    return {"state": state if state != "again" else "given_up"}
