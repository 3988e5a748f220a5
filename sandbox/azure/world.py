"""What a simulated Azure holds when it starts: source VMs, locks, quota, and what goes wrong on request."""

from dataclasses import dataclass, field
from typing import Literal

from sandbox.windows import SourceVm, SourceWindows

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
TENANT = "00000000-0000-0000-0000-0000000000aa"
REGIONS_WITH_SUBNET = ("westeurope", "northeurope")


@dataclass(frozen=True, kw_only=True)
class LockSpec:
    level: Literal["ReadOnly", "CanNotDelete"]
    scope: Literal["vm", "group"]


@dataclass(frozen=True, kw_only=True)
class BackupSpec:
    """The recovery points of a VM; without any it is not protected. Hours before the world begins.

    A point younger than `failed_hours_ago` was taken of a VM that did not boot. One younger than `damaged_hours_ago` holds
    the damage, though Windows may still have run (None: it failed as soon as it was damaged).
    """

    recovery_points_hours_ago: tuple[float, ...] = ()
    failed_hours_ago: float = 0.25
    damaged_hours_ago: float | None = None


@dataclass(frozen=True, kw_only=True)
class SourceSpec:
    """One source VM: the scenario's `vm` and `windows`. Memory follows from the size."""

    vm: SourceVm = field(default_factory=SourceVm)
    windows: SourceWindows = field(default_factory=SourceWindows)
    group: str = "rg-prod"
    location: str = "westeurope"
    size: str = "Standard_D2s_v5"
    security: Literal["Standard", "TrustedLaunch", "ConfidentialVM"] = "Standard"
    zone: str | None = "1"
    ephemeral_os_disk: bool = False
    controller: Literal["SCSI", "NVMe"] = "SCSI"
    disk_controllers: tuple[str, ...] | None = None
    """What the OS disk supports; None: NVMe alone for an NVMe VM, and nothing said (SCSI) otherwise."""
    power: Literal["running", "deallocated"] = "running"
    tags: dict[str, str] = field(default_factory=dict)
    locks: tuple[LockSpec, ...] = ()
    boot_diagnostics: bool = True
    backup: BackupSpec = field(default_factory=BackupSpec)


@dataclass(frozen=True, kw_only=True)
class FaultSpec:
    """What is answered instead, to the next `times` requests for `operation` (a permission string).

    `after_acting`: the request is carried out first, and the answer hides it. `drop_connection`: no answer at all.
    `in_operation`: the request is accepted, and its operation ends Failed with `code`, or Canceled where `canceled` says so.
    `after`: so many requests are answered well first.
    """

    operation: str
    status: int | None = None
    retry_after: float | None = None
    times: int = 1
    code: str | None = None
    message: str | None = None
    after_acting: bool = False
    drop_connection: bool = False
    in_operation: bool = False
    canceled: bool = False
    after: int = 0


@dataclass(frozen=True, kw_only=True)
class WorldSpec:
    """The whole subscription. `cores` is the regional vCPU quota; `restricted` are sizes that cannot be had."""

    sources: tuple[SourceSpec, ...] = (SourceSpec(),)
    faults: tuple[FaultSpec, ...] = ()
    stale_agent: bool = False
    """A VM whose agent was Ready before keeps saying so, with the old time, until a new boot reports."""
    subscription: str = SUBSCRIPTION
    repair_group: str = "rg-bootmend"
    cores: int = 100
    restricted: tuple[str, ...] = ()
    regions_with_subnet: tuple[str, ...] = REGIONS_WITH_SUBNET
    sfc_seconds: float | None = None
    """How long a scan takes; None: what simulated Windows takes by itself."""

    vault_readable: bool = True
    """Whether the app's identity has its role on the vault."""
    evidence_writable: bool = True
    """Whether it has its role on the container of the evidence."""

    @property
    def vault_id(self) -> str:
        """The Recovery Services vault, in a group of its own."""
        return f"{self.group_id('rg-backup')}/providers/Microsoft.RecoveryServices/vaults/rsv-prod"

    @property
    def staging_id(self) -> str:
        """The storage account in which restores are staged."""
        return f"{self.group_id('rg-backup')}/providers/Microsoft.Storage/storageAccounts/strestore"

    def group_id(self, group: str) -> str:
        """The id of a resource group."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{group}"

    def compute_id(self, group: str, kind: str, name: str) -> str:
        """The id of something of Compute: kind is virtualMachines, disks or snapshots."""
        return f"{self.group_id(group)}/providers/Microsoft.Compute/{kind}/{name}"

    def subnet_id(self, region: str) -> str:
        """The id that the repair subnet of a region has, whether there is one or not."""
        network = f"{self.group_id(self.repair_group)}/providers/Microsoft.Network/virtualNetworks"
        return f"{network}/vnet-bootmend-{region}/subnets/repair"
