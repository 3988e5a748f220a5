"""Phase collect: the VM still stops, so the memory dump of that crash is looked for, on new copies of its disks.

Undo: `clean_up` deletes the copies; `put_back` gives the VM its own disk again.
"""

from datetime import timedelta

from activities import collect as activity
from activities import source, workshop
from bootmend.models.dump import DumpFile, DumpReport, JudgedDump
from bootmend.models.guest import GuestFacts
from bootmend.models.jobs import COPY_LUN, BeginUpload, DiskCopy, JudgeDump, ReadUpload
from orchestrators.dump_room import MOST_DATA_DISKS, further_copy, inspected, made_and_attached
from orchestrators.inspect import script_ended
from orchestrators.rebuild import start_source
from orchestrators.run import Run, runbook_step
from orchestrators.step import StepFailedError, Steps, moment, step
from orchestrators.verify import verify_boot
from orchestrators.waiting import done

UPLOADS = 3
"""How often an upload is begun. Each goes on where the one before was broken off."""
REST = timedelta(minutes=2)
"""Between them: a repair VM that went down needs its agent back."""


def collect(run: Run) -> Steps[bool]:
    """Leaves in `run.dump` the dump, or what is known of its absence. True if the VM booted on a further start after all.

    A dump that was written into a page file becomes MEMORY.DMP on a later boot only: without one the VM is started again with
    collection on, as often as the policy's `crash_attempts` allows.
    """
    run.enter("collect")
    for attempt in range(run.job.policy.crash_attempts + 1):
        if attempt > 0:
            watch = yield from start_source(run)
            verdict = yield from verify_boot(run, watch)
            if verdict.kind == "booted":
                return True
        copies = yield from copy_failed_disk(run, attempt)
        judged = yield from find_dump(run, copies, attempt + 1)
        run.dump = judged.report
        if run.dump.found:
            yield from _secure(run, judged, copies)
            return False
        for copy in copies:
            yield from done(run.ctx, workshop.begin_detach, copy)
    return False


def _secure(run: Run, judged: JudgedDump, copies: list[DiskCopy]) -> Steps[None]:
    """Uploads the dump; where there is no storage account, or it cannot be done, the copy that holds it is kept."""
    why = "no storage account is configured that could take it"
    if run.means.takes_dumps and judged.file is not None:
        try:
            run.dump = yield from upload_dump(run, judged.report, judged.file)
        except StepFailedError as failed:
            why = f"it could not be uploaded: {failed.failure.message}"
        else:
            run.keep_evidence(run.dump.evidence or "")
            return
    holding = next(copy for copy in copies if copy.lun == judged.report.lun)
    run.further_copies.remove(holding)
    run.further_copies.append(holding.model_copy(update={"keep": True}))
    run.dump = judged.report.model_copy(
        update={"why": f"{judged.report.why}; {why}, so the disk that holds it is kept"}
    )


@runbook_step
def copy_failed_disk(run: Run, attempt: int) -> Steps[list[DiskCopy]]:
    """Copies of the OS disk that failed, and of the data disks if DumpFile names one, attached to the repair VM."""
    yield from done(run.ctx, source.begin_deallocate, run.subject)
    copies = [further_copy(run, run.copy_id, f"f{attempt}", COPY_LUN)]
    dump = run.plan.dump if run.plan else None
    if dump is not None and dump.letter is not None and run.survey is not None:
        disks = [disk.id for disk in run.survey.vm.data_disks if disk.id is not None][:MOST_DATA_DISKS]
        copies += [further_copy(run, disk_id, f"f{attempt}d{lun}", lun) for lun, disk_id in enumerate(disks, start=1)]
    for copy in copies:
        yield from made_and_attached(run, copy)
    return copies


@runbook_step
def find_dump(run: Run, copies: list[DiskCopy], looks: int) -> Steps[JudgedDump]:
    """Only a whole dump whose time fits a crash after the last start counts."""
    found: list[GuestFacts] = []
    for copy in copies:
        found.append((yield from inspected(run, copy)))
    started = run.boots[-1].started_at
    job = JudgeDump(facts=tuple(found), not_before=started, not_after=moment(run.ctx), looks=looks)
    return (yield from step(run.ctx, activity.judge_dump, job))


@runbook_step
def upload_dump(run: Run, report: DumpReport, file: DumpFile) -> Steps[DumpReport]:
    """From the guest straight to the evidence store; its length and checksum are proved there.

    What is interrupted or fails is begun again under another name: a run command that ended is not begun twice by its own.
    """
    for attempt in range(1, UPLOADS):
        try:
            return (yield from _sent(run, report, file, attempt))
        except StepFailedError:
            yield run.ctx.create_timer(REST)
    return (yield from _sent(run, report, file, UPLOADS))


def _sent(run: Run, report: DumpReport, file: DumpFile, attempt: int) -> Steps[DumpReport]:
    subject = run.subject.model_dump()
    job = BeginUpload(**subject, name=f"upload-{attempt}", means=run.means, file=file, at=moment(run.ctx))
    begun = yield from step(run.ctx, activity.begin_upload, job)
    look = yield from script_ended(run, job.name, begun)
    proof = ReadUpload(**subject, report=report, file=file, output=look.output)
    return (yield from step(run.ctx, activity.read_upload, proof))
