"""The scenario's `vm` and `windows` sections: the machine that fails, and what is wrong inside it."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from bootmend.models.azure import Controller, Generation, SecurityType
from sandbox.azure.compute.sizes import SIZES
from sandbox.windows.spec import TROUBLES, DataDiskSpec, OsDiskSpec, SourceVm, SourceWindows

type Switch = Annotated[bool, Field(strict=False)]
"""true or false; yes, no, on and off too."""


class Section(BaseModel):
    """A mapping of a scenario. Unknown keys are refused: a misspelt key must not be silently without effect."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class OsDiskSection(Section):
    """Sizes in GiB. `free_gb` is what is free on the Windows volume."""

    size_gb: Annotated[int, Field(ge=30, le=4095)] = 127
    free_gb: Annotated[float, Field(ge=0)] = 60
    sku: Literal["Premium_LRS", "Premium_ZRS", "StandardSSD_LRS", "StandardSSD_ZRS", "Standard_LRS"] = "Premium_LRS"

    @field_validator("free_gb")
    @classmethod
    def _fits(cls, value: float, info: ValidationInfo) -> float:
        size = info.data.get("size_gb")
        if size is not None and value >= size:
            raise ValueError(f"must be less than size_gb, which is {size}")
        return value

    # The default of free_gb is checked too: a size_gb of 50 alone would contradict it.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)


class DataDiskSection(Section):
    """One data disk with one volume; `letter` is what the broken VM calls it."""

    lun: Annotated[int, Field(ge=0, le=63)]
    letter: Annotated[str, Field(pattern=r"^[E-Z]$")]
    free_gb: Annotated[float, Field(ge=0, le=65536)]


class LockSection(Section):
    level: Literal["ReadOnly", "CanNotDelete"]
    scope: Literal["vm", "group"]


class VmSection(Section):
    """The source VM as Azure shows it. Memory comes from the size."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9]([-A-Za-z0-9]{0,62}[A-Za-z0-9])?$")] = "vm-web-01"
    location: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{2,29}$")] = "westeurope"
    size: str = "Standard_D2s_v5"
    generation: Generation = "V2"
    security: SecurityType = "Standard"
    os: str = "WindowsServer2022"
    zone: Literal["1", "2", "3"] | None = "1"
    encryption: Literal["none", "ade", "bitlocker"] = "none"
    ephemeral_os_disk: Switch = False
    controller: Controller = "SCSI"
    disk_controllers: Annotated[tuple[Controller, ...], Field(min_length=1)] | None = None
    """What the OS disk supports; None: the VM's own controller only."""
    power: Literal["running", "deallocated"] = "running"
    os_disk: OsDiskSection = OsDiskSection()
    data_disks: Annotated[tuple[DataDiskSection, ...], Field(max_length=64)] = ()
    tags: dict[Annotated[str, Field(min_length=1, max_length=512)], str] = {}
    locks: tuple[LockSection, ...] = ()
    boot_diagnostics: Switch = True

    @field_validator("zone", mode="before")
    @classmethod
    def _zone_without_quotes(cls, value: object) -> object:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @field_validator("size")
    @classmethod
    def _known_size(cls, value: str) -> str:
        if value not in SIZES:
            raise ValueError(f"memory comes from the size, and known sizes are {', '.join(SIZES)}")
        return value

    @field_validator("os")
    @classmethod
    def _known_windows(cls, value: str) -> str:
        if not re.fullmatch(r"Windows(Server(2012R2|2016|2019|2022|2025)|10|11)", value):
            raise ValueError("must be WindowsServer2012R2, 2016, 2019, 2022 or 2025, Windows10 or Windows11")
        return value

    @field_validator("data_disks")
    @classmethod
    def _each_once(cls, value: tuple[DataDiskSection, ...]) -> tuple[DataDiskSection, ...]:
        if len({disk.lun for disk in value}) < len(value) or len({disk.letter for disk in value}) < len(value):
            raise ValueError("each lun and each letter can stand once only")
        return value

    def spec(self) -> SourceVm:
        """Those values that shape the disk's content."""
        return SourceVm(
            name=self.name,
            generation=self.generation,
            os=self.os,
            encryption=self.encryption,
            os_disk=OsDiskSpec(**self.os_disk.model_dump()),
            data_disks=tuple(DataDiskSpec(**disk.model_dump()) for disk in self.data_disks),
        )


class WindowsSection(Section):
    """What is on the OS disk. Whether the VM boots follows from it."""

    fault: Literal["none", "corrupt_file", "unrepairable_file", "bad_driver", "other_stop_code"] = "corrupt_file"
    stop_code: Annotated[str, Field(pattern=r"^0x[0-9A-Fa-f]{1,8}$")] = "0x000000EF"
    ems: Switch = True
    crash_dump_enabled: Literal[0, 1, 2, 3, 7] = 7
    control_sets: Annotated[tuple[Annotated[int, Field(ge=1, le=999)], ...], Field(min_length=1)] = (1,)
    current_control_set: Annotated[int, Field(ge=1, le=999)] = 1
    page_file: Annotated[str, Field(pattern=r"^([A-Z?]:\\[^\\:*?\"<>|]+)?$")] = "D:\\pagefile.sys"
    memory_dump: Literal["none", "fresh", "stale"] = "none"
    writes_dump: Switch = False
    dump_gb: Annotated[float, Field(ge=0.001, le=64)] = 0.05
    """How large the dump of a crash is. All of it is sent, so that a real one of 8 GB takes minutes."""
    agent: Switch = True
    disk_identity: Literal["unique", "collides"] = "unique"
    trouble: tuple[str, ...] = ()
    sfc_seconds: Annotated[float, Field(gt=0, le=86400)] | None = None

    @field_validator("stop_code", mode="before")
    @classmethod
    def _hexadecimal(cls, value: object) -> object:
        """YAML reads 0xEF without quotes as the number 239."""
        return f"0x{value:08X}" if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else value

    @field_validator("trouble")
    @classmethod
    def _known_trouble(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(value) - TROUBLES.keys())
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: not one of {', '.join(TROUBLES)}")
        return value

    def spec(self) -> SourceWindows:
        """The same values as simulated Windows takes them."""
        return SourceWindows(**self.model_dump(exclude={"sfc_seconds"}))
