"""From the guest's facts to the one Windows that a plan may touch, or the reason why there is none.

Fail closed: the boot manager's default entry must lead to a loader that exists, on this disk, in the Windows folder
that was found. Nothing falls back to the first entry or the likeliest volume.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from bootmend.articles.article import Machine, Refusal
from bootmend.models.guest import (
    AttachedDisk,
    BootStore,
    ControlSetFacts,
    DriveLetter,
    GuestFacts,
    Guid,
    HiveFacts,
    LoaderEntry,
    PlainPath,
    PlanTarget,
    SelectFacts,
    VolumeFacts,
    WindowsFacts,
)

ROOM_MB: Final = 1024
"""What the backups, SFC's log and SFC's own repairs may need on the Windows volume."""
_MOUNT_LETTERS: Final = "STUVWXYZRQPONMLKJIHGFED"

RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "no_disk": "No disk is attached at the LUN.",
        "collision": "The disk's identity is that of another disk of the repair VM; onlining it would rewrite it.",
        "disk_offline": "The disk is offline and could not be looked into.",
        "disk_layout": "The disk is neither MBR nor GPT, or has no identity.",
        "generation": "A V1 VM boots from MBR, a V2 VM from GPT; the disk has the other one.",
        "bitlocker": "A volume is encrypted with BitLocker, or cannot be read.",
        "no_windows": "No volume holds a Windows folder.",
        "no_boot_store": "The boot partition holds no BCD that can be read.",
        "no_default_loader": "The boot manager names no default entry, or one that is not in the store.",
        "loader_type": "The default entry does not start winload.exe (V1) or winload.efi (V2).",
        "loader_missing": "The file that the default entry starts does not exist.",
        "loader_elsewhere": "The default entry points to a partition, or a folder, where no Windows was found.",
        "file_system": "The Windows volume is not NTFS.",
        "no_room": "The Windows volume has too little free space for the backups and SFC.",
        "hive": "The SYSTEM hive is missing or corrupt.",
        "control_set": "The hive's Select key names no control set that exists.",
        "setup": "Windows Setup has not finished on the disk.",
        "brokensystem": "HKLM\\BROKENSYSTEM is loaded on the repair VM already.",
        "letters": "A letter is missing, ambiguous, or that of a volume of the repair VM.",
    }
)


class CannotPlanError(Exception):
    """Carries a Refusal out of the checks."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.refusal = Refusal(code=code, reason=f"{RULES[code]} {detail}".rstrip())


@dataclass(frozen=True)
class Place:
    """A volume with the letter that the plan uses for it."""

    partition: int
    volume: Guid
    letter: DriveLetter
    mount: bool
    """Whether the plan gives it the letter, and takes it away."""

    @property
    def root(self) -> str:
        return f"{self.letter}:\\"

    def path(self, below: PlainPath) -> str:
        return f"{self.letter}:{below}"


@dataclass(frozen=True)
class BrokenDisk:
    """All that the plan needs, checked."""

    target: PlanTarget
    boot: Place
    windows: Place
    volume: VolumeFacts
    folder: PlainPath
    store: BootStore
    loader: LoaderEntry
    hive: HiveFacts
    select: SelectFacts
    live: ControlSetFacts
    pending_servicing: bool

    @property
    def store_path(self) -> str:
        return self.boot.path(self.store.path)

    @property
    def places(self) -> tuple[Place, ...]:
        return (self.windows,) if self.boot == self.windows else (self.boot, self.windows)


def broken_disk(facts: GuestFacts, machine: Machine) -> BrokenDisk:
    """The Windows to mend; raises CannotPlanError."""
    target = _target(facts, _attached(facts), machine)
    _readable(facts)
    store = _boot_store(facts)
    loader = _loader(store, machine)
    windows = _windows(facts, loader)
    volume = _windows_volume(facts, windows)
    select, live = _live_control_set(windows.hive)
    if facts.brokensystem_loaded:
        raise CannotPlanError("brokensystem", "")
    boot_place, windows_place = _places(facts, store.partition, windows.partition)
    return BrokenDisk(
        target=target,
        boot=boot_place,
        windows=windows_place,
        volume=volume,
        folder=windows.folder,
        store=store,
        loader=loader,
        hive=windows.hive,
        select=select,
        live=live,
        pending_servicing=windows.pending_servicing,
    )


def _attached(facts: GuestFacts) -> AttachedDisk:
    disk = facts.disk
    if disk is None:
        raise CannotPlanError("no_disk", f"LUN {facts.lun}.")
    if disk.collides:
        raise CannotPlanError("collision", f"Disk {disk.number}, identity {disk.identity}.")
    return disk


def _target(facts: GuestFacts, disk: AttachedDisk, machine: Machine) -> PlanTarget:
    if disk.style == "RAW" or disk.identity is None:
        raise CannotPlanError("disk_layout", f"Disk {disk.number} is {disk.style}.")
    expected: Literal["MBR", "GPT"] = "GPT" if machine.generation == "V2" else "MBR"
    if disk.style != expected:
        raise CannotPlanError("generation", f"Generation {machine.generation}, but {disk.style}.")
    if not facts.volumes and not disk.online:
        raise CannotPlanError("disk_offline", f"Reason: {disk.offline_reason}.")
    return PlanTarget(lun=facts.lun, style=disk.style, identity=disk.identity)


def _readable(facts: GuestFacts) -> None:
    for volume in facts.volumes:
        if volume.bitlocker in {"on", "locked", "unknown"}:
            raise CannotPlanError("bitlocker", f"Partition {volume.partition}: {volume.bitlocker}.")


def _boot_store(facts: GuestFacts) -> BootStore:
    store = facts.boot_store
    if store is None or not store.readable:
        raise CannotPlanError("no_boot_store", "" if store is None else f"{store.path} is damaged.")
    return store


def _loader(store: BootStore, machine: Machine) -> LoaderEntry:
    found = [entry for entry in store.loaders if entry.id == store.default]
    if len(found) != 1:
        raise CannotPlanError("no_default_loader", f"Default: {store.default or 'none'}.")
    wanted = "winload.efi" if machine.generation == "V2" else "winload.exe"
    if found[0].path.lower().rsplit("\\", 1)[-1] != wanted:
        raise CannotPlanError("loader_type", f"It starts {found[0].path}.")
    return found[0]


def _windows(facts: GuestFacts, loader: LoaderEntry) -> WindowsFacts:
    if not facts.windows:
        raise CannotPlanError("no_windows", "")
    for windows in facts.windows:
        if windows.partition == loader.osdevice_partition and windows.folder.lower() == loader.systemroot.lower():
            break
    else:
        raise CannotPlanError("loader_elsewhere", f"Partition {loader.osdevice_partition}, {loader.systemroot}.")
    if loader.device_partition != loader.osdevice_partition:
        raise CannotPlanError("loader_elsewhere", f"device is partition {loader.device_partition}.")
    if not loader.path_exists:
        raise CannotPlanError("loader_missing", f"{loader.path}.")
    return windows


def _windows_volume(facts: GuestFacts, windows: WindowsFacts) -> VolumeFacts:
    volume = facts.volume(windows.partition)
    if volume is None:
        raise CannotPlanError("no_windows", f"Partition {windows.partition} is not among the volumes.")
    if volume.file_system != "NTFS":
        raise CannotPlanError("file_system", f"It is {volume.file_system or 'unreadable'}.")
    if volume.free_mb < ROOM_MB:
        raise CannotPlanError("no_room", f"{volume.free_mb} MB free, {ROOM_MB} MB needed.")
    return volume


def _live_control_set(hive: HiveFacts) -> tuple[SelectFacts, ControlSetFacts]:
    if hive.state != "readable":
        raise CannotPlanError("hive", f"It is {hive.state}.")
    if hive.setup_in_progress:
        raise CannotPlanError("setup", "")
    current = hive.select.current if hive.select else None
    live = [control_set for control_set in hive.control_sets if control_set.number == current]
    if hive.select is None or len(live) != 1:
        raise CannotPlanError("control_set", f"Current: {current}.")
    return hive.select, live[0]


def _places(facts: GuestFacts, boot: int, windows: int) -> tuple[Place, Place]:
    """Boot and Windows volume with letters; a volume without one gets one that nobody uses."""
    taken = [*facts.own_letters, *(volume.letter for volume in facts.volumes if volume.letter)]
    if len(taken) != len(set(taken)) or any(volume.letter in {"A", "B", "C"} for volume in facts.volumes):
        raise CannotPlanError("letters", f"Letters in use: {', '.join(sorted(taken))}.")
    free = [letter for letter in _MOUNT_LETTERS if letter not in taken]
    places: dict[int, Place] = {}
    for partition in dict.fromkeys((boot, windows)):
        volume = facts.volume(partition)
        if volume is None or volume.id is None:
            raise CannotPlanError("letters", f"Partition {partition} has no volume.")
        if volume.letter is None and not free:
            raise CannotPlanError("letters", "None is free.")
        letter = volume.letter or free.pop(0)
        places[partition] = Place(partition, volume.id, letter, mount=volume.letter is None)
    return places[boot], places[windows]


def entry_elements(disk: BrokenDisk) -> dict[str, str]:
    """What `bcdedit /enum` must go on showing for the default entry: the four that decide where Windows is started."""
    place = f"partition={disk.windows.letter}:"
    return {
        "device": place,
        "osdevice": place,
        "path": disk.loader.path,
        "systemroot": disk.loader.systemroot,
    }
