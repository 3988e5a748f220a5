"""The way by backup: the OS disk of a recovery point restored beside the VM, swapped in, and its boot verified like any other.

Undo: `put_back` swaps the original in again; `settle_restore` and `clean_up` see to the disk that was restored.
"""

from datetime import timedelta
from typing import Any

from durabletask import task

from activities import backup as activity
from bootmend.models.answer import Answer, Failure
from bootmend.models.backup import BackupReport, RestoreBegun, RestoreLook
from bootmend.models.repair import Kept
from bootmend.models.restore import BeginRestore, ClaimRestored, FindRestored, RestoredDisks, RestoreWatch
from orchestrators.diagnose import decide, read_boot_evidence, read_vm
from orchestrators.prepare import deallocate_source
from orchestrators.rebuild import start_source, swap_os_disk
from orchestrators.run import Ending, RepairEndedError, Run, runbook_step
from orchestrators.step import StepFailedError, Steps, branch, failure_words, joined, moment, step
from orchestrators.verify import booted_words, verify
from orchestrators.waiting import LOOKS_BEFORE_RENEWAL, done, unless_cancelled

PATIENCE = timedelta(hours=24)
"""From the vault's standard tier a large disk takes hours; from a snapshot, minutes."""


def restore(run: Run) -> Steps[Ending]:
    """The VM stays as it is until its new disk is there."""
    run.enter("prepare")
    yield from restore_backup(run)
    yield from still_failing(run)
    yield from deallocate_source(run)
    run.enter("rebuild")
    yield from swap_os_disk(run)
    watch = yield from start_source(run)
    failing = yield from verify(run, watch)
    if failing is not None:
        raise RepairEndedError("rolled_back", failing)
    return Ending("restored_from_backup", f"{booted_words(run)}; {_what_is_lost(chosen(run))}")


@runbook_step
def restore_backup(run: Run) -> Steps[None]:
    """Azure Backup makes the disk, its tag tells whose job made it, and our own makes it ours."""
    watching = yield from _begin(run)
    look = yield from unless_cancelled(run, watching, "restore_backup", RestoreLook)
    _note(run, look)
    if look.state == "failed":
        words = f"Azure Backup could not restore recovery point {chosen(run).point_id}: {look.why}"
        raise StepFailedError("restore_backup", Failure(code=look.code or "RestoreFailed", message=words))
    found = yield from _claimed(run, look)
    if found.unfit is not None:
        raise StepFailedError("restore_backup", Failure(code="RestoredDiskUnfit", message=found.unfit))
    run.backup = chosen(run).model_copy(update={"restored_disk_id": run.copy_id})


def _begin(run: Run) -> Steps[task.Task[Any]]:
    backup, now = chosen(run), moment(run.ctx)
    run.touched = True
    job = BeginRestore(**run.subject.model_dump(), backup=backup, location=run.means.location, not_before=now)
    try:
        begun = yield from step(run.ctx, activity.begin_restore, job)
    except StepFailedError as failed:
        if failed.failure.transient or failed.failure.kind == "crashed":
            why = "nobody can tell whether Azure Backup began a restore: look for its job, and for a disk that it made"
            run.leave(backup.item_id or run.job.vm_id, why)
        raise
    run.restore = _watch(run, backup.vault_id or "", begun)
    return run.restore


def _watch(run: Run, vault_id: str, begun: RestoreBegun) -> task.Task[Any]:
    watching = f"{run.job.repair_id}:restore"
    watch = RestoreWatch(
        **run.subject.model_dump(), vault_id=vault_id, begun=begun, give_up_at=moment(run.ctx) + PATIENCE
    )
    run.show(watching=watching)
    return branch(run.ctx, watch_restore, watch, watching)


def still_failing(run: Run) -> Steps[None]:
    """A restore takes long, and a VM that recovered meanwhile would lose what it wrote since the recovery point.

    The first verdict stays: what is undone, and compared before the swap, is the VM as it was found first.
    """
    first = run.verdict
    survey = yield from read_vm(run)
    evidence = yield from read_boot_evidence(run)
    verdict = yield from decide(run, survey, evidence)
    run.verdict = first
    if verdict.kind != "go":
        raise RepairEndedError("rolled_back", f"the VM changed while its backup was restored: {verdict.reason}")


def settle_restore(run: Run) -> Steps[None]:
    """Waits for a restore that is no longer wanted, so that the disk that it still makes is ours to delete."""
    if run.restore is None or run.restored:
        return
    try:
        look = yield from joined(run.restore, "restore_backup", RestoreLook)
        _note(run, look)
        yield from _claimed(run, look)
    except StepFailedError as failed:
        why = f"what Azure Backup's restore left could not be looked for: {failure_words(failed)}"
        run.leave(chosen(run).item_id or run.job.vm_id, why)


def _claimed(run: Run, look: RestoreLook) -> Steps[RestoredDisks]:
    """The disks that the job made, each with our tag. Noted before they are tagged: one that cannot be is a leftover."""
    if look.job_id is None:
        return RestoredDisks()
    job = FindRestored(**run.subject.model_dump(), job_id=look.job_id, means=run.means)
    found = yield from step(run.ctx, activity.find_restored, job)
    run.restored = tuple(disk.id for disk in found.disks)
    for disk_id in run.restored:
        claim = ClaimRestored(**run.subject.model_dump(), disk_id=disk_id, job_id=look.job_id)
        yield from done(run.ctx, activity.begin_claim, claim)
    return found


def _note(run: Run, look: RestoreLook) -> None:
    """The job, for the report; and what it wrote into the staging account, which is not ours to delete."""
    backup = chosen(run)
    run.backup = backup.model_copy(update={"job_id": look.job_id})
    if look.staging_container is not None and backup.staging_id is not None:
        container = f"{backup.staging_id}/blobServices/default/containers/{look.staging_container}"
        why = "Azure Backup wrote the VM's configuration there when it restored the disk"
        until = moment(run.ctx) + timedelta(days=run.job.policy.keep_original_days)
        if all(kept.resource_id != container for kept in run.kept):
            run.kept.append(Kept(resource_id=container, why=why, until=until))


def watch_restore(ctx: task.OrchestrationContext, wire: dict[str, Any]) -> Steps[Any]:
    """Looks at a restore until it ended; how it ended is its answer, a restore that failed too."""
    watch = RestoreWatch.model_validate(wire)
    for _ in range(LOOKS_BEFORE_RENEWAL):
        yield ctx.create_timer(timedelta(seconds=watch.next_look_in))
        try:
            look = yield from step(ctx, activity.look_at_restore, watch)
        except StepFailedError as failed:
            return Answer(failure=failed.failure).model_dump(mode="json")
        if look.state != "running":
            return Answer(value=look.model_dump(mode="json")).model_dump(mode="json")
        if moment(ctx) >= watch.give_up_at:
            words = f"the restore has not ended, and was waited for until {watch.give_up_at:%Y-%m-%d %H:%MZ}"
            return Answer(failure=Failure(code="RestoreTimedOut", message=words)).model_dump(mode="json")
        begun = watch.begun.model_copy(update={"job_id": look.job_id or watch.begun.job_id})
        watch = watch.model_copy(update={"begun": begun, "next_look_in": max(60.0, look.retry_after or 0)})
    ctx.continue_as_new(watch.model_dump(mode="json"))
    return None


def chosen(run: Run) -> BackupReport:
    if run.backup is None or not run.backup.found:
        raise RuntimeError("a backup is restored after one was found")
    return run.backup


def _what_is_lost(backup: BackupReport) -> str:
    when = f"{backup.taken_at:%Y-%m-%d %H:%MZ}" if backup.taken_at else "an unknown time"
    return f"its OS disk is that of {when}, what was written to it since is on the original disk"
