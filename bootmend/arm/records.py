"""What the ARM client takes and gives besides Azure's facts."""

from dataclasses import dataclass, field
from datetime import datetime

from bootmend.models.azure import ImageRef, SecurityType
from bootmend.models.record import Record


class RepairVmOrder(Record):
    """A repair VM: a Windows VM without data disks, without a public address, that dies with its NIC and OS disk."""

    id: str
    location: str
    size: str
    image: ImageRef
    subnet_id: str
    tags: dict[str, str]
    zone: str | None = None
    security_type: SecurityType = "Standard"
    admin_username: str = "bootmend"


class SnapshotOrder(Record):
    """A full snapshot of a disk. `disk_sku`: the disk's own."""

    id: str
    source_disk_id: str
    location: str
    disk_sku: str
    tags: dict[str, str]


class CopyOrder(Record):
    """A disk from a snapshot. `sku` and `zone`: those of the disk that it is to replace."""

    id: str
    snapshot_id: str
    location: str
    sku: str
    tags: dict[str, str]
    zone: str | None = None


class RunCommandOrder(Record):
    """A managed run command. Secrets are no part of it: they are handed over beside it."""

    vm_id: str
    name: str
    location: str
    script: str
    tags: dict[str, str]
    parameters: dict[str, str] = {}
    timeout_seconds: int = 5400


class RestoreOrder(Record):
    """The OS disk of a recovery point, to be restored beside the VM as a new managed disk."""

    vm_id: str
    vault_id: str
    item_id: str
    point_id: str
    staging_id: str
    location: str
    not_before: datetime


@dataclass(frozen=True)
class BootDiagnostics:
    """Links to the newest screenshot (.bmp) and serial log. They carry a SAS: used where they were asked for, never kept."""

    screenshot_url: str | None = field(repr=False)
    serial_log_url: str | None = field(repr=False)


@dataclass(frozen=True)
class Blob:
    """A part of a blob. `total_length`: bytes of the whole blob; `modified_at`: when it was last written, if told."""

    content: bytes = field(repr=False)
    total_length: int
    modified_at: datetime | None = None


class Ours(Record):
    """A resource that bears our tag."""

    resource_id: str
    repair_id: str
    role: str = ""
    source_vm_id: str = ""
    attached_to: str | None = None


def snapshot_sku(disk_sku: str) -> str:
    """Where a full snapshot lives: Premium for a Premium disk, as its copies are read faster; zone-redundant stays so."""
    if disk_sku.endswith("_ZRS"):
        return "Standard_ZRS"
    return "Premium_LRS" if disk_sku.startswith("Premium") else "Standard_LRS"
