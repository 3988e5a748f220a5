"""What Azure told us, reduced to what a repair needs. Filled by `bootmend.arm` and by nothing else."""

from typing import Literal

from bootmend.models.record import Moment, Record

Generation = Literal["V1", "V2"]
SecurityType = Literal["Standard", "TrustedLaunch", "ConfidentialVM"]
Controller = Literal["SCSI", "NVMe"]
Power = Literal["running", "starting", "stopping", "stopped", "deallocating", "deallocated", "unknown"]


class AgentStatus(Record):
    """The VM agent as the instance view shows it (Virtual Machines - Instance View)."""

    ready: bool
    code: str
    message: str = ""
    time: Moment | None = None


class OsDiskRef(Record):
    """The VM's OS disk as its storage profile names it. `id` is None for an unmanaged disk."""

    name: str
    id: str | None
    ephemeral: bool = False


class DataDiskRef(Record):
    lun: int
    name: str
    id: str | None


class ImageRef(Record):
    publisher: str
    offer: str
    sku: str


class VmFacts(Record):
    """One VM with its instance view."""

    id: str
    vm_id: str
    name: str
    location: str
    size: str
    zone: str | None = None
    tags: dict[str, str] = {}
    os_type: Literal["Windows", "Linux"]
    os_name: str | None = None
    os_version: str | None = None
    generation: Generation | None = None
    security_type: SecurityType = "Standard"
    controller: Controller = "SCSI"
    power: Power = "unknown"
    provisioning_state: str = "Succeeded"
    os_disk: OsDiskRef
    data_disks: tuple[DataDiskRef, ...] = ()
    image: ImageRef | None = None
    boot_diagnostics: bool = False
    extensions: tuple[str, ...] = ()
    agent: AgentStatus
    etag: str | None = None


class DiskFacts(Record):
    """One managed disk. Sizes in GiB."""

    id: str
    name: str
    location: str
    zone: str | None = None
    sku: str
    size_gb: int
    generation: Generation | None = None
    security_type: SecurityType = "Standard"
    controllers: tuple[Controller, ...] = ("SCSI",)
    architecture: str = "x64"
    azure_disk_encryption: bool = False
    encryption_type: str = "EncryptionAtRestWithPlatformKey"
    state: str = "Unattached"
    managed_by: str | None = None
    last_ownership_update_time: Moment | None = None
    tags: dict[str, str] = {}


class LockFacts(Record):
    """A management lock on a resource group or on something in it; `scope` is what it locks, lower-cased."""

    level: Literal["ReadOnly", "CanNotDelete"]
    name: str
    scope: str


class SizeFacts(Record):
    """A VM size in the VM's region and zone (Resource Skus - List)."""

    name: str
    family: str
    cores: int
    memory_gb: float
    controllers: tuple[Controller, ...] = ("SCSI",)
    generations: tuple[Generation, ...] = ("V1", "V2")
    trusted_launch: bool = True
    premium_storage: bool = True
    architecture: str = "x64"
    restricted: str | None = None
    """Why this size cannot be had here (NotAvailableForSubscription, no such zone), or None."""


class QuotaFacts(Record):
    """vCPUs left: of the region as a whole and of each family named (Usage - List)."""

    regional_cores_left: int
    family_cores_left: dict[str, int]


class Survey(Record):
    """All that is read before anything is decided."""

    taken_at: Moment
    vm: VmFacts
    os_disk: DiskFacts | None
    locks: tuple[LockFacts, ...] = ()
    source_size: SizeFacts | None = None
    repair_sizes: tuple[SizeFacts, ...] = ()
    quota: QuotaFacts | None = None
    subnet_id: str | None = None


class SourceMark(Record):
    """The source VM as it must still be found when the disk is swapped."""

    os_disk_id: str
    power: Power
    last_ownership_update_time: Moment | None
    etag: str | None = None


class Operation(Record):
    """A long-running operation that Azure accepted. URLs are signed and long: kept whole, never logged."""

    name: str
    """What was begun, in Azure's words: Microsoft.Compute/virtualMachines/deallocate/action."""
    resource_id: str
    method: str
    resource_url: str
    status_url: str | None = None
    location: str | None = None
    retry_after: float | None = None
    """Seconds, as Azure asked; None if it did not."""
    done: bool = False
    """True if Azure answered with the finished resource at once, or there was nothing to do."""


class OperationLook(Record):
    """One look at an operation."""

    state: Literal["running", "succeeded", "failed", "canceled"]
    code: str | None = None
    kind: str | None = None
    """What sort of failure the code is, as `bootmend.models.answer.FailureKind`; None unless it failed."""
    message: str | None = None
    started_at: Moment | None = None
    finished_at: Moment | None = None
    retry_after: float | None = None


class RunCommandLook(Record):
    """A managed run command's instance view. `output` and `error` are the last 4,096 bytes of each."""

    state: Literal["Unknown", "Pending", "Running", "Failed", "Succeeded", "TimedOut", "Canceled"]
    exit_code: int | None = None
    output: str = ""
    error: str = ""
    message: str = ""
    provisioning_state: str = ""
