"""Simulated Windows: disks, booting, and a repair VM that runs the shipped guest scripts."""

from sandbox.windows.boot import BootOutcome, Screenshot, boot
from sandbox.windows.build import build_data_disk, build_os_disk
from sandbox.windows.disk import WindowsDisk
from sandbox.windows.guest import RepairGuest
from sandbox.windows.script_run import ScriptRun
from sandbox.windows.scripts import run_script
from sandbox.windows.spec import DataDiskSpec, OsDiskSpec, SourceVm, SourceWindows

__all__ = [
    "BootOutcome",
    "DataDiskSpec",
    "OsDiskSpec",
    "RepairGuest",
    "Screenshot",
    "ScriptRun",
    "SourceVm",
    "SourceWindows",
    "WindowsDisk",
    "boot",
    "build_data_disk",
    "build_os_disk",
    "run_script",
]
