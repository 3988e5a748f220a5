"""Phase prepare: the source deallocated, a copy of its OS disk, a repair VM with the copy attached.

Undo, all of it: `put_back` starts the source again if it was running; `clean_up` deletes repair VM, copy and snapshot.
"""

from typing import Any

from durabletask import task

from activities import source as source_activity
from activities import workshop as activity
from bootmend.models.answer import Answer, Failure
from bootmend.models.azure import SourceMark
from bootmend.models.jobs import BeginRepairVm, Delete, DiskCopy, Prepare, RepairVmMade
from bootmend.names import ResourceId, repair_vm_id
from orchestrators.run import Run, runbook_step
from orchestrators.step import StepFailedError, Steps, branch, joined, step
from orchestrators.waiting import done


def prepare(run: Run) -> Steps[None]:
    """The repair VM takes longest, so it is begun first and waited for last."""
    run.enter("prepare")
    run.touched = True
    begin_repair_vm(run)
    yield from deallocate_source(run)
    yield from snapshot_os_disk(run)
    yield from copy_os_disk(run)
    yield from create_repair_vm(run)
    yield from attach_copy(run)


def begin_repair_vm(run: Run) -> None:
    run.begin_early("create_repair_vm")
    run.repair_vm = branch(run.ctx, make_repair_vm, preparation(run))


@runbook_step
def deallocate_source(run: Run) -> Steps[SourceMark]:
    """Before the snapshot: what the VM wrote since would be lost otherwise. A VM found deallocated is left so."""
    if run.means.was_running:
        yield from done(run.ctx, source_activity.begin_deallocate, run.subject)
    now = yield from step(run.ctx, source_activity.read_source, run.subject)
    if now.mark is None or now.mark.power != "deallocated":
        failure = Failure(
            code="NotDeallocated", kind="changed", message=f"the VM is {now.power} after it was deallocated"
        )
        raise StepFailedError("deallocate_source", failure)
    if now.mark.os_disk_id.lower() != run.means.os_disk_id.lower():
        words = (
            f"the VM's OS disk is {now.mark.os_disk_id} now, it was {run.means.os_disk_id} when the VM was diagnosed"
        )
        raise StepFailedError("deallocate_source", Failure(code="OsDiskChanged", kind="changed", message=words))
    run.mark = now.mark
    return now.mark


@runbook_step
def snapshot_os_disk(run: Run) -> Steps[None]:
    yield from done(run.ctx, activity.begin_snapshot, os_disk_copy(run))


@runbook_step
def copy_os_disk(run: Run) -> Steps[None]:
    yield from done(run.ctx, activity.begin_copy, os_disk_copy(run))


@runbook_step
def create_repair_vm(run: Run) -> Steps[RepairVmMade]:
    if run.repair_vm is None:
        raise RuntimeError("the repair VM is begun by prepare")
    return (yield from joined(run.repair_vm, "create_repair_vm", RepairVmMade))


@runbook_step
def attach_copy(run: Run) -> Steps[None]:
    """After the repair VM exists: attached at its creation, it may boot from the copy."""
    yield from done(run.ctx, activity.begin_attach, os_disk_copy(run))


def make_repair_vm(ctx: task.OrchestrationContext, wire: dict[str, Any]) -> Steps[Any]:
    """Orchestrator: makes the repair VM in the first size that can be had. What a failed attempt left is deleted first."""
    job = Prepare.model_validate(wire)
    wanting: list[str] = []
    for size in job.means.repair_sizes:
        try:
            yield from done(ctx, activity.begin_repair_vm, BeginRepairVm(**job.model_dump(), size=size))
        except StepFailedError as failed:
            if failed.failure.kind != "no_capacity":
                return Answer(failure=failed.failure).model_dump(mode="json")
            wanting.append(f"{size}: {failed.failure.code}")
        else:
            return Answer(value=RepairVmMade(size=size).model_dump(mode="json")).model_dump(mode="json")
        try:
            yield from done(ctx, activity.begin_delete, _repair_vm(job))
        except StepFailedError as failed:
            return Answer(failure=failed.failure).model_dump(mode="json")
    failure = Failure(
        code="NoRepairVm", kind="no_capacity", message="no repair VM could be made: " + "; ".join(wanting)
    )
    return Answer(failure=failure).model_dump(mode="json")


def os_disk_copy(run: Run) -> DiskCopy:
    """The copy that is repaired and swapped in."""
    means = run.means
    return DiskCopy(**run.subject.model_dump(), means=means, disk_id=means.os_disk_id, sku=means.os_disk_sku)


def preparation(run: Run) -> Prepare:
    return Prepare(**run.subject.model_dump(), means=run.means)


def _repair_vm(job: Prepare) -> Delete:
    subscription = ResourceId.parse(job.vm_id).subscription
    resource_id = repair_vm_id(subscription, job.means.repair_group, job.repair_id)
    return Delete(repair_id=job.repair_id, vm_id=job.vm_id, resource_id=resource_id)
