"""Azure Backup as far as a restore needs it: protected items, recovery points, RestoreDisks, jobs."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from sandbox.azure.account import Account
from sandbox.azure.compute.disk import Disk
from sandbox.azure.compute.machine import Machine
from sandbox.azure.errors import ArmError, invalid
from sandbox.azure.operations import Doom
from sandbox.azure.recovery_vault import Point, ProtectedVm, RestoreJob, Vault, ago
from sandbox.azure.wire import Call, Reply, parse_id
from sandbox.azure.world import BackupSpec, SourceSpec
from sandbox.windows import SourceWindows, build_os_disk

_RESTORE = (
    "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints/restore/action"
)
_STARTED = re.compile(r"startTime eq '([^']+)'", re.IGNORECASE)
_FIRST_POINT = 20_982_486_783_671


class RecoveryService:
    """Answers for Microsoft.RecoveryServices. There is one vault, that of the world's spec."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._vault = Vault(account.spec.vault_id)

    def protect(self, machine: Machine, source: SourceSpec) -> None:
        """The VM has been protected for long; its points are those of the scenario. Without any it is not protected."""
        spec, disk = source.backup, self._account.disks[machine.os_disk.disk_id.lower()]
        if not spec.recovery_points_hours_ago:
            return
        home = f"{self._vault.id}/backupFabrics/Azure/protectionContainers/IaasVMContainer;iaasvmcontainerv2"
        name = f"{machine.group.lower()};{machine.name.lower()}"
        item = ProtectedVm(f"{home};{name}/protectedItems/VM;iaasvmcontainerv2;{name}", machine, _remembered(disk))
        hours = sorted(spec.recovery_points_hours_ago)
        item.points = tuple(self._point(number, old, source, disk) for number, old in enumerate(hours))
        self._vault.items[item.item_id.lower()] = item

    def items(self, call: Call) -> Reply:
        self._known_vault(call)
        return Reply(200, {"value": [item.shape() for item in self._vault.items.values()]})

    def points(self, call: Call) -> Reply:
        item = self._item(call)
        return Reply(200, {"value": [point.shape(item.item_id) for point in item.points]})

    def restore(self, call: Call) -> Reply:
        """202: the operation's status names a job soon, and the job makes the disk."""
        item = self._item(call)
        point = next((point for point in item.points if point.id == call.parts["point"]), None)
        if point is None:
            raise ArmError(404, "UserErrorRecoveryPointNotFound", "The recovery point was not found.")
        staging = self._checked(call, item)
        now, account = self._account.now(), self._account
        shows = timedelta(seconds=account.durations.draw("restore_begins", item.machine.group))
        job = RestoreJob(account.unique(), account.unique(), item, now, staging, now + shows)
        self._vault.jobs[job.id] = job
        doom, account.operations.doom = account.operations.doom, None
        seconds = shows.total_seconds() + account.durations.draw("restore_disk", item.machine.group)
        account.clock.call_after(seconds, lambda: self._end(job, point, doom), f"restore {item.machine.name}")
        status = f"{call.origin}{item.item_id}/operationsStatus/{job.operation}?api-version={call.query['api-version']}"
        result = status.replace("/operationsStatus/", "/operationResults/")
        return Reply(202, None, {"Azure-AsyncOperation": status, "Location": result, "Retry-After": "60"})

    def operation(self, call: Call) -> Reply:
        job = next((job for job in self._vault.jobs.values() if job.operation == call.parts["operation"]), None)
        if job is None:
            raise ArmError(404, "OperationNotFound", "The operation was not found.")
        return Reply(200, job.operation_shape(self._account.now()))

    def job(self, call: Call) -> Reply:
        self._known_vault(call)
        job = self._vault.jobs.get(call.parts["job"])
        if job is None or self._account.now() < job.shows_at:
            raise ArmError(404, "JobNotFound", "The job was not found.")
        return Reply(200, job.shape(self._vault.id))

    def jobs(self, call: Call) -> Reply:
        """Backup Jobs - List; of its filter only the time of start is heeded."""
        self._known_vault(call)
        wanted = _STARTED.search(call.query.get("$filter", ""))
        since = datetime.strptime(f"{wanted[1]} +0000", "%Y-%m-%d %I:%M:%S %p %z") if wanted else None
        shown = [job.shape(self._vault.id) for job in self._vault.jobs.values() if since is None or job.began >= since]
        return Reply(200, {"value": shown})

    def _point(self, number: int, hours: float, source: SourceSpec, disk: Disk) -> Point:
        """A snapshot with the guest's help needs a Windows that runs; what is on the disk is another matter."""
        spec, now = source.backup, self._account.now()
        content = disk.content.clone() if disk.content is not None else None
        if content is not None and hours > damaged_hours_ago(spec):
            content = build_os_disk(source.vm, _well(source.windows), now=now)
        consistency = "AppConsistent" if hours > spec.failed_hours_ago else "CrashConsistent"
        return Point(str(_FIRST_POINT - number), ago(now, hours), consistency, content)

    def _checked(self, call: Call, item: ProtectedVm) -> str:
        """The staging account. What the request names needs rights of its own (Azure Backup, role-based access control)."""
        body = call.json().get("properties") or {}
        if (body.get("objectType"), body.get("recoveryType")) != ("IaasVMRestoreRequest", "RestoreDisks"):
            raise invalid("recoveryType", "Only an IaasVMRestoreRequest with RestoreDisks is served here.")
        if body.get("recoveryPointId") != call.parts["point"] or body.get("restoreDiskLunList") != []:
            raise invalid("restoreDiskLunList", "Only the OS disk of the point in the URL is restored here.")
        if (
            str(body.get("sourceResourceId", "")).lower() != item.machine.key
            or body.get("region") != item.machine.location
        ):
            raise invalid("sourceResourceId", "Source and region must be those of the protected VM.")
        group, staging = str(body["targetResourceGroupId"]), str(body["storageAccountId"])
        if group.lower() != self._account.spec.group_id(item.machine.group).lower():
            raise invalid("targetResourceGroupId", "Disks are restored here into the VM's own group.")
        require = self._account.assignments.require_linked
        require("Microsoft.Resources/subscriptions/resourceGroups/write", group, while_doing=_RESTORE, on=item.item_id)
        require(
            "Microsoft.Storage/storageAccounts/write", parse_id(staging).text, while_doing=_RESTORE, on=item.item_id
        )
        return staging

    def _end(self, job: RestoreJob, point: Point, doom: Doom | None) -> None:
        with self._account.lock:
            job.ended = self._account.now()
            if doom is not None:
                job.end_badly(doom)
                return
            disk = self._restored(job, point)
            self._account.disks[disk.key] = disk

    def _restored(self, job: RestoreJob, point: Point) -> Disk:
        """Its name and its tag tell where it comes from; zone, size and kind are those of the disk that was protected."""
        name = f"{job.item.machine.name.lower()}-osdisk-{job.began:%Y%m%d-%H%M%S}"
        return replace(
            job.item.os_disk,
            id=self._account.spec.compute_id(job.item.machine.group, "disks", name),
            name=name,
            creation={"createOption": "Restore", "sourceResourceId": f"{job.item.item_id}/recoveryPoints/{point.id}"},
            created_at=self._account.now(),
            unique_id=self._account.unique(),
            content=point.content.clone() if point.content is not None else None,
            tags={"RSVaultBackup": job.id},
            made_by_caller=True,
        )

    def _item(self, call: Call) -> ProtectedVm:
        self._known_vault(call)
        parts = call.parts
        wanted = f"{self._vault.id}/backupFabrics/Azure/protectionContainers/{parts['container']}/protectedItems/{parts['item']}"
        item = self._vault.items.get(wanted.lower())
        if item is None:
            raise ArmError(404, "BMSUserErrorProtectedItemNotFound", "The protected item was not found.")
        return item

    def _known_vault(self, call: Call) -> None:
        if not self._vault.id.lower().endswith(f"/vaults/{call.parts['vault']}".lower()):
            raise ArmError(404, "ResourceNotFound", f"The vault '{call.parts['vault']}' was not found.")


def damaged_hours_ago(spec: BackupSpec) -> float:
    """Since when the disk is damaged: points that are younger hold the damage. It may show only at the next boot."""
    return spec.failed_hours_ago if spec.damaged_hours_ago is None else spec.damaged_hours_ago


def _well(windows: SourceWindows) -> SourceWindows:
    """The same Windows before anything was wrong with it."""
    return replace(windows, fault="none", trouble=(), memory_dump="none")


def _remembered(disk: Disk) -> Disk:
    """The disk's model alone, free of any VM."""
    return replace(disk, content=None, managed_by=None, state="Unattached", owned_at=None, tags={})
