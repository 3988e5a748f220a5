"""The article's steps as native commands, each change followed by the command that reads it back."""

from typing import Final

from bootmend.articles import native
from bootmend.articles.broken_disk import BrokenDisk, CannotPlanError, entry_elements
from bootmend.models.guest import (
    BootExpectation,
    CrashValue,
    DumpPlan,
    OldValue,
    PlannedCommand,
    RegistryExpectation,
    RegistryValue,
)

type Commands = tuple[PlannedCommand, ...]

SFC_STEP: Final = "4: SFC on the offline Windows"
SERIAL_STEP: Final = "5: enable the serial console"
DUMP_STEP: Final = "5: enable memory dump collection"
_PREPARE: Final = "before 4: letters and backups"
_EMS_SETTINGS: Final = "{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}"
"""The well-known id of the global EMS settings, which bcdedit also calls {emssettings}."""


def keep_folder(disk: BrokenDisk) -> str:
    """Where backups and SFC's log stay, on the broken disk itself."""
    return disk.windows.path(f"{disk.folder}\\Logs\\Bootmend")


def boot_backup(disk: BrokenDisk) -> str:
    return f"{keep_folder(disk)}\\Boot\\BCD"


def sfc_log(disk: BrokenDisk) -> str:
    return f"{keep_folder(disk)}\\sfc.log"


def _boot_folder(disk: BrokenDisk) -> str:
    return disk.store_path.removesuffix("\\BCD")


def _hive_folder(disk: BrokenDisk) -> str:
    return disk.windows.path(f"{disk.folder}\\System32\\config")


def framed(disk: BrokenDisk, commands: Commands) -> Commands:
    """The commands between what they need and its clean-up: a free hive name, and letters, taken back in reverse."""
    places = [place for place in disk.places if place.mount]
    mount = [native.mount_volume(f"mount-{place.partition}", _PREPARE, place.letter, place.volume) for place in places]
    unmount = [
        native.unmount_volume(f"unmount-{place.partition}", _PREPARE, place.letter, f"mount-{place.partition}")
        for place in reversed(places)
    ]
    before = native.hive_absent("hive-free", _PREPARE)
    clean_up = (native.unload_hive(DUMP_STEP), native.hive_absent("hive-gone", DUMP_STEP, after="hive-load"))
    return tuple(native.check(command) for command in (before, *mount, *commands, *clean_up, *unmount))


def back_up(disk: BrokenDisk) -> Commands:
    """BCD and hive saved on the disk, and the copies compared, before anything is changed."""
    keep = keep_folder(disk)
    config = _hive_folder(disk)
    return (
        native.copy_file("save-bcd", _PREPARE, _boot_folder(disk), f"{keep}\\Boot", "BCD"),
        native.same_file("bcd-saved", _PREPARE, disk.store_path, boot_backup(disk), "save-bcd"),
        native.copy_file("save-hive", _PREPARE, config, f"{keep}\\Hive", "SYSTEM"),
        native.same_file("hive-saved", _PREPARE, f"{config}\\SYSTEM", f"{keep}\\Hive\\SYSTEM", "save-hive"),
    )


def scan(disk: BrokenDisk) -> PlannedCommand:
    """`/offbootdir` is the broken VM's boot partition: the article's first edition names the repair VM's, wrongly."""
    return native.scan_files(SFC_STEP, disk.boot.root, disk.windows.path(disk.folder), sfc_log(disk))


def enable_serial_console(disk: BrokenDisk) -> tuple[Commands, tuple[BootExpectation, ...]]:
    store, loader = disk.store_path, disk.loader.id
    commands = (
        native.ems_on(SERIAL_STEP, store, loader),
        native.ems_settings(SERIAL_STEP, store),
        native.show_entry("ems-is-on", SERIAL_STEP, store, loader, "ems-on"),
        native.show_entry("ems-is-set", SERIAL_STEP, store, _EMS_SETTINGS, "ems-settings"),
    )
    settings = {"emsport": str(native.EMS_PORT), "emsbaudrate": str(native.EMS_BAUDRATE)}
    return commands, (
        BootExpectation(command="ems-is-on", elements={**entry_elements(disk), "ems": "Yes"}),
        BootExpectation(command="ems-is-set", elements=settings),
    )


def crash_values(dump: DumpPlan) -> dict[CrashValue, RegistryValue]:
    """What is written to each control set: the article's three, and the dedicated dump file where one is needed."""
    values: dict[CrashValue, RegistryValue] = {
        "CrashDumpEnabled": RegistryValue(kind="REG_DWORD", data=1),
        "DumpFile": RegistryValue(kind="REG_EXPAND_SZ", data=dump.dump_file),
        "NMICrashDump": RegistryValue(kind="REG_DWORD", data=1),
    }
    if dump.dedicated_dump_file:
        values["DedicatedDumpFile"] = RegistryValue(kind="REG_SZ", data=dump.dedicated_dump_file)
    return values


def enable_dump(disk: BrokenDisk, dump: DumpPlan) -> tuple[Commands, tuple[RegistryExpectation, ...]]:
    """The values in every control set that exists; adding to a missing one would leave a stub."""
    writes: list[PlannedCommand] = []
    reads: list[PlannedCommand] = []
    expectations: list[RegistryExpectation] = []
    for control_set in disk.hive.control_sets:
        for name, value in crash_values(dump).items():
            write, read = _write(control_set.number, name, value)
            writes.append(write)
            reads.append(read)
            expectations.append(RegistryExpectation(command=read.id, name=name, kind=value.kind, data=value.data))
    return (_load(disk), *writes, *reads), tuple(expectations)


def old_values(disk: BrokenDisk, dump: DumpPlan) -> tuple[OldValue, ...]:
    return tuple(
        OldValue(control_set=control_set.number, name=name, value=control_set.crash.get(name))
        for control_set in disk.hive.control_sets
        for name in crash_values(dump)
    )


def restore_values(disk: BrokenDisk, old: tuple[OldValue, ...]) -> tuple[Commands, tuple[RegistryExpectation, ...]]:
    """Old values written back, absent ones deleted; raises CannotPlanError for one that cannot be written."""
    existing = {control_set.number for control_set in disk.hive.control_sets}
    writes: list[PlannedCommand] = []
    reads: list[PlannedCommand] = []
    expectations: list[RegistryExpectation] = []
    for value in old:
        if value.control_set not in existing:
            raise CannotPlanError("control_set", f"ControlSet{value.control_set:03d} is gone.")
        if value.value is None:
            write, read = _delete(value.control_set, value.name)
        else:
            write, read = _write(value.control_set, value.name, value.value)
            kind, data = value.value.kind, value.value.data
            expectations.append(RegistryExpectation(command=read.id, name=value.name, kind=kind, data=data))
        writes.append(_writable(write))
        reads.append(read)
    return (_load(disk), *writes, *reads), tuple(expectations)


def put_boot_store_back(disk: BrokenDisk) -> Commands:
    """The saved BCD over the changed one, and compared."""
    return (
        native.copy_file("restore-bcd", SERIAL_STEP, f"{keep_folder(disk)}\\Boot", _boot_folder(disk), "BCD"),
        native.same_file("bcd-restored", SERIAL_STEP, boot_backup(disk), disk.store_path, "restore-bcd"),
    )


def _load(disk: BrokenDisk) -> PlannedCommand:
    return native.load_hive(DUMP_STEP, f"{_hive_folder(disk)}\\SYSTEM")


def _write(number: int, name: CrashValue, value: RegistryValue) -> tuple[PlannedCommand, PlannedCommand]:
    key, command = native.crash_control(number), f"set-{number:03d}-{name.lower()}"
    write = native.set_value(command, DUMP_STEP, key, name, value)
    return write, native.query_value(f"is-{number:03d}-{name.lower()}", DUMP_STEP, key, name, command)


def _delete(number: int, name: CrashValue) -> tuple[PlannedCommand, PlannedCommand]:
    key, command = native.crash_control(number), f"set-{number:03d}-{name.lower()}"
    write = native.delete_value(command, DUMP_STEP, key, name)
    return write, native.value_absent(f"is-{number:03d}-{name.lower()}", DUMP_STEP, key, name, command)


def _writable(command: PlannedCommand) -> PlannedCommand:
    try:
        return native.check(command)
    except native.UnsafeCommandError as unsafe:
        raise CannotPlanError("hive", f"The old value cannot be written back: {unsafe}.") from unsafe
