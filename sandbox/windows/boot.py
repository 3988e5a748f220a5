"""Whether a disk boots follows from its state, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Literal

from sandbox.windows.bcd import BcdEntry
from sandbox.windows.build import BAD_DRIVER
from sandbox.windows.disk import SystemFile, Volume, WindowsDisk
from sandbox.windows.dump import Dump
from sandbox.windows.registry import Hive

type Kind = Literal["booted", "bugcheck", "hang"]

_SAC_BANNER = (
    "\r\nComputer is booting, SAC started and initialized.\r\n\r\n"
    'Use the "ch -?" command for information about using channels.\r\n'
    'Use the "?" command for general help.\r\n\r\n\r\nSAC>\r\n'
    "EVENT: The CMD command is now available.\r\nSAC>"
)
_PAGE_FILE_HEADER_MB = 257


@dataclass(frozen=True)
class Screenshot:
    kind: Literal["bluescreen", "login", "boot"]
    stop_code: int | None = None


@dataclass(frozen=True)
class BootOutcome:
    """What one start led to, `seconds_to_outcome` after power on; the agent is ready that much later again."""

    kind: Kind
    stop_code: int | None
    serial_text: str
    """What is appended to the serial log."""
    screenshot: Screenshot
    agent_ready_after_seconds: float | None
    seconds_to_outcome: float
    loops: bool
    """Whether it starts again by itself after a bugcheck, and comes to the same end."""


def boot(
    disk: WindowsDisk,
    *,
    memory_gb: float,
    rng: Random,
    boot_number: int,
    now: datetime,
    data_disks: Sequence[WindowsDisk] = (),
) -> BootOutcome:
    """Starts Windows from the disk at `now`. Changes the disk: marks it, and may leave a dump on it or on a data disk."""
    entry = _startable(disk)
    if entry is None:
        return BootOutcome("hang", None, "", Screenshot("boot"), None, 20 + rng.uniform(0, 10), loops=False)
    disk.has_run = True
    disk.boots += 1
    ems = bool(entry.ems) and not disk.is_client
    stop_code = _stop_code(disk)
    if stop_code is None:
        shown, ready = 40 + rng.uniform(0, 20), 30 + rng.uniform(0, 20)
        serial = _SAC_BANNER if ems else ""
        screenshot = Screenshot("login")
        return BootOutcome("booted", None, serial, screenshot, ready if disk.agent else None, shown, loops=False)
    seconds = 20 + rng.uniform(0, 15)
    _crash(disk, stop_code, memory_gb, now, data_disks)
    serial = _bluescreen(stop_code, boot_number) if ems else ""
    return BootOutcome("bugcheck", stop_code, serial, Screenshot("bluescreen", stop_code), None, seconds, loops=True)


def _startable(disk: WindowsDisk) -> BcdEntry | None:
    """The entry that leads to a loader; None for 0xc000000e and its kind, a text screen that waits for ever."""
    store = disk.boot_store()
    entry = store.started_entry() if store else None
    volume = disk.volume(entry.device) if entry else None
    hive = disk.system_hive()
    rewritten = disk.identity != disk.first_identity
    if entry is None or volume is None or rewritten or not volume.read(entry.path):
        return None
    return entry if hive and hive.corrupt != "always" else None


def _stop_code(disk: WindowsDisk) -> int | None:
    if disk.fault == "other_stop_code":
        return disk.stop_code
    volume = disk.windows_volume()
    files = volume.files.values() if volume else ()
    sick = any(isinstance(file.content, SystemFile) and not file.content.healthy for file in files)
    bad_driver = volume is not None and volume.read(BAD_DRIVER) is not None
    return disk.stop_code if sick or bad_driver else None


def _bluescreen(stop_code: int, boot_number: int) -> str:
    return (
        '\r\n<?xml>\r\n<BP>\r\n<INSTANCE CLASSNAME="BLUESCREEN">\r\n'
        f'<PROPERTY NAME="STOPCODE" TYPE="string"><VALUE>"0x{stop_code:X}"</VALUE>\r\n</PROPERTY>\r\n'
        f"<machine-info>\r\n<name>BOOT-{boot_number}</name>\r\n"
        "<processor-architecture>AMD64</processor-architecture>\r\n"
        "<os-version>10.0</os-version>\r\n</machine-info>\r\n</INSTANCE>\r\n</BP>\r\n"
    )


def _crash(
    disk: WindowsDisk, stop_code: int, memory_gb: float, now: datetime, data_disks: Sequence[WindowsDisk]
) -> None:
    """Leaves MEMORY.DMP where the hive says, if collection is on, a file can take it, and there is room."""
    hive, volume = disk.system_hive(), disk.windows_volume()
    current = hive.get("Select", "Current") if hive else None
    if not (hive and volume and current and disk.writes_dump):
        return
    control = f"ControlSet{current.data:03d}\\Control"
    enabled = hive.get(f"{control}\\CrashControl", "CrashDumpEnabled")
    if enabled is None or enabled.data != 1 or not _has_crash_file(hive, control, memory_gb):
        return
    name = hive.get(f"{control}\\CrashControl", "DumpFile")
    where = _resolve(str(name.data) if name else "", volume, data_disks)
    # Room must be there for all of the memory; how much of it the scenario's dump holds is its own figure.
    if where and where[0].free_mb > memory_gb * 1024:
        where[0].write(where[1], Dump(stop_code, now, disk.dump_bytes, kind=1), disk.dump_bytes)


def _has_crash_file(hive: Hive, control: str, memory_gb: float) -> bool:
    """Whether a dedicated dump file, or a page file on the OS volume, can take a complete dump."""
    if hive.get(f"{control}\\CrashControl", "DedicatedDumpFile"):
        return True
    paging = hive.get(f"{control}\\Session Manager\\Memory Management", "PagingFiles")
    words = str(paging.data).split() if paging else []
    if not words or words[0][:1].upper() not in {"C", "?"}:
        return False
    most = int(words[2]) if len(words) > 2 else 0
    return most == 0 or most >= memory_gb * 1024 + _PAGE_FILE_HEADER_MB


def _resolve(name: str, windows: Volume, data_disks: Sequence[WindowsDisk]) -> tuple[Volume, str] | None:
    """A path as the broken VM names it → its volume and the path below the root."""
    if name.lower().startswith("%systemroot%\\"):
        return windows, "\\Windows" + name[len("%systemroot%") :]
    letter, below = name[:1].upper(), name[2:]
    if letter == "C":
        return windows, below
    found = next((disk for disk in data_disks if disk.letter == letter), None)
    return (found.volumes[0], below) if found else None
