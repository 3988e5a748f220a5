"""A Recovery Services vault: protected VMs with their recovery points, and the jobs that restore them, as Azure shows them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.azure.compute.disk import Disk
from sandbox.azure.compute.machine import Machine
from sandbox.azure.operations import Doom
from sandbox.azure.wire import Json
from sandbox.windows import WindowsDisk


@dataclass(frozen=True)
class Point:
    """A recovery point. `content` is what a disk that is restored from it holds."""

    id: str
    taken_at: datetime
    consistency: str
    content: WindowsDisk | None

    def shape(self, item_id: str) -> Json:
        """Recovery Points - List."""
        properties: Json = {
            "objectType": "IaasVMRecoveryPoint",
            "recoveryPointType": self.consistency,
            "recoveryPointTime": zulu(self.taken_at),
            "recoveryPointAdditionalInfo": "",
            "sourceVMStorageType": "PremiumVMOnPartialPremiumStorage",
            "isSourceVMEncrypted": False,
            "isInstantIlrSessionActive": False,
            "isManagedVirtualMachine": True,
            "originalStorageAccountOption": False,
            "recoveryPointTierDetails": [{"type": 1, "status": 1}, {"type": 2, "status": 1}],
        }
        return {"id": f"{item_id}/recoveryPoints/{self.id}", "name": self.id, "properties": properties}


@dataclass
class ProtectedVm:
    """A VM that the vault protects, and its OS disk as it was when protection began: restored disks resemble it."""

    item_id: str
    machine: Machine
    os_disk: Disk
    points: tuple[Point, ...] = ()

    @property
    def container(self) -> str:
        return f"iaasvmcontainerv2;{self.machine.group};{self.machine.name}"

    def shape(self) -> Json:
        """Backup Protected Items - List. Azure lower-cases parts of the ids."""
        properties: Json = {
            "protectedItemType": "Microsoft.Compute/virtualMachines",
            "backupManagementType": "AzureIaasVM",
            "workloadType": "VM",
            "friendlyName": self.machine.name,
            "virtualMachineId": self.machine.id,
            "sourceResourceId": self.machine.id,
            "protectionState": "Protected",
        }
        return {"id": self.item_id, "name": self.item_id.rsplit("/", 1)[-1], "properties": properties}


@dataclass
class RestoreJob:
    """One restore. The operation that asked for it names it once it `shows`; it ends later."""

    id: str
    operation: str
    item: ProtectedVm
    began: datetime
    staging: str
    shows_at: datetime
    ended: datetime | None = None
    error: tuple[str, str] | None = None
    ends_as: str = "Completed"

    @property
    def status(self) -> str:
        return "InProgress" if self.ended is None else self.ends_as

    def end_badly(self, doom: Doom) -> None:
        self.ends_as = "Cancelled" if doom.status == "Canceled" else "Failed"
        self.error = (doom.code, doom.message)

    def operation_shape(self, now: datetime) -> Json:
        """The operation's status: it succeeds as soon as there is a job."""
        body: Json = {"id": self.operation, "name": self.operation, "startTime": zulu(self.began)}
        if now < self.shows_at:
            return {**body, "status": "InProgress", "endTime": "0001-01-01T00:00:00Z"}
        properties = {"objectType": "OperationStatusJobExtendedInfo", "jobId": self.id}
        return {**body, "status": "Succeeded", "endTime": zulu(self.shows_at), "properties": properties}

    def shape(self, vault_id: str) -> Json:
        """Job Details - Get. The staging account's container is told when the disk is there."""
        properties: Json = {
            "jobType": "AzureIaaSVMJob",
            "entityFriendlyName": self.item.machine.name,
            "containerName": self.item.container,
            "backupManagementType": "AzureIaasVM",
            "operation": "Restore",
            "status": self.status,
            "startTime": zulu(self.began),
        }
        if self.ended is not None:
            properties["endTime"] = zulu(self.ended)
        if self.error is not None:
            code, message = self.error
            properties["errorDetails"] = [{"errorCode": code, "errorTitle": code, "errorString": message}]
        elif self.ended is not None:
            bag = {
                "Job Type": "Recover disks",
                "Target Storage Account Name": self.staging.rsplit("/", 1)[-1],
                "Config Blob Container Name": f"{self.item.machine.name.lower()}-{self.id.replace('-', '')}",
            }
            properties["extendedInfo"] = {"tasksList": [], "propertyBag": bag}
        return {"id": f"{vault_id}/backupJobs/{self.id}", "name": self.id, "properties": properties}


@dataclass
class Vault:
    """One vault. `items` by lower-cased item id, `jobs` by id."""

    id: str
    items: dict[str, ProtectedVm] = field(default_factory=dict)
    jobs: dict[str, RestoreJob] = field(default_factory=dict)


def zulu(moment: datetime) -> str:
    """A time as Azure Backup writes it: seven digits of fraction, Z."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}0Z"


def ago(now: datetime, hours: float) -> datetime:
    return now - timedelta(hours=hours)
