"""What passes between us and the guest scripts: facts in, a plan out, a transcript back.

Everything here is plain JSON on the wire, one document a script, versioned. Letters are those of the repair VM unless a
field says "as the broken VM names it". Sizes are MiB, times UTC.
"""

from typing import Annotated, Final, Literal

from pydantic import Field

from bootmend.models.record import Moment, Record

CONTRACT_VERSION: Final = 1

type DriveLetter = Annotated[str, Field(pattern=r"^[A-Z]$")]
type Guid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
type EntryId = Annotated[str, Field(pattern=r"^\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}$")]
"""A BCD object's identifier, with its braces."""
type DiskIdentity = Annotated[str, Field(pattern=r"^([0-9a-f]{8}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$")]
"""An MBR signature (8 hex digits) or a GPT disk GUID."""
type PlainPath = Annotated[str, Field(pattern=r"^(\\[A-Za-z0-9_.][A-Za-z0-9_.-]*)+$", max_length=120)]
"""A path below a volume's root, of characters that no command line treats as special: \\Windows\\System32."""

type RegistryKind = Literal["REG_DWORD", "REG_SZ", "REG_EXPAND_SZ"]
CrashValue = Literal["CrashDumpEnabled", "DumpFile", "NMICrashDump", "DedicatedDumpFile"]


class AttachedDisk(Record):
    """The disk found at the LUN, as Get-Disk sees it."""

    number: int
    online: bool
    read_only: bool = False
    offline_reason: str | None = None
    """Windows' word: Policy, Collision, … None while online."""
    style: Literal["MBR", "GPT", "RAW"]
    identity: DiskIdentity | None = None
    size_mb: int = 0

    @property
    def collides(self) -> bool:
        """Whether its identity is that of another disk here. Onlining it would rewrite the identity (Disks)."""
        return self.offline_reason is not None and "collision" in self.offline_reason.lower()


class VolumeFacts(Record):
    """One partition of the disk that holds, or could hold, a file system."""

    partition: int
    id: Guid | None = None
    """The GUID of \\\\?\\Volume{…}\\; None if Windows gave it none."""
    role: Literal["efi", "active", "basic", "recovery", "reserved"] = "basic"
    letter: DriveLetter | None = None
    file_system: str = ""
    """NTFS, FAT32, …; empty if Windows cannot read it."""
    size_mb: int = 0
    free_mb: int = 0
    bitlocker: Literal["off", "suspended", "on", "locked", "unknown"] = "off"


class LoaderEntry(Record):
    """A Windows boot loader entry of the BCD. Partitions are numbers on this disk, None if it points elsewhere."""

    id: EntryId
    path: str
    path_exists: bool
    device_partition: int | None = None
    osdevice_partition: int | None = None
    systemroot: str = ""
    ems: bool | None = None
    """None if the element is absent, which Windows takes as no."""


class BootStore(Record):
    """The BCD of this disk: on the EFI partition (GPT) or on the active one (MBR)."""

    partition: int
    path: PlainPath
    readable: bool = True
    default: EntryId | None = None
    loaders: tuple[LoaderEntry, ...] = ()
    ems_port: int | None = None
    ems_baudrate: int | None = None


class RegistryValue(Record):
    kind: RegistryKind
    data: str | int


class ControlSetFacts(Record):
    """One ControlSetNNN that exists. A value absent from `crash` is absent in the hive."""

    number: int = Field(ge=1, le=999)
    crash: dict[CrashValue, RegistryValue] = Field(default_factory=dict)
    page_files: tuple[str, ...] = ()
    """PagingFiles, one line each: path, minimum and maximum MB, as the broken VM names the path."""


class SelectFacts(Record):
    current: int
    default: int
    last_known_good: int | None = None


class MountedLetter(Record):
    """A letter as the broken VM names it; `partition` is the number on this disk, None for another disk's."""

    letter: DriveLetter
    partition: int | None = None


class HiveFacts(Record):
    """The SYSTEM hive, read from a copy."""

    state: Literal["readable", "missing", "corrupt"]
    select: SelectFacts | None = None
    control_sets: tuple[ControlSetFacts, ...] = ()
    mounted: tuple[MountedLetter, ...] = ()
    setup_in_progress: bool = False


class WindowsFacts(Record):
    """A Windows folder found on a volume of the disk."""

    partition: int
    folder: PlainPath
    build: str = ""
    """The kernel's file version, for example 10.0.20348.2700."""
    hive: HiveFacts
    pending_servicing: bool = False
    """Whether \\Windows\\WinSxS\\pending.xml is there: SFC may then ask for a reboot first."""


class DumpFacts(Record):
    """A MEMORY.DMP found on a volume of the disk."""

    partition: int
    path: str
    """As the repair VM names it, for example E:\\Windows\\MEMORY.DMP."""
    size_bytes: int
    created_at: Moment | None = None
    written_at: Moment
    head: str = ""
    """Bytes 0x000-0x05F, base64; empty if they could not be read."""
    detail: str = ""
    """Bytes 0xF98-0xFB7, base64."""


class GuestFacts(Record):
    """What inspect.ps1 found. `disk` is None if nothing is attached at the LUN."""

    version: Literal[1] = CONTRACT_VERSION
    lun: int
    disk: AttachedDisk | None = None
    volumes: tuple[VolumeFacts, ...] = ()
    boot_store: BootStore | None = None
    windows: tuple[WindowsFacts, ...] = ()
    brokensystem_loaded: bool = False
    dumps: tuple[DumpFacts, ...] = ()
    own_letters: tuple[DriveLetter, ...] = ()
    """Letters that the repair VM uses for itself."""

    def volume(self, partition: int | None) -> VolumeFacts | None:
        return next((volume for volume in self.volumes if volume.partition == partition), None)


class PlannedCommand(Record):
    """One native command: an executable of the allow-list and its arguments, an array, never a shell line."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    exe: str = Field(pattern=r"^[a-z]+\.exe$")
    args: tuple[str, ...]
    accepts: tuple[int, ...] = (0,)
    """The exit codes that let the plan go on."""
    time_limit: int = 120
    """Seconds, after which the command is ended and counts as failed."""
    always: bool = False
    """Clean-up: run even after a failure, but see `after`."""
    after: str | None = None
    """Run only if the command of this id succeeded: nobody else's hive or letter is taken away."""
    tries: int = 1
    """How often to try, collecting garbage in between: an open handle keeps a hive loaded."""
    progress: bool = False
    """Whether the output tells a percentage."""
    encoding: Literal["oem", "utf-16"] = "oem"
    tail_chars: int = 200
    """How much of the end of the output is kept."""
    proves: str | None = None
    """The id of the command whose effect this one reads back."""
    article_step: str
    """The step of the article that it carries out, or what it guards."""

    @property
    def line(self) -> str:
        """The command line as a person would type it; shown in the report and in the transcript."""
        return " ".join((self.exe.removesuffix(".exe"), *(f'"{arg}"' if " " in arg else arg for arg in self.args)))


class PlannedVolume(Record):
    """A volume that the plan names by letter. execute.ps1 refuses to start if the letter leads elsewhere."""

    letter: DriveLetter
    id: Guid
    partition: int
    mounted_by_plan: bool = False


class PlanTarget(Record):
    """The disk that the plan is for; execute.ps1 refuses another one."""

    lun: int
    style: Literal["MBR", "GPT"]
    identity: DiskIdentity


class RegistryExpectation(Record):
    """What `reg query` of one value must show."""

    command: str
    name: CrashValue
    kind: RegistryKind
    data: str | int


class BootExpectation(Record):
    """What `bcdedit /enum {id} /v` must show: element name, lower-cased → value."""

    command: str
    elements: dict[str, str]


class OldValue(Record):
    """What a changed setting was before; `value` None if it was absent."""

    control_set: int
    name: CrashValue
    value: RegistryValue | None


class OldBoot(Record):
    """The boot settings before the change."""

    loader: EntryId
    ems: bool | None
    ems_port: int | None
    ems_baudrate: int | None
    backup: str
    """Where the untouched BCD lies, as the repair VM names it."""


class DumpPlan(Record):
    """Where a crash will leave its dump, as the broken VM names it."""

    dump_file: str
    dedicated_dump_file: str | None
    goes_to: str
    """In words, for the report: the place, or why none fits."""
    fits: bool
    letter: DriveLetter | None = None
    """The data disk's letter as the broken VM names it; None for the OS volume."""


class Plan(Record):
    """The ordered commands for one disk, what must be read back, and what undoes them."""

    version: Literal[1] = CONTRACT_VERSION
    title: str
    target: PlanTarget
    volumes: tuple[PlannedVolume, ...]
    commands: tuple[PlannedCommand, ...]
    registry_expectations: tuple[RegistryExpectation, ...] = ()
    boot_expectations: tuple[BootExpectation, ...] = ()
    old_values: tuple[OldValue, ...] = ()
    old_boot: OldBoot | None = None
    sfc_log: str | None = None
    """The path whose [SR] lines the transcript must hold, as the repair VM names it."""
    dump: DumpPlan | None = None
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(command.line for command in self.commands)


class CommandResult(Record):
    """What one command answered. `exit_code` is None if it was ended at its time limit or could not be started."""

    id: str
    line: str
    article_step: str
    exit_code: int | None
    seconds: float
    tail: str = ""
    timed_out: bool = False


class SfcLine(Record):
    """One [SR] message of SFC's log without its time stamp, and how often it stands there."""

    text: str
    count: int = 1


class SfcLog(Record):
    found: bool
    lines: tuple[SfcLine, ...] = ()
    dropped: int = 0
    """Distinct lines left out for want of room."""


class Transcript(Record):
    """What execute.ps1 did. `ended` is `refused` if it ran nothing, `stopped` if a command failed."""

    version: Literal[1] = CONTRACT_VERSION
    ended: Literal["completed", "stopped", "refused"]
    why: str = ""
    identity: DiskIdentity | None
    """The disk's identity, read again after the last command."""
    offline: bool
    """Whether the disk was taken offline again."""
    commands: tuple[CommandResult, ...] = ()
    sfc: SfcLog | None = None
    shortened: bool = False
    """Whether tails were cut to fit into the run command's output."""

    @property
    def sr_lines(self) -> tuple[SfcLine, ...]:
        return self.sfc.lines if self.sfc else ()

    def result(self, command: str) -> CommandResult | None:
        return next((result for result in self.commands if result.id == command), None)


class Progress(Record):
    """Where a running plan is."""

    command: str
    percent: int | None
    done: int
    total: int
