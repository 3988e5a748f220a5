"""Azure Backup: looks for a recovery point, restores its OS disk beside the VM, and makes the restored disk ours."""

from typing import TYPE_CHECKING

from activities.wiring import azure
from bootmend import names
from bootmend.arm.errors import ArmError, NotFound, Transient
from bootmend.arm.records import RestoreOrder
from bootmend.backup import from_before_the_failure, why_unfit
from bootmend.models.azure import Operation
from bootmend.models.backup import BackupReport, RestoreBegun, RestoreLook
from bootmend.models.restore import BeginRestore, ClaimRestored, FindBackup, FindRestored, RestoredDisks, RestoreWatch
from bootmend.settings import settings

if TYPE_CHECKING:
    from bootmend.arm.backup import Backups


def _backups(vm_id: str) -> "Backups":
    from bootmend.arm.backup import Backups

    return Backups(azure(vm_id))


async def find_backup(job: FindBackup) -> BackupReport:
    """The newest point from before the failure. That there is none, or none may be seen, is a fact and no failure."""
    subscription = names.ResourceId.parse(job.vm_id).subscription
    # A vault protects VMs of its own subscription and region only (Azure Backup support matrix).
    vaults = [one for one in settings().backup_vaults if names.ResourceId.parse(one).subscription == subscription]
    if not vaults:
        return BackupReport(
            found=False, why="no vault is configured for the VM's subscription (BOOTMEND_BACKUP_VAULTS)"
        )
    unseen = []
    for vault_id in vaults:
        try:
            item_id = await _backups(job.vm_id).protected_item(vault_id, job.vm_id)
            if item_id is not None:
                return await _newest(job, vault_id, item_id)
        except Transient:
            raise
        except ArmError as error:
            unseen.append(f"vault {names.ResourceId.parse(vault_id).name} could not be read: {error.message[:400]}")
    why = "; ".join(unseen) or "no configured vault protects the VM"
    return BackupReport(found=False, why=why)


async def _newest(job: FindBackup, vault_id: str, item_id: str) -> BackupReport:
    points = await _backups(job.vm_id).recovery_points(vault_id, item_id)
    chosen = from_before_the_failure(points, job.at)
    known = BackupReport(found=False, why="", vault_id=vault_id, item_id=item_id)
    if isinstance(chosen, str):
        return known.model_copy(update={"why": chosen})
    staging = settings().restore_staging.get(job.location)
    told = {"point_id": chosen.id, "taken_at": chosen.taken_at, "consistency": chosen.consistency}
    if staging is None:
        why = f"a recovery point is there, but no staging account is configured for region {job.location}"
        return known.model_copy(update={**told, "why": f"{why} (BOOTMEND_RESTORE_STAGING)"})
    why = f"the newest recovery point that was taken while Windows ran ({chosen.consistency})"
    return known.model_copy(update={**told, "found": True, "why": why, "staging_id": staging})


async def begin_restore(job: BeginRestore) -> RestoreBegun:
    """Begun once, however often it is called: a restore of this VM that began since `not_before` is this one."""
    backup = job.backup
    if backup.vault_id is None or backup.item_id is None or backup.point_id is None or backup.staging_id is None:
        raise ValueError("only a backup that was found can be restored")
    order = RestoreOrder(
        vm_id=job.vm_id,
        vault_id=backup.vault_id,
        item_id=backup.item_id,
        point_id=backup.point_id,
        staging_id=backup.staging_id,
        location=job.location,
        not_before=job.not_before,
    )
    return await _backups(job.vm_id).begin_restore(order)


async def look_at_restore(job: RestoreWatch) -> RestoreLook:
    try:
        return await _backups(job.vm_id).look(job.vault_id, job.begun)
    except NotFound as error:
        # Azure Backup shows a job some time after its operation named it.
        raise Transient(error.message, error.code, error.status, retry_after=15) from error


async def find_restored(job: FindRestored) -> RestoredDisks:
    """What the restore made, and whether it can become the VM's OS disk."""
    group_id = names.ResourceId.parse(job.vm_id).group_id
    disks = await _backups(job.vm_id).restored_disks(group_id, job.job_id)
    return RestoredDisks(disks=disks, unfit=why_unfit(disks, job.means))


async def begin_claim(job: ClaimRestored) -> Operation:
    """Puts our tags on a restored disk: from then on it is swept, untagged or deleted like all that a repair made."""
    tags = names.our_tags(job.repair_id, "restored", job.vm_id)
    return await _backups(job.vm_id).begin_claim(job.disk_id, tags, job.job_id)
