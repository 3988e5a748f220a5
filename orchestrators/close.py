"""Phase close, and the undo of everything before: the VM as found, nothing left behind unlisted, the report."""

from collections.abc import Iterator
from datetime import timedelta

from activities import close as activity
from activities import source as source_activity
from activities import workshop
from bootmend.models.answer import Failure, FailureKind
from bootmend.models.jobs import Account, Delete, RepairVmMade, SourceNow, WriteReport
from bootmend.models.repair import Kept
from bootmend.models.report import BootReport, Report
from bootmend.names import ResourceId, copy_id, parts_of_repair_vm, repair_vm_id, same_id, snapshot_id
from orchestrators.backup import settle_restore
from orchestrators.notify import tell
from orchestrators.rebuild import swap
from orchestrators.run import Ending, Run, runbook_step
from orchestrators.step import StepFailedError, Steps, joined, moment, step
from orchestrators.waiting import done

REPORT = "report.json"
SETTLE_WAIT = timedelta(seconds=30)
BOOTED = {"repaired", "restored_from_backup"}
"""Outcomes after which the VM runs with the disk that this repair gave it."""
PATIENCE = 40
"""Attempts for what must not be given up lightly: putting back and cleaning up, some half an hour of waiting."""


@runbook_step
def put_back(run: Run) -> Steps[None]:
    """The source with its own OS disk, in the power state in which it was found. Looks at what is there, not at what was meant.

    A disk that is neither ours nor the original was put there by a person meanwhile: it is left alone, and so is the VM's power.
    """
    now = yield from _settled(run)
    if not now.exists:
        failure = Failure(code="VmGone", kind="not_found", message="the VM was deleted while it was repaired")
        raise StepFailedError("put_back", failure)
    if same_id(now.os_disk_id, run.copy_id):
        now = yield from _swap_back(run, now)
    if not same_id(now.os_disk_id, run.means.os_disk_id):
        words = f"the VM's OS disk is {now.os_disk_id}: somebody else changed it, so it was left alone"
        raise StepFailedError("put_back", Failure(code="OsDiskChanged", kind="changed", message=words))
    if run.means.was_running and now.power in {"deallocated", "stopped"}:
        # A host for the VM may be wanting only for a moment: it was there when the repair began.
        again: tuple[FailureKind, ...] = ("busy", "no_capacity")
        yield from done(run.ctx, source_activity.begin_start, run.subject, attempts=PATIENCE, again=again)
        now = yield from step(run.ctx, source_activity.read_source, run.subject, attempts=PATIENCE)
    if not same_id(now.os_disk_id, run.means.os_disk_id):
        words = f"the VM was put back, yet its OS disk is {now.os_disk_id}"
        raise StepFailedError("put_back", Failure(code="OsDiskChanged", kind="changed", message=words))


def _settled(run: Run) -> Steps[SourceNow]:
    """The source once nothing is at work on it: a swap or a deallocation whose answer was lost may still be, and change it."""
    now = yield from step(run.ctx, source_activity.read_source, run.subject, attempts=PATIENCE)
    for _ in range(PATIENCE):
        if not now.changing:
            break
        yield run.ctx.create_timer(SETTLE_WAIT)
        now = yield from step(run.ctx, source_activity.read_source, run.subject, attempts=PATIENCE)
    return now


def _swap_back(run: Run, now: SourceNow) -> Steps[SourceNow]:
    if now.power != "deallocated":
        yield from done(run.ctx, source_activity.begin_deallocate, run.subject, attempts=PATIENCE)
        now = yield from step(run.ctx, source_activity.read_source, run.subject, attempts=PATIENCE)
    if now.mark is not None:
        yield from swap(run, run.means.os_disk_id, now.mark)
    return (yield from step(run.ctx, source_activity.read_source, run.subject, attempts=PATIENCE))


@runbook_step
def clean_up(run: Run) -> Steps[None]:
    """Deletes what this repair made and nothing else; what could not be deleted is a leftover, with the reason."""
    yield from _repair_vm_settled(run)
    yield from settle_restore(run)
    source = ResourceId.parse(run.job.vm_id)
    yield from _delete(run, repair_vm_id(source.subscription, run.means.repair_group, run.job.repair_id))
    if not run.copy_stays:
        yield from _delete(run, run.copy_id)
    for disk_id in run.restored[1:]:
        yield from _delete(run, disk_id)
    yield from _delete(run, snapshot_id(run.job.vm_id, run.job.repair_id))
    for copy in run.further_copies:
        if not copy.keep:
            yield from _delete(run, copy_id(run.job.vm_id, run.job.repair_id, copy.label))
        yield from _delete(run, snapshot_id(run.job.vm_id, run.job.repair_id, copy.label))
    yield from _untag(run)
    yield from _account(run)
    run.cleaned = True


def _repair_vm_settled(run: Run) -> Steps[None]:
    """While its creation still runs, deleting would race with the next size's attempt."""
    if run.repair_vm is None:
        return
    try:
        yield from joined(run.repair_vm, "create_repair_vm", RepairVmMade)
    except StepFailedError:
        return


def _delete(run: Run, resource_id: str) -> Steps[None]:
    job = Delete(**run.subject.model_dump(), resource_id=resource_id)
    try:
        yield from done(run.ctx, workshop.begin_delete, job, attempts=PATIENCE)
    except StepFailedError as failed:
        why = f"could not be deleted: {failed.failure.code}: {failed.failure.message}"
        for left in (resource_id, *parts_of_repair_vm(resource_id)):
            run.leave(left, why)


def _untag(run: Run) -> Steps[None]:
    """A disk that stays is no longer ours: no sweep may ever count it."""
    staying = [run.copy_id] if run.copy_stays else []
    for disk_id in [*staying, *holding_copies(run)]:
        try:
            yield from done(run.ctx, workshop.begin_untag, Delete(**run.subject.model_dump(), resource_id=disk_id))
        except StepFailedError as failed:
            run.leave(disk_id, f"still bears our tag: {failed.failure.message}")


def holding_copies(run: Run) -> list[str]:
    """Copies that hold a dump which was not uploaded."""
    return [copy_id(run.job.vm_id, run.job.repair_id, copy.label) for copy in run.further_copies if copy.keep]


def _account(run: Run) -> Steps[None]:
    """Asks Azure what still bears this repair's tag: whatever is neither kept nor listed already is listed."""
    job = Account(**run.subject.model_dump(), repair_group=run.means.repair_group)
    try:
        found = yield from step(run.ctx, activity.account, job)
    except StepFailedError as failed:
        run.leave(run.job.vm_id, f"could not look for what is left: {failed.failure.message}")
        return
    listed = {left.resource_id.lower() for left in run.status.leftovers} | {
        kept.resource_id.lower() for kept in run.kept
    }
    for resource_id in found.resource_ids:
        if resource_id.lower() not in listed:
            run.leave(resource_id, "is still there although its deletion was accepted")


def close(run: Run, ending: Ending) -> Steps[Report]:
    """Cleans up what was made, writes the report, shows the outcome."""
    run.enter("close")
    keep(run, ending)
    if run.touched and not run.cleaned:
        yield from clean_up(run)
    report = yield from write_report(run, ending)
    yield from notify(run, ending)
    run.show(phase="done", outcome=ending.outcome, percent=100, cancellable=False)
    return report


def keep(run: Run, ending: Ending) -> None:
    """Lists what stays on purpose."""
    listed = {kept.resource_id for kept in run.kept}
    run.kept.extend(kept for kept in _kept(run, ending) if kept.resource_id not in listed)


def _kept(run: Run, ending: Ending) -> Iterator[Kept]:
    until = moment(run.ctx) + timedelta(days=run.job.policy.keep_original_days)
    if ending.outcome in BOOTED or run.copy_in_place:
        yield Kept(
            resource_id=run.means.os_disk_id,
            why="the OS disk as it was before the repair: swap it in to undo",
            until=until,
        )
    if run.ran and ending.outcome not in BOOTED:
        yield Kept(resource_id=run.copy_id, why="the VM ran with it, so it holds what was written since", until=until)
    for disk_id in holding_copies(run):
        yield Kept(resource_id=disk_id, why="it holds the memory dump, which was not uploaded", until=until)


@runbook_step
def notify(run: Run, ending: Ending) -> Steps[None]:
    """Only begins to tell: a receiver that is away must not hold up the end."""
    tell(run, "repair.finished", reason=ending.reason, outcome=ending.outcome)
    yield from ()


@runbook_step
def write_report(run: Run, ending: Ending) -> Steps[Report]:
    """The report is this orchestration's result, whether or not it could be stored beside the evidence."""
    stored = (*run.status.evidence, REPORT, activity.PAGE)
    report = _report(run, ending).model_copy(update={"evidence": stored})
    try:
        found = yield from step(run.ctx, activity.write_report, WriteReport(name=REPORT, report=report))
    except StepFailedError as failed:
        words = f"{ending.reason}; the report could not be stored beside the evidence: {failed.failure.message}"
        return _report(run, Ending(ending.outcome, words))
    run.keep_evidence(*found.names)
    return report.model_copy(update={"evidence": run.status.evidence})


def _report(run: Run, ending: Ending) -> Report:
    return Report(
        id=run.job.repair_id,
        vm_id=run.job.vm_id,
        outcome=ending.outcome,
        reason=ending.reason,
        diagnosis=run.diagnosis,
        backup=run.backup,
        plan=run.verdict.plan if run.verdict and ending.outcome == "planned" else (),
        steps=run.steps_so_far(),
        transcripts=tuple(run.transcripts),
        fix=run.fix,
        dump=run.dump,
        ticket=run.ticket,
        boot=BootReport(attempts=tuple(run.boots)),
        checkpoints=tuple(run.checkpoints),
        evidence=run.status.evidence,
        leftovers=run.status.leftovers,
        kept=tuple(run.kept),
        started_at=run.began_at,
        finished_at=moment(run.ctx),
    )
