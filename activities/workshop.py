"""Effects on what a repair makes for itself: snapshot, copy, repair VM. Names derive from the repair's id, tags say whose it is."""

import secrets

from activities.wiring import azure
from bootmend import names
from bootmend.arm.records import CopyOrder, RepairVmOrder, SnapshotOrder
from bootmend.models.azure import Operation
from bootmend.models.jobs import BeginRepairVm, BeginUpload, Delete, DiskCopy, GuestScript, Prepare


async def begin_snapshot(job: DiskCopy) -> Operation:
    """A full snapshot of the disk, on premium storage where the disk is: it is read faster afterwards."""
    order = SnapshotOrder(
        id=names.snapshot_id(job.vm_id, job.repair_id, job.label),
        source_disk_id=job.disk_id,
        location=job.means.location,
        disk_sku=job.sku,
        tags=names.our_tags(job.repair_id, "snapshot", job.vm_id),
    )
    return await azure(job.vm_id).begin_snapshot(order)


async def begin_copy(job: DiskCopy) -> Operation:
    """A disk from the snapshot, of the original's kind and in its zone: it is to replace it."""
    order = CopyOrder(
        id=names.copy_id(job.vm_id, job.repair_id, job.label),
        snapshot_id=names.snapshot_id(job.vm_id, job.repair_id, job.label),
        location=job.means.location,
        zone=job.means.zone,
        sku=job.sku,
        tags=names.our_tags(job.repair_id, "copy", job.vm_id),
    )
    return await azure(job.vm_id).begin_copy(order)


async def begin_repair_vm(job: BeginRepairVm) -> Operation:
    """The admin password is random and known to nobody: nothing signs in to a repair VM."""
    order = RepairVmOrder(
        id=repair_vm(job),
        location=job.means.location,
        zone=job.means.zone,
        size=job.size,
        image=job.means.repair_image,
        security_type=job.means.security_type,
        subnet_id=job.means.subnet_id,
        admin_username="bootmend",
        tags=names.our_tags(job.repair_id, "repair-vm", job.vm_id),
    )
    return await azure(job.vm_id).begin_repair_vm(order, secrets.token_urlsafe(32) + "aA1!")


async def begin_attach(job: DiskCopy) -> Operation:
    copy = names.copy_id(job.vm_id, job.repair_id, job.label)
    return await azure(job.vm_id).begin_attach(repair_vm(job), copy, job.lun)


async def begin_detach(job: DiskCopy) -> Operation:
    return await azure(job.vm_id).begin_detach(repair_vm(job), names.copy_id(job.vm_id, job.repair_id, job.label))


async def begin_delete(job: Delete) -> Operation:
    """Deletes what bears our tag and this repair's id; already gone is success."""
    return await azure(job.vm_id).begin_delete(job.resource_id, job.repair_id)


async def begin_untag(job: Delete) -> Operation:
    """Takes our tags off a disk that stays."""
    return await azure(job.vm_id).begin_untag_disk(job.resource_id, job.repair_id)


def repair_vm(job: Prepare | GuestScript | BeginUpload) -> str:
    subscription = names.ResourceId.parse(job.vm_id).subscription
    return names.repair_vm_id(subscription, job.means.repair_group, job.repair_id)
