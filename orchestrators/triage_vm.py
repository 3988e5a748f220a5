"""Triage: an event or alert about a VM is only a hint. Wait until the platform's own restart is over, look, then perhaps repair."""

from datetime import timedelta
from typing import Any

from durabletask import task

from activities.triage import look_at_vm
from bootmend.models.events import Confirmed, Hint, LookAtVm, TriageEnd, TriageJob
from bootmend.triage import begin_repair, not_confirmed
from orchestrators.step import StepFailedError, Steps, moment, step


def triage_vm(ctx: task.OrchestrationContext, wire: dict[str, Any]) -> Steps[Any]:
    """Orchestrator: TriageJob in, TriageEnd out. Its instance id derives from the VM, so that a burst of events starts one.

    It stays for a quiet time after it is done, in which further events about the VM start nothing.
    """
    job = TriageJob.model_validate(wire)
    yield ctx.create_timer(timedelta(seconds=job.settle_seconds))
    end = yield from judged(ctx, job.hint)
    ctx.set_custom_status(end.model_dump(mode="json"))
    yield ctx.create_timer(timedelta(seconds=job.quiet_seconds))
    return end.model_dump(mode="json")


def judged(ctx: task.OrchestrationContext, hint: Hint) -> Steps[TriageEnd]:
    """Looks at the VM; starts its repair if it shows the very stop code that can be treated."""
    now = moment(ctx)
    try:
        finding = yield from step(ctx, look_at_vm, LookAtVm(vm_id=hint.vm_id, at=now))
        why_not = not_confirmed(finding)
        if why_not is not None:
            return TriageEnd(why=why_not, looked_at=now)
        return (yield from step(ctx, begin_repair, Confirmed(hint=hint, finding=finding, at=now)))
    except StepFailedError as failed:
        return TriageEnd(why=f"could not be told: {failed}", looked_at=now)
