"""The native commands that a plan may hold. Arguments are built from validated types; nothing here takes free text."""

import re
from typing import Final

from bootmend.models.guest import EntryId, Guid, PlannedCommand, RegistryValue

ALLOWED: Final = frozenset({"bcdedit.exe", "fc.exe", "mountvol.exe", "reg.exe", "robocopy.exe", "sfc.exe"})
"""The executables of a plan; execute.ps1 holds the same list."""
SAFE_ARGUMENT: Final = r"(?:%SystemRoot%)?[A-Za-z0-9_.:\\/={}?-]+"
"""No quote, space, separator or variable, but for the literal %SystemRoot%; execute.ps1 holds the same pattern."""

BROKEN_HIVE: Final = "HKLM\\BROKENSYSTEM"
EMS_PORT: Final = 1
EMS_BAUDRATE: Final = 115200
SFC_LIMIT: Final = 9000
"""Seconds. A scan takes 15 to 60 minutes, longer while the copied disk is still being filled."""
COPY_LIMIT: Final = 300


class UnsafeCommandError(ValueError):
    """A command that no plan may hold."""


def check(command: PlannedCommand) -> PlannedCommand:
    """The command itself; raises UnsafeCommandError for an executable or argument that execute.ps1 would refuse."""
    if command.exe not in ALLOWED:
        raise UnsafeCommandError(f"{command.exe} is not on the allow-list")
    for argument in command.args:
        if not re.fullmatch(SAFE_ARGUMENT, argument):
            raise UnsafeCommandError(f"{command.id}: the argument {argument!r} holds a character that is not allowed")
    return command


def mount_volume(command: str, step: str, letter: str, volume: Guid) -> PlannedCommand:
    args = (f"{letter}:", f"\\\\?\\Volume{{{volume}}}\\")
    return PlannedCommand(id=command, exe="mountvol.exe", args=args, article_step=step)


def unmount_volume(command: str, step: str, letter: str, mounted_by: str) -> PlannedCommand:
    args = (f"{letter}:", "/D")
    return PlannedCommand(
        id=command, exe="mountvol.exe", args=args, always=True, after=mounted_by, tries=5, article_step=step
    )


def copy_file(command: str, step: str, folder: str, into: str, name: str) -> PlannedCommand:
    """robocopy: 0 if the same file is there already, 1 if it was copied; a missing file is 0 too, hence `same_file`."""
    args = (folder, into, name, "/R:2", "/W:2", "/NJH", "/NJS", "/NP", "/NDL")
    return PlannedCommand(
        id=command,
        exe="robocopy.exe",
        args=args,
        accepts=(0, 1),
        time_limit=COPY_LIMIT,
        article_step=step,
        tail_chars=80,
    )


def same_file(command: str, step: str, first: str, second: str, proves: str) -> PlannedCommand:
    return PlannedCommand(
        id=command,
        exe="fc.exe",
        args=("/B", first, second),
        time_limit=COPY_LIMIT,
        proves=proves,
        tail_chars=80,
        article_step=step,
    )


def scan_files(step: str, boot: str, windows: str, log: str) -> PlannedCommand:
    """SFC on an offline Windows. Its exit code tells nothing, so any is accepted; its log decides."""
    return PlannedCommand(
        id="sfc",
        exe="sfc.exe",
        args=("/scannow", f"/offbootdir={boot}", f"/offwindir={windows}", f"/offlogfile={log}"),
        accepts=(),
        time_limit=SFC_LIMIT,
        progress=True,
        encoding="utf-16",
        tail_chars=240,
        article_step=step,
    )


def _bcdedit(command: str, step: str, store: str, *args: str, proves: str | None = None) -> PlannedCommand:
    keep = 700 if proves else 120
    return PlannedCommand(
        id=command, exe="bcdedit.exe", args=("/store", store, *args), article_step=step, proves=proves, tail_chars=keep
    )


def ems_on(step: str, store: str, loader: EntryId) -> PlannedCommand:
    return _bcdedit("ems-on", step, store, "/ems", loader, "ON")


def ems_settings(step: str, store: str) -> PlannedCommand:
    return _bcdedit("ems-settings", step, store, "/emssettings", f"EMSPORT:{EMS_PORT}", f"EMSBAUDRATE:{EMS_BAUDRATE}")


def show_entry(command: str, step: str, store: str, entry: str, proves: str) -> PlannedCommand:
    return _bcdedit(command, step, store, "/enum", entry, "/v", proves=proves)


def load_hive(step: str, hive: str) -> PlannedCommand:
    return PlannedCommand(id="hive-load", exe="reg.exe", args=("load", BROKEN_HIVE, hive), article_step=step)


def unload_hive(step: str) -> PlannedCommand:
    return PlannedCommand(
        id="hive-unload",
        exe="reg.exe",
        args=("unload", BROKEN_HIVE),
        always=True,
        after="hive-load",
        tries=10,
        article_step=step,
    )


def hive_absent(command: str, step: str, *, after: str | None = None) -> PlannedCommand:
    """`reg query` of the hive's key: 1, and nothing else, says that it is not loaded."""
    return PlannedCommand(
        id=command,
        exe="reg.exe",
        args=("query", BROKEN_HIVE),
        accepts=(1,),
        always=after is not None,
        after=after,
        proves="hive-unload" if after else None,
        tail_chars=120,
        article_step=step,
    )


def crash_control(control_set: int) -> str:
    return f"{BROKEN_HIVE}\\ControlSet{control_set:03d}\\Control\\CrashControl"


def set_value(command: str, step: str, key: str, name: str, value: RegistryValue) -> PlannedCommand:
    args = ("add", key, "/v", name, "/t", value.kind, "/d", str(value.data), "/f")
    return PlannedCommand(id=command, exe="reg.exe", args=args, article_step=step, tail_chars=60)


def delete_value(command: str, step: str, key: str, name: str) -> PlannedCommand:
    """Deletes a value; 1 is accepted too, since it may be gone already: the read-back decides."""
    args = ("delete", key, "/v", name, "/f")
    return PlannedCommand(id=command, exe="reg.exe", args=args, accepts=(0, 1), article_step=step, tail_chars=60)


def query_value(command: str, step: str, key: str, name: str, proves: str) -> PlannedCommand:
    args = ("query", key, "/v", name)
    return PlannedCommand(id=command, exe="reg.exe", args=args, proves=proves, tail_chars=240, article_step=step)


def value_absent(command: str, step: str, key: str, name: str, proves: str) -> PlannedCommand:
    return query_value(command, step, key, name, proves).model_copy(update={"accepts": (1,)})
