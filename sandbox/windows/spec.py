"""What a scenario says of the broken VM: keys and defaults are those of the scenario format."""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

type Fault = Literal["none", "corrupt_file", "unrepairable_file", "bad_driver", "other_stop_code"]

TROUBLES = MappingProxyType(
    {
        "hive_busy_at_unload": "The first tries of reg unload fail: a handle into the hive is still open.",
        "hive_never_unloads": "Every try of reg unload fails.",
        "corrupt_hive": "The SYSTEM hive cannot be loaded.",
        "hive_corrupt_at_load": "The SYSTEM hive reads well when copied, but reg load calls it corrupt.",
        "stale_brokensystem": "HKLM\\BROKENSYSTEM is loaded on the repair VM already.",
        "no_default_loader": "The boot manager names no default entry.",
        "dangling_default_loader": "The default names an entry that is not in the store.",
        "loader_path_missing": "The default entry's path is not on the Windows volume.",
        "no_boot_store": "The boot volume holds no BCD.",
        "missing_control_set_2": "Select names ControlSet002 as LastKnownGood, but only ControlSet001 exists.",
        "current_is_2": "Both control sets exist and Select\\Current is 2.",
        "efi_without_letter": "The EFI partition has no letter on the repair VM, as is usual.",
        "late_letters": "Letters come half a minute after the disk.",
        "letters_never_come": "No volume of the disk gets a letter.",
        "disk_offline": "The disk comes up offline by policy, and read-only.",
        "sfc_pending_reboot": "A servicing operation is pending, and SFC wants a reboot first.",
        "sfc_no_repair_service": "SFC cannot start the repair service.",
        "sfc_time_out": "SFC does not end within its limit.",
        "sfc_lies": "SFC says that it repaired everything, yet the VM still stops with 0xEF.",
        "two_windows": "A second Windows folder lies on another volume of the disk.",
        "setup_in_progress": "Windows Setup has not finished on the disk.",
        "upload_interrupted": "The repair VM goes down under the first two uploads of a dump, each some way further on.",
        "identity_rewritten": "The disk's identity changes while the plan runs.",
    }
)
"""The failure modes that `windows.trouble` may list, each with what it means."""


@dataclass(frozen=True, kw_only=True)
class OsDiskSpec:
    size_gb: int = 127
    free_gb: float = 60
    sku: str = "Premium_LRS"


@dataclass(frozen=True, kw_only=True)
class DataDiskSpec:
    lun: int = 0
    letter: str = "F"
    free_gb: float = 200


@dataclass(frozen=True, kw_only=True)
class SourceVm:
    """Those keys of the scenario's `vm` that shape the disk's content."""

    name: str = "vm-web-01"
    generation: Literal["V1", "V2"] = "V2"
    os: str = "WindowsServer2022"
    encryption: Literal["none", "ade", "bitlocker"] = "none"
    os_disk: OsDiskSpec = field(default_factory=OsDiskSpec)
    data_disks: tuple[DataDiskSpec, ...] = ()

    @property
    def is_client(self) -> bool:
        """Whether its Windows is a client, which has no SAC: Windows10, Windows11."""
        return self.os.startswith("Windows1")


@dataclass(frozen=True, kw_only=True)
class SourceWindows:
    """The scenario's `windows`, and `trouble`: failure modes of TROUBLES."""

    fault: Fault = "corrupt_file"
    stop_code: str = "0x000000EF"
    ems: bool = True
    crash_dump_enabled: int = 7
    control_sets: tuple[int, ...] = (1,)
    current_control_set: int = 1
    page_file: str = "D:\\pagefile.sys"
    memory_dump: Literal["none", "fresh", "stale"] = "none"
    writes_dump: bool = False
    dump_gb: float = 0.05
    agent: bool = True
    disk_identity: Literal["unique", "collides"] = "unique"
    trouble: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = sorted(set(self.trouble) - TROUBLES.keys())
        if unknown:
            raise ValueError(f"windows.trouble: {', '.join(unknown)} is not one of {', '.join(TROUBLES)}")
