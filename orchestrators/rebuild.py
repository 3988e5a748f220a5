"""Phase rebuild: the repaired copy becomes the VM's OS disk, and the VM is started. Undo: `put_back`."""

from datetime import timedelta

from activities import source as activity
from activities import workshop
from bootmend.models.answer import Failure
from bootmend.models.azure import SourceMark
from bootmend.models.boot import BootWatch
from bootmend.models.jobs import BeginSwap
from orchestrators.prepare import os_disk_copy
from orchestrators.run import Run, runbook_step
from orchestrators.step import StepFailedError, Steps, moment, step
from orchestrators.waiting import done


def rebuild(run: Run) -> Steps[BootWatch]:
    """Ends with what to look for: from when, and past which offset of the serial log."""
    run.enter("rebuild")
    yield from detach_copy(run)
    yield from swap_os_disk(run)
    return (yield from start_source(run))


@runbook_step
def detach_copy(run: Run) -> Steps[None]:
    yield from done(run.ctx, workshop.begin_detach, os_disk_copy(run))


@runbook_step
def swap_os_disk(run: Run) -> Steps[None]:
    """Only if OS disk, power state and the disk's last change of owner are still those recorded after deallocation."""
    if run.mark is None:
        raise RuntimeError("the mark is made when the source is deallocated")
    run.swapped = True
    yield from swap(run, run.copy_id, run.mark)


def swap(run: Run, disk_id: str, mark: SourceMark) -> Steps[None]:
    """A request of the wrong shape succeeds silently, so the VM is read again: it must name the new disk."""
    yield from done(run.ctx, activity.begin_swap, BeginSwap(**run.subject.model_dump(), disk_id=disk_id, mark=mark))
    now = yield from step(run.ctx, activity.read_source, run.subject)
    if (now.os_disk_id or "").lower() != disk_id.lower():
        words = f"Azure accepted the swap, but the VM's OS disk is {now.os_disk_id}, not {disk_id}"
        raise StepFailedError("swap_os_disk", Failure(code="SwapNotSeen", kind="changed", message=words))


@runbook_step
def start_source(run: Run) -> Steps[BootWatch]:
    before = yield from step(run.ctx, activity.read_source, run.subject)
    run.ran = True
    look = yield from done(run.ctx, activity.begin_start, run.subject)
    now = moment(run.ctx)
    return BootWatch(
        vm_id=run.job.vm_id,
        started_at=look.started_at or now,
        serial_offset=before.serial_offset if before.serial_offset is not None else run.means.serial_offset,
        give_up_at=now + timedelta(minutes=run.means.boot_minutes),
        stable_seconds=run.means.stable_seconds,
    )
