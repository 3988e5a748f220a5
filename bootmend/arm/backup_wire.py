"""Azure Backup's JSON as it arrives, and the one body that is sent. The answers' shapes: Azure Backup REST reference."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from bootmend.arm.records import RestoreOrder
from bootmend.arm.wire import Problem, Wire
from bootmend.models.backup import RecoveryPoint as PointFacts
from bootmend.models.backup import RestoreLook
from bootmend.models.record import Moment
from bootmend.names import ResourceId

type Json = dict[str, object]

CLOCKS_DIFFER = timedelta(minutes=1)
"""How much earlier than by our clock a job may say that it began."""
_TIERS_AT_HAND = {"1", "2", "instantrp", "hardenedrp", "4", "iasnapshotrp"}
_TIER_STATES = {"1", "4", "valid", "rehydrated"}
_ENDED: dict[str, Literal["succeeded", "failed"]] = {
    "completed": "succeeded", "completedwithwarnings": "succeeded",
    "failed": "failed", "cancelled": "failed", "canceled": "failed", "invalid": "failed",
}  # fmt: skip


class ItemProperties(Wire):
    virtual_machine_id: str | None = None
    source_resource_id: str | None = None


class ProtectedItem(Wire):
    id: str
    properties: ItemProperties


class Tier(Wire):
    """Azure sends numbers or words, as the version is."""

    type: str | int | None = None
    status: str | int | None = None

    def is_at_hand(self) -> bool:
        return str(self.type).lower() in _TIERS_AT_HAND and str(self.status).lower() in _TIER_STATES


class PointProperties(Wire):
    recovery_point_time: Moment
    recovery_point_type: str = ""
    is_managed_virtual_machine: bool = True
    is_source_vm_encrypted: bool = Field(default=False, alias="isSourceVMEncrypted")
    recovery_point_tier_details: list[Tier] | None = None


class RecoveryPoint(Wire):
    name: str
    properties: PointProperties

    def facts(self) -> PointFacts:
        """Restorable as a managed disk: not encrypted, and held by the snapshot or the standard tier. No tiers told: held."""
        told = self.properties
        tiers = told.recovery_point_tier_details
        at_hand = not tiers or any(tier.is_at_hand() for tier in tiers)
        return PointFacts(
            id=self.name,
            taken_at=told.recovery_point_time,
            consistency=told.recovery_point_type,
            restorable=at_hand and told.is_managed_virtual_machine and not told.is_source_vm_encrypted,
        )


class OperationProperties(Wire):
    job_id: str | None = None


class Operation(Wire):
    """The status of a request to restore. It ends when the job is made, long before the job itself ends."""

    status: str
    properties: OperationProperties | None = None
    error: Problem | None = None

    @property
    def job_id(self) -> str | None:
        return self.properties.job_id if self.properties else None

    def look(self) -> RestoreLook:
        """While no job is told."""
        if self.status.lower() == "inprogress":
            return RestoreLook(state="running")
        problem = self.error or Problem(code="RestoreNotBegun", message=f"Azure Backup made no job: {self.status}")
        return RestoreLook(state="failed", code=problem.code, why=problem.message or "")


class JobError(Wire):
    error_code: int | str | None = None
    error_title: str | None = None
    error_string: str | None = None


class ExtendedInfo(Wire):
    property_bag: dict[str, str | None] | None = None


class JobProperties(Wire):
    entity_friendly_name: str = ""
    container_name: str | None = None
    operation: str = ""
    status: str
    start_time: Moment | None = None
    error_details: list[JobError] | None = None
    extended_info: ExtendedInfo | None = None


class Job(Wire):
    name: str
    properties: JobProperties

    def is_restore_of(self, vm: ResourceId) -> bool:
        """A namesake in another resource group has a container of another name: `iaasvmcontainerv2;<group>;<name>`."""
        told = self.properties
        if told.operation.lower() != "restore" or told.entity_friendly_name.lower() != vm.name.lower():
            return False
        container = (told.container_name or "").lower()
        return ";" not in container or container.endswith(f";{vm.group};{vm.name}".lower())

    def began_since(self, moment: Moment) -> bool:
        return self.properties.start_time is not None and self.properties.start_time >= moment - CLOCKS_DIFFER

    def look(self) -> RestoreLook:
        told = self.properties
        state = _ENDED.get(told.status.lower(), "running")
        error = next(iter(told.error_details or ()), JobError())
        bag = (told.extended_info.property_bag if told.extended_info else None) or {}
        why = error.error_string or error.error_title or f"the job's status is {told.status}"
        return RestoreLook(
            state=state,
            job_id=self.name,
            code=str(error.error_code or told.status) if state == "failed" else None,
            why=why if state == "failed" else "",
            staging_container=bag.get("Config Blob Container Name") or None,
        )


def holds_an_os(disk: Json) -> bool:
    """Whether a disk's body tells an operating system: a restored data disk has none."""
    properties = disk.get("properties")
    return isinstance(properties, dict) and bool(properties.get("osType"))


def restore_request(order: RestoreOrder) -> Json:
    """RestoreDisks with an empty list of LUNs: the OS disk alone, as a managed disk, data disks untouched."""
    vm = ResourceId.parse(order.vm_id)
    return {
        "properties": {
            "objectType": "IaasVMRestoreRequest",
            "recoveryType": "RestoreDisks",
            "recoveryPointId": order.point_id,
            "sourceResourceId": str(vm),
            "targetResourceGroupId": vm.group_id,
            "storageAccountId": order.staging_id,
            "region": order.location,
            "restoreDiskLunList": [],
            "createNewCloudService": False,
            "originalStorageAccountOption": False,
            "encryptionDetails": {"encryptionEnabled": False},
        }
    }
