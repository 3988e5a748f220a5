"""System File Checker on an offline Windows: its console, its log, and what it mends."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.windows.disk import File, SystemFile, Volume, WindowsDisk
from sandbox.windows.guest import RepairGuest

BATCHES = 60
_PENDING = (
    "\r\nThere is a system repair pending which requires reboot to complete.  Restart\r\nWindows and run sfc again.\r\n"
)
_NO_SERVICE = "\r\nWindows Resource Protection could not start the repair service.\r\n"
_BEGIN = "\r\nBeginning system scan.  This process will take some time.\r\n\r\n"
_CLEAN = "\r\nWindows Resource Protection did not find any integrity violations.\r\n"
_REPAIRED = "\r\nWindows Resource Protection found corrupt files and successfully repaired them.\r\n"
_NOT_REPAIRED = "\r\nWindows Resource Protection found corrupt files but was unable to fix some of them.\r\n"


@dataclass(frozen=True)
class Scan:
    """A scan that takes place: `seconds` is 0 if SFC gave up at once. Its exit code is always 0."""

    output: str
    seconds: float


def scan(guest: RepairGuest, args: tuple[str, ...], *, seconds: float, limit: float, now: datetime) -> Scan:
    """`/scannow /offbootdir=X:\\ /offwindir=Y:\\Windows /offlogfile=PATH`; a scan beyond the limit mends nothing."""
    options = dict(arg.lower().split("=", 1) for arg in args if "=" in arg)
    boot = guest.resolve(options.get("/offbootdir", ""))
    windows = guest.resolve(options.get("/offwindir", ""))
    log = guest.resolve(next((arg.split("=", 1)[1] for arg in args if arg.lower().startswith("/offlogfile=")), ""))
    if "/scannow" not in args or boot is None or windows is None or log is None:
        return Scan(_NO_SERVICE, 0)
    disk, volume, folder = windows
    if boot[0] is not disk or boot[1].role not in {"efi", "active"} or not volume.has_folder(f"{folder}\\System32"):
        return Scan(_NO_SERVICE, 0)
    if "sfc_no_repair_service" in disk.trouble:
        return Scan(_NO_SERVICE, 0)
    if volume.read(f"{folder}\\WinSxS\\pending.xml"):
        return Scan(_PENDING, 0)
    if "sfc_time_out" in disk.trouble:
        seconds = limit + 600
    if seconds > limit:
        _append(log[1], log[2], [_SR_VERIFYING, _SR_BEGIN], now)
        return Scan(_BEGIN + "Verification 41% complete.", seconds)
    return Scan(_BEGIN + "Verification 100% complete." + _mend(disk, volume, log, now), seconds)


_SR_VERIFYING = "Verifying 100 components"
_SR_BEGIN = "Beginning Verify and Repair transaction"


def _mend(disk: WindowsDisk, volume: Volume, log: tuple[WindowsDisk, Volume, str], now: datetime) -> str:
    lines = [line for _ in range(BATCHES) for line in (_SR_VERIFYING, _SR_BEGIN, "Verify complete")]
    sick = [(file, file.content) for file in volume.files.values() if isinstance(file.content, SystemFile)]
    sick = [(file, content) for file, content in sick if not content.healthy]
    for file, content in sick:
        if content.mendable:
            content.healthy = "sfc_lies" not in disk.trouble
            lines += ["Repairing 1 components", f"Repairing file \\??\\E:{file.path} from store", "Repair complete"]
        else:
            lines += _cannot(file)
    _append(log[1], log[2], lines, now)
    if not sick:
        return _CLEAN
    return _REPAIRED if all(content.mendable for _, content in sick) else _NOT_REPAIRED


def _cannot(file: File) -> list[str]:
    name = file.path.rsplit("\\", 1)[-1]
    component = (
        "of Microsoft-Windows-BaseSrv, version 10.0.20348.2700, arch amd64, nonSxS, pkt {l:8 b:31bf3856ad364e35}"
    )
    return [f"Cannot repair member file [l:{len(name)}]'{name}' {component} in the store, hash mismatch"] * 2


def _append(volume: Volume, path: str, lines: list[str], now: datetime) -> None:
    """Adds to the log, which SFC never empties."""
    old = volume.read(path)
    text = str(old.content) if old else ""
    for number, line in enumerate(lines):
        stamp = (now + timedelta(seconds=number)).strftime("%Y-%m-%d %H:%M:%S")
        text += f"{stamp}, Info                  CSI    {number:08x} [SR] {line}\r\n"
    volume.write(path, text, len(text))


def sr_messages(log: str) -> list[str]:
    """The [SR] messages of a log, without stamps."""
    return [match[1].strip() for match in re.finditer(r"\[SR\] ([^\r\n]*)", log)]
