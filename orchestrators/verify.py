"""Phase verify: was this boot seen to succeed? Undo after a bugcheck: `put_back` swaps the original in again."""

from activities import diagnose as activity
from bootmend.models.boot import BootVerdict, BootWatch
from bootmend.models.jobs import ReadEvidence
from bootmend.models.watches import BootRound
from orchestrators.run import RepairEndedError, Run, runbook_step
from orchestrators.step import StepFailedError, Steps, branch, step
from orchestrators.waiting import checkpoint, unless_cancelled, watch_boot


def verify(run: Run, watch: BootWatch) -> Steps[str | None]:
    """None when the boot is verified, else why the VM does not boot. Until then the repair may be cancelled."""
    run.enter("verify")
    verdict = yield from verify_boot(run, watch)
    if verdict.kind == "bugcheck":
        return f"the VM does not boot with {run.copy_words}: {verdict.reason}"
    if verdict.kind != "booted":
        failed = yield from confirm_boot(run, verdict)
        if failed is not None:
            return failed
    run.show(cancellable=False)
    return None


@runbook_step
def verify_boot(run: Run, watch: BootWatch) -> Steps[BootVerdict]:
    watching = f"{run.job.repair_id}:boot-{len(run.boots) + 1}"
    run.show(watching=watching)
    first = BootRound(watch=watch, next_look_in=10)
    verdict = yield from unless_cancelled(run, branch(run.ctx, watch_boot, first, watching), "verify_boot", BootVerdict)
    run.boots.append(verdict)
    try:
        job = ReadEvidence(**run.subject.model_dump(), label="after")
        evidence = yield from step(run.ctx, activity.read_boot_evidence, job)
        run.keep_evidence(*evidence.names)
    except StepFailedError:
        run.keep_evidence()  # a picture that could not be had changes nothing of what was seen
    return verdict


def confirm_boot(run: Run, verdict: BootVerdict) -> Steps[str | None]:
    """Nobody saw the boot succeed, nobody saw it fail: a person looks. Unanswered, the disk stays where it is."""
    why = f"{verdict.reason}. Look at the VM: did it boot?"
    answer = yield from checkpoint(run, "confirm_boot", why, manual=True, auto_decision="")
    if answer.decision == "booted":
        return None
    if answer.decision == "not_booted":
        return f"{answer.by} says that the VM did not boot with {run.copy_words}"
    reason = f"{verdict.reason}, and nobody answered checkpoint confirm_boot; {run.copy_words} is left in place"
    raise RepairEndedError("failed", reason)


def booted_words(run: Run) -> str:
    verdict = run.boots[-1]
    if verdict.kind == "booted":
        return f"the VM was seen to boot: {verdict.reason}"
    return f"{run.checkpoints[-1].by} saw the VM boot: checkpoint confirm_boot"
