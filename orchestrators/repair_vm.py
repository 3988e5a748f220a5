"""The repair of one VM, from diagnosis to report: the runbook."""

from typing import Any

from durabletask import task

from bootmend.models.repair import RepairJob
from orchestrators.backup import restore
from orchestrators.close import close, put_back
from orchestrators.diagnose import approve, diagnose
from orchestrators.escalate import escalate
from orchestrators.fix import approve_swap, fix
from orchestrators.inspect import inspect
from orchestrators.notify import tell
from orchestrators.prepare import prepare
from orchestrators.rebuild import rebuild
from orchestrators.run import Ending, RepairEndedError, Run
from orchestrators.step import StepFailedError, Steps, failure_words
from orchestrators.verify import booted_words, verify


def repair_vm(ctx: task.OrchestrationContext, wire: dict[str, Any]) -> Steps[Any]:
    """Orchestrator: RepairJob in, Report out. Whatever happens on the way, it ends with a report."""
    run = Run.begin(ctx, RepairJob.model_validate(wire))
    tell(run, "repair.started", reason=run.job.reason)
    ending = yield from to_an_end(run)
    report = yield from close(run, ending)
    return report.model_dump(mode="json")


def to_an_end(run: Run) -> Steps[Ending]:
    """The runbook. A step that fails, a refusal, a rejection or a cancel leads to the undo."""
    try:
        yield from diagnose(run)
        if (yield from approve(run)) == "restore_backup":
            return (yield from restore(run))
        yield from prepare(run)
        facts = yield from inspect(run)
        yield from fix(run, facts)
        yield from approve_swap(run)
        watch = yield from rebuild(run)
        failing = yield from verify(run, watch)
        if failing is not None:
            return (yield from escalate(run, failing))
    except RepairEndedError as ended:
        return (yield from undone(run, ended.ending))
    except StepFailedError as failed:
        return (yield from undone(run, broken_off(run, failure_words(failed))))
    except Exception as unforeseen:  # noqa: BLE001 - a bug of ours must not leave the VM without its disk
        return (yield from undone(run, broken_off(run, f"unforeseen: {type(unforeseen).__name__}: {unforeseen}"[:500])))
    return Ending("repaired", booted_words(run))


def broken_off(run: Run, reason: str) -> Ending:
    return Ending("rolled_back" if run.touched else "refused", reason)


def undone(run: Run, ending: Ending) -> Steps[Ending]:
    """Puts the VM back as it was found. `failed` if that cannot be done: a person must look."""
    run.show(cancellable=False)
    if not run.touched:
        return ending
    if ending.outcome == "failed":
        run.copy_in_place = True
        return ending
    try:
        yield from put_back(run)
    except StepFailedError as failed:
        run.copy_in_place = run.swapped
        return Ending("failed", f"{ending.reason}; and the VM could not be put back: {failure_words(failed)}")
    return ending
