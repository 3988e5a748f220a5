"""Disks as a scenario describes them."""

import uuid
from datetime import datetime, timedelta
from typing import Literal

from sandbox.clock import START
from sandbox.windows.bcd import BcdEntry, BcdStore
from sandbox.windows.disk import MB, SystemFile, Volume, WindowsDisk
from sandbox.windows.dump import Dump
from sandbox.windows.registry import Hive, Value
from sandbox.windows.spec import DataDiskSpec, SourceVm, SourceWindows

_STALE = timedelta(days=40)
_HIVE_SIZE = 18 * MB
_PROTECTED = (
    "\\Windows\\System32\\ntdll.dll",
    "\\Windows\\System32\\csrss.exe",
    "\\Windows\\System32\\wininit.exe",
    "\\Windows\\System32\\services.exe",
    "\\Windows\\System32\\basesrv.dll",
)
_DAMAGED = "\\Windows\\System32\\basesrv.dll"
BAD_DRIVER = "\\Windows\\System32\\drivers\\acmefilter.sys"


def guid_of(*words: str) -> str:
    """A GUID that is the same each time for the same words."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(words)))


def build_os_disk(vm: SourceVm, windows: SourceWindows, *, now: datetime = START) -> WindowsDisk:
    """The VM's OS disk at the scenario's begin; `now` dates a dump that is there already."""
    v2 = vm.generation == "V2"
    boot_id, windows_id = (1, 4) if v2 else (1, 2)
    disk = WindowsDisk(
        style="GPT" if v2 else "MBR",
        identity=guid_of(vm.name, "disk") if v2 else guid_of(vm.name, "disk")[:8],
        size_mb=vm.os_disk.size_gb * 1024,
        volumes=[_boot_volume(vm, boot_id), _windows_volume(vm, windows_id)],
        fault=windows.fault,
        stop_code=int(windows.stop_code, 16) if windows.fault == "other_stop_code" else 0xEF,
        is_client=vm.is_client,
        agent=windows.agent,
        writes_dump=windows.writes_dump,
        dump_bytes=int(windows.dump_gb * 1024**3),
        collides=windows.disk_identity == "collides",
        trouble=frozenset(windows.trouble),
    )
    _fill_boot_volume(disk, vm, windows, windows_id)
    _fill_windows_volume(disk, vm, windows, windows_id)
    _leave_dump(disk, windows, now)
    return disk


def build_data_disk(vm: SourceVm, spec: DataDiskSpec) -> WindowsDisk:
    """A data disk of the VM with one NTFS volume; copies of it may be attached to a repair VM too."""
    name = f"data-{spec.lun}"
    volume = Volume(
        2, guid_of(vm.name, name, "volume"), "basic", "NTFS", int(spec.free_gb * 1024) + 1024, spec.free_gb * 1024
    )
    size = volume.size_mb + 16
    return WindowsDisk("GPT", guid_of(vm.name, name), size, [volume], letter=spec.letter)


def _boot_volume(vm: SourceVm, partition: int) -> Volume:
    v2 = vm.generation == "V2"
    role: Literal["efi", "active"] = "efi" if v2 else "active"
    file_system, size = ("FAT32", 99) if v2 else ("NTFS", 500)
    return Volume(partition, guid_of(vm.name, "boot"), role, file_system, size, size - 40)


def _windows_volume(vm: SourceVm, partition: int) -> Volume:
    size = vm.os_disk.size_gb * 1024 - 600
    volume = Volume(partition, guid_of(vm.name, "windows"), "basic", "NTFS", size, vm.os_disk.free_gb * 1024)
    if vm.encryption != "none":
        volume.bitlocker, volume.file_system = "locked", ""
    return volume


def _fill_boot_volume(disk: WindowsDisk, vm: SourceVm, windows: SourceWindows, partition: int) -> None:
    if "no_boot_store" in windows.trouble:
        return
    loader = "winload.efi" if disk.style == "GPT" else "winload.exe"
    path = f"\\Windows\\system32\\{loader}"
    if "loader_path_missing" in windows.trouble:
        path = f"\\Windows\\system32\\boot\\{loader}"
    entry = BcdEntry(f"{{{guid_of(vm.name, 'loader')}}}", path, partition, partition, ems=True if windows.ems else None)
    default: str | None = entry.id
    if "no_default_loader" in windows.trouble:
        default = None
    elif "dangling_default_loader" in windows.trouble:
        default = f"{{{guid_of(vm.name, 'deleted')}}}"
    store = BcdStore(default, [entry])
    if windows.ems:
        store.ems_port, store.ems_baudrate = 1, 115200
    boot = disk.boot_volume()
    assert boot
    boot.write(disk.store_path(), store, 32 * 1024)


def _fill_windows_volume(disk: WindowsDisk, vm: SourceVm, windows: SourceWindows, partition: int) -> None:
    volume = disk.volume(partition)
    assert volume
    free = volume.free_mb
    volume.write("\\Windows\\System32\\ntoskrnl.exe", "10.0.20348.2700")
    loader = "winload.efi" if disk.style == "GPT" else "winload.exe"
    volume.write(f"\\Windows\\System32\\{loader}", loader)
    for path in _PROTECTED:
        volume.write(path, SystemFile())
    if windows.fault in {"corrupt_file", "unrepairable_file"}:
        volume.write(_DAMAGED, SystemFile(healthy=False, mendable=windows.fault == "corrupt_file"))
    if windows.fault == "bad_driver":
        volume.write(BAD_DRIVER, "a driver that ends a critical process")
    if {"sfc_pending_reboot"} & disk.trouble:
        volume.write("\\Windows\\WinSxS\\pending.xml", "<PendingTransaction/>")
    volume.write("\\Windows\\System32\\config\\SYSTEM", _system_hive(vm, windows, partition), _HIVE_SIZE)
    if "two_windows" in disk.trouble:
        _add_second_windows(disk, vm)
    volume.free_mb = free


def _add_second_windows(disk: WindowsDisk, vm: SourceVm) -> None:
    other = Volume(9, guid_of(vm.name, "second"), "basic", "NTFS", 20_000, 9_000)
    other.write("\\Windows\\System32\\config\\SYSTEM", Hive(), _HIVE_SIZE)
    disk.volumes.append(other)


def _system_hive(vm: SourceVm, windows: SourceWindows, partition: int) -> Hive:
    hive = Hive(corrupt=_corruption(windows.trouble))
    numbers, current = windows.control_sets, windows.current_control_set
    if "current_is_2" in windows.trouble:
        numbers, current = (1, 2), 2
    last_known_good = 2 if "missing_control_set_2" in windows.trouble else current
    for name, number in (("Current", current), ("Default", current), ("LastKnownGood", last_known_good)):
        hive.set("Select", name, Value("REG_DWORD", number))
    hive.set("Setup", "SystemSetupInProgress", Value("REG_DWORD", int("setup_in_progress" in windows.trouble)))
    for number in numbers:
        _fill_control_set(hive, f"ControlSet{number:03d}\\Control", windows)
    hive.set("MountedDevices", "\\DosDevices\\C:", Value("REG_BINARY", f"partition {partition}"))
    hive.set("MountedDevices", "\\DosDevices\\D:", Value("REG_BINARY", "temporary disk"))
    for data_disk in vm.data_disks:
        hive.set("MountedDevices", f"\\DosDevices\\{data_disk.letter}:", Value("REG_BINARY", "another disk"))
    return hive


def _fill_control_set(hive: Hive, control: str, windows: SourceWindows) -> None:
    crash = f"{control}\\CrashControl"
    hive.set(crash, "CrashDumpEnabled", Value("REG_DWORD", windows.crash_dump_enabled))
    hive.set(crash, "DumpFile", Value("REG_EXPAND_SZ", "%SystemRoot%\\MEMORY.DMP"))
    hive.set(crash, "AutoReboot", Value("REG_DWORD", 1))
    memory = f"{control}\\Session Manager\\Memory Management"
    hive.set(memory, "PagingFiles", Value("REG_MULTI_SZ", windows.page_file))


def _corruption(trouble: tuple[str, ...]) -> Literal["no", "at_load", "always"]:
    if "corrupt_hive" in trouble:
        return "always"
    return "at_load" if "hive_corrupt_at_load" in trouble else "no"


def _leave_dump(disk: WindowsDisk, windows: SourceWindows, now: datetime) -> None:
    volume = disk.windows_volume()
    if volume and windows.memory_dump != "none":
        written = now if windows.memory_dump == "fresh" else now - _STALE
        volume.write("\\Windows\\MEMORY.DMP", Dump(disk.stop_code, written, 700 * MB, kind=6), 700 * MB)
