"""inspect.ps1, played: the facts of the disk at a LUN."""

import base64

from bootmend.models.guest import (
    AttachedDisk,
    BootStore,
    ControlSetFacts,
    CrashValue,
    DumpFacts,
    GuestFacts,
    HiveFacts,
    LoaderEntry,
    MountedLetter,
    RegistryValue,
    SelectFacts,
    VolumeFacts,
    WindowsFacts,
)
from sandbox.windows.bcd import BcdEntry
from sandbox.windows.disk import Volume, WindowsDisk
from sandbox.windows.guest import RepairGuest
from sandbox.windows.registry import Hive

_CRASH_VALUES: tuple[CrashValue, ...] = ("CrashDumpEnabled", "DumpFile", "NMICrashDump", "DedicatedDumpFile")


def look_inside(guest: RepairGuest, lun: int) -> GuestFacts:
    """What inspect.ps1 reports; the disk is left as it is."""
    guest.look()
    loaded = "BROKENSYSTEM" in guest.loaded
    disk = guest.attached.get(lun)
    if disk is None:
        return GuestFacts(lun=lun, brokensystem_loaded=loaded, own_letters=guest.own_letters)
    state = _state(guest, lun, disk)
    if state.collides:
        return GuestFacts(lun=lun, disk=state, brokensystem_loaded=loaded, own_letters=guest.own_letters)
    readable = [volume for volume in disk.volumes if volume.file_system]
    return GuestFacts(
        lun=lun,
        disk=state,
        volumes=tuple(_volume(guest, volume) for volume in disk.volumes),
        boot_store=_boot_store(disk),
        windows=tuple(
            _windows(disk, volume) for volume in readable if volume.has_folder("\\Windows\\System32\\config")
        ),
        brokensystem_loaded=loaded,
        dumps=_dumps(guest, disk),
        own_letters=guest.own_letters,
    )


def _state(guest: RepairGuest, lun: int, disk: WindowsDisk) -> AttachedDisk:
    reason = guest.offline.get(lun)
    return AttachedDisk(
        number=2 + lun,
        online=reason is None,
        read_only=lun in guest.read_only,
        offline_reason=reason,
        style=disk.style,
        identity=disk.identity,
        size_mb=disk.size_mb,
    )


def _volume(guest: RepairGuest, volume: Volume) -> VolumeFacts:
    return VolumeFacts(
        partition=volume.partition,
        id=volume.id,
        role=volume.role,
        letter=guest.letters.get(volume.id),
        file_system=volume.file_system,
        size_mb=volume.size_mb,
        free_mb=int(volume.free_mb),
        bitlocker=volume.bitlocker,
    )


def _boot_store(disk: WindowsDisk) -> BootStore | None:
    volume, store = disk.boot_volume(), disk.boot_store()
    if volume is None or store is None:
        return None
    return BootStore(
        partition=volume.partition,
        path=disk.store_path(),
        default=store.default,
        loaders=tuple(_loader(disk, entry) for entry in store.entries),
        ems_port=store.ems_port,
        ems_baudrate=store.ems_baudrate,
    )


def _loader(disk: WindowsDisk, entry: BcdEntry) -> LoaderEntry:
    volume = disk.volume(entry.device)
    return LoaderEntry(
        id=entry.id,
        path=entry.path,
        path_exists=volume is not None and volume.read(entry.path) is not None,
        device_partition=entry.device,
        osdevice_partition=entry.osdevice,
        systemroot=entry.systemroot,
        ems=entry.ems,
    )


def _windows(disk: WindowsDisk, volume: Volume) -> WindowsFacts:
    kernel = volume.read("\\Windows\\System32\\ntoskrnl.exe")
    file = volume.read("\\Windows\\System32\\config\\SYSTEM")
    hive = file.content if file else None
    return WindowsFacts(
        partition=volume.partition,
        folder="\\Windows",
        build=str(kernel.content) if kernel else "",
        hive=_hive(disk, hive) if isinstance(hive, Hive) else HiveFacts(state="missing"),
        pending_servicing=volume.read("\\Windows\\WinSxS\\pending.xml") is not None,
    )


def _hive(disk: WindowsDisk, hive: Hive) -> HiveFacts:
    if hive.corrupt == "always":
        return HiveFacts(state="corrupt")
    setup = hive.get("Setup", "SystemSetupInProgress")
    return HiveFacts(
        state="readable",
        select=_select(hive),
        control_sets=tuple(_control_set(hive, number) for number in hive.control_sets()),
        mounted=tuple(_mounted(disk, hive)),
        setup_in_progress=bool(setup and setup.data),
    )


def _select(hive: Hive) -> SelectFacts | None:
    numbers = [hive.get("Select", name) for name in ("Current", "Default", "LastKnownGood")]
    current, default, last = (int(value.data) if value else None for value in numbers)
    if current is None or default is None:
        return None
    return SelectFacts(current=current, default=default, last_known_good=last)


def _control_set(hive: Hive, number: int) -> ControlSetFacts:
    control = f"ControlSet{number:03d}\\Control"
    crash: dict[CrashValue, RegistryValue] = {}
    for name in _CRASH_VALUES:
        value = hive.get(f"{control}\\CrashControl", name)
        if value and value.kind in {"REG_DWORD", "REG_SZ", "REG_EXPAND_SZ"}:
            crash[name] = RegistryValue.model_validate({"kind": value.kind, "data": value.data})
    paging = hive.get(f"{control}\\Session Manager\\Memory Management", "PagingFiles")
    return ControlSetFacts(number=number, crash=crash, page_files=(str(paging.data),) if paging else ())


def _mounted(disk: WindowsDisk, hive: Hive) -> list[MountedLetter]:
    names = {f"partition {volume.partition}": volume.partition for volume in disk.volumes}
    return [
        MountedLetter(letter=name[-2].upper(), partition=names.get(str(value.data)))
        for name, value in (hive.key("MountedDevices") or {}).items()
        if name.startswith("\\DosDevices\\")
    ]


def _dumps(guest: RepairGuest, disk: WindowsDisk) -> tuple[DumpFacts, ...]:
    found = []
    for volume, file, dump in disk.dumps():
        header = dump.header()
        found.append(
            DumpFacts(
                partition=volume.partition,
                path=f"{guest.letters.get(volume.id, '?')}:{file.path}",
                size_bytes=dump.size_bytes,
                created_at=dump.written_at,
                written_at=dump.written_at,
                head=base64.b64encode(header[:0x60]).decode(),
                detail=base64.b64encode(header[0xF98:0xFB8]).decode(),
            )
        )
    return tuple(found)
