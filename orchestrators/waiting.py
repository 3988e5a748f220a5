"""How a repair waits: for Azure's operations, for a script in the guest, for a boot, for a person. Always by durable timers.

The looks are sub-orchestrations that continue as new, so that the repair's own history stays short however long it takes.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from durabletask import task

from activities.look import look_at_boot, look_at_guest, look_at_operation
from bootmend.models.answer import Answer, Failure, FailureKind
from bootmend.models.azure import Operation, OperationLook
from bootmend.models.backup import RestoreLook
from bootmend.models.boot import BootVerdict
from bootmend.models.jobs import GuestLook, LookAtBoot, Subject
from bootmend.models.repair import DECISIONS, Awaiting, CheckpointName, CheckpointRecord
from bootmend.models.watches import BootRound, GuestWatch, OperationWatch, first_look
from orchestrators.notify import tell
from orchestrators.run import RepairEndedError, Run, cancel_words
from orchestrators.step import ATTEMPTS, StepFailedError, Steps, branch, joined, moment, step

LOOKS_BEFORE_RENEWAL = 12
WAITS_BEFORE_ANOTHER_TRY = (timedelta(seconds=30), timedelta(minutes=2))
"""An operation that ends Failed or Canceled by Azure's own doing, not by what was asked, is begun anew so often."""


def finish(
    ctx: task.OrchestrationContext, subject: Subject, operation: Operation, patience: timedelta = timedelta(hours=1)
) -> Steps[OperationLook]:
    """Waits until the operation ended. Raises StepFailedError with Azure's own code if it ended badly, or `patience` is over."""
    if operation.done:
        return OperationLook(state="succeeded")
    now = moment(ctx)
    watch = OperationWatch(
        repair_id=subject.repair_id, vm_id=subject.vm_id, operation=operation, begun_at=now, give_up_at=now + patience
    )
    return (yield from joined(branch(ctx, watch_operation, watch), operation.name, OperationLook))


def done[Job: Subject](
    ctx: task.OrchestrationContext,
    begin: Callable[[Job], Awaitable[Operation]],
    job: Job,
    *,
    attempts: int = ATTEMPTS,
    again: tuple[FailureKind, ...] = ("busy",),
) -> Steps[OperationLook]:
    """Begins an operation and waits for its end. One that Azure broke off for reasons of its own is begun anew, some times."""
    for wait in (*WAITS_BEFORE_ANOTHER_TRY, None):
        operation = yield from step(ctx, begin, job, attempts=attempts)
        try:
            return (yield from finish(ctx, job, operation))
        except StepFailedError as failed:
            if failed.failure.kind not in again or wait is None:
                raise
            yield ctx.create_timer(wait)
    raise RuntimeError("the last try returns or raises")


def watch_operation(ctx: task.OrchestrationContext, wire: dict[str, Any]) -> Steps[Any]:
    """Looks at an operation until it ended: the first time when it could be done, then as often as Azure asks."""
    watch = OperationWatch.model_validate(wire)
    wait = watch.next_look_in if watch.next_look_in is not None else first_look(watch.operation)
    for _ in range(LOOKS_BEFORE_RENEWAL):
        yield ctx.create_timer(timedelta(seconds=wait))
        try:
            look = yield from step(ctx, look_at_operation, watch)
        except StepFailedError as failed:
            return Answer(failure=failed.failure).model_dump(mode="json")
        if look.state != "running":
            return _operation_answer(watch, look).model_dump(mode="json")
        if moment(ctx) >= watch.give_up_at:
            return Answer(failure=_too_long(watch)).model_dump(mode="json")
        wait = look.retry_after or 10.0
    ctx.continue_as_new(watch.model_copy(update={"next_look_in": wait}).model_dump(mode="json"))
    return None


def _operation_answer(watch: OperationWatch, look: OperationLook) -> Answer:
    if look.state == "succeeded":
        return Answer(value=look.model_dump(mode="json"))
    words = look.message or f"Azure says that the operation {look.state}"
    code = look.code or "OperationFailed"
    return Answer(failure=Failure(code=code, kind=look.kind or "rejected", message=f"{watch.operation.name}: {words}"))


def _too_long(watch: OperationWatch) -> Failure:
    words = f"{watch.operation.name} on {watch.operation.resource_id} has not ended since {watch.begun_at:%Y-%m-%d %H:%M:%SZ}"
    return Failure(code="OperationTimedOut", message=words)


def watch_guest(ctx: task.OrchestrationContext, wire: dict[str, Any]) -> Steps[Any]:
    """Looks at a script on the repair VM every 30 s until it ended; its progress is this instance's custom status."""
    watch = GuestWatch.model_validate(wire)
    for _ in range(LOOKS_BEFORE_RENEWAL):
        yield ctx.create_timer(timedelta(seconds=watch.look_every))
        try:
            look = yield from step(ctx, look_at_guest, watch)
        except StepFailedError as failed:
            return Answer(failure=failed.failure).model_dump(mode="json")
        if look.progress is not None:
            ctx.set_custom_status(look.progress.model_dump(mode="json"))
        if look.ended:
            return Answer(value=look.model_dump(mode="json")).model_dump(mode="json")
        if moment(ctx) >= watch.give_up_at:
            failure = Failure(code="GuestTimedOut", message=f"the script {watch.name} has not ended in its time")
            return Answer(failure=failure).model_dump(mode="json")
    ctx.continue_as_new(watch.model_dump(mode="json"))
    return None


def watch_boot(ctx: task.OrchestrationContext, wire: dict[str, Any]) -> Steps[Any]:
    """Looks at a VM after its start until there is a verdict."""
    round_ = BootRound.model_validate(wire)
    for _ in range(LOOKS_BEFORE_RENEWAL):
        yield ctx.create_timer(timedelta(seconds=round_.next_look_in))
        try:
            job = LookAtBoot(watch=round_.watch, at=moment(ctx))
            round_ = yield from step(ctx, look_at_boot, job)
        except StepFailedError as failed:
            return Answer(failure=failed.failure).model_dump(mode="json")
        ctx.set_custom_status(round_.progress().model_dump(mode="json"))
        if round_.verdict is not None:
            return Answer(value=round_.verdict.model_dump(mode="json")).model_dump(mode="json")
    ctx.continue_as_new(round_.model_dump(mode="json"))
    return None


def unless_cancelled[Value: (GuestLook, BootVerdict, RestoreLook)](
    run: Run, watching: task.Task[Any], name: str, answer_type: type[Value]
) -> Steps[Value]:
    """Waits for a branch, or for a cancel, whichever comes first. The branch ends by itself once its VM is gone or stopped."""
    yield task.when_any([watching, run.cancel])
    if not watching.is_complete:
        raise RepairEndedError("cancelled", cancel_words(run.cancel))
    return (yield from joined(watching, name, answer_type))


def checkpoint(
    run: Run,
    name: CheckpointName,
    why: str,
    *,
    manual: bool,
    auto_decision: str,
    decisions: tuple[str, ...] | None = None,
) -> Steps[CheckpointRecord]:
    """Asks a person, or takes the policy's decision; either is recorded. The decision `timed_out` means that nobody answered.

    `decisions`: what may be answered, where it is not all that the checkpoint knows.

    Raises RepairEndedError when a cancel comes first.
    """
    now = moment(run.ctx)
    if not manual:
        record = CheckpointRecord(name=name, decision=auto_decision, by="policy", at=now)
    else:
        record = yield from _ask(run, name, why, decisions or DECISIONS[name])
    run.checkpoints.append(record)
    return record


def _ask(run: Run, name: CheckpointName, why: str, decisions: tuple[str, ...]) -> Steps[CheckpointRecord]:
    now = moment(run.ctx)
    run.asked += 1
    deadline = now + run.job.policy.checkpoint_timeout
    checkpoint_id = f"{name}-{run.asked}"
    awaiting = Awaiting(
        checkpoint_id=checkpoint_id, name=name, why=why, decisions=decisions, since=now, deadline=deadline
    )
    run.wait_for(awaiting)
    tell(run, "checkpoint.waiting", reason=why, awaiting=awaiting)
    answer = run.ctx.wait_for_external_event(checkpoint_id)
    yield task.when_any([answer, run.cancel, run.ctx.create_timer(deadline)])
    run.wait_for(None)
    if answer.is_complete:
        return CheckpointRecord.model_validate({**answer.get_result(), "name": name, "at": moment(run.ctx)})
    if run.cancel.is_complete:
        raise RepairEndedError("cancelled", cancel_words(run.cancel))
    return CheckpointRecord(name=name, decision="timed_out", by="nobody", at=moment(run.ctx))
