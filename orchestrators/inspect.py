"""Phase inspect: what the broken Windows looks like from the repair VM. Leaves the copy as it found it. Undo: discard the copy."""

from datetime import timedelta

from activities import guest as activity
from bootmend.models.answer import Failure
from bootmend.models.guest import GuestFacts, Plan
from bootmend.models.jobs import GuestLook, GuestScript, ReadFacts, ScriptBegun
from bootmend.models.watches import GuestWatch
from orchestrators.run import Run, runbook_step
from orchestrators.step import StepFailedError, Steps, branch, moment, step
from orchestrators.waiting import unless_cancelled, watch_guest


def inspect(run: Run) -> Steps[GuestFacts]:
    run.enter("inspect")
    return (yield from inspect_guest(run))


@runbook_step
def inspect_guest(run: Run) -> Steps[GuestFacts]:
    look = yield from in_guest(
        run, GuestScript(**run.subject.model_dump(), kind="inspect", name="inspect", means=run.means)
    )
    return (yield from step(run.ctx, activity.read_facts, ReadFacts(output=look.output)))


def in_guest(run: Run, job: GuestScript) -> Steps[GuestLook]:
    """Runs one script on the repair VM and waits for its end; a cancel ends the wait, deleting the VM ends the script."""
    begun = yield from step(run.ctx, activity.begin_script, job)
    return (yield from script_ended(run, job.name, begun, look_every=20 if job.kind == "inspect" else 30))


def script_ended(run: Run, name: str, begun: ScriptBegun, look_every: int = 30) -> Steps[GuestLook]:
    """Waits for the end of a script that was begun under this name. Raises StepFailedError if it did not end well."""
    watch = GuestWatch(
        **run.subject.model_dump(),
        name=name,
        repair_group=run.means.repair_group,
        look_every=look_every,
        give_up_at=moment(run.ctx) + timedelta(seconds=begun.timeout_seconds + 600),
    )
    watching = f"{run.job.repair_id}:{name}"
    run.show(watching=watching)
    look = yield from unless_cancelled(run, branch(run.ctx, watch_guest, watch, watching), name, GuestLook)
    if not look.ok:
        raise StepFailedError(name, Failure(code="GuestScriptFailed", kind="guest", message=look.why))
    return look


def execution(run: Run, plan: Plan) -> GuestScript:
    return GuestScript(**run.subject.model_dump(), kind="execute", name="execute", means=run.means, plan=plan)
