"""A wrong command line fails as it would on Windows."""

from random import Random

import pytest

from sandbox.windows import RepairGuest, SourceVm, SourceWindows, build_os_disk
from sandbox.windows.system32 import run_native

HIVE = "E:\\Windows\\System32\\config\\SYSTEM"
ESP = "\\\\?\\Volume{%s}\\"


@pytest.fixture
def guest() -> RepairGuest:
    guest = RepairGuest({0: build_os_disk(SourceVm(), SourceWindows())})
    guest.look()
    return guest


def run(guest: RepairGuest, exe: str, *args: str) -> int:
    return run_native(guest, exe, args, Random(1)).exit_code


def boot_volume(guest: RepairGuest) -> str:
    volume = guest.attached[0].boot_volume()
    assert volume
    return volume.id


FAILING = {
    "bcdedit without store": ("bcdedit.exe", ("/ems", "{default}", "ON")),
    "bcdedit on the repair VM's store": ("bcdedit.exe", ("/store", "C:\\Boot\\BCD", "/ems", "{default}", "ON")),
    "store is not there": ("bcdedit.exe", ("/store", "E:\\Boot\\BCD", "/ems", "{default}", "ON")),
    "reg outside HKLM": ("reg.exe", ("load", "HKCU\\X", HIVE)),
    "hive is not there": ("reg.exe", ("load", "HKLM\\BROKENSYSTEM", "E:\\Windows\\SYSTEM")),
    "hive of the repair VM": ("reg.exe", ("load", "HKLM\\BROKENSYSTEM", "C:\\Windows\\System32\\config\\SYSTEM")),
    "unload of nothing": ("reg.exe", ("unload", "HKLM\\BROKENSYSTEM")),
    "query of nothing": ("reg.exe", ("query", "HKLM\\BROKENSYSTEM")),
    "letter in use": ("mountvol.exe", ("E:", ESP % "00000000-0000-0000-0000-000000000000")),
    "letter of nothing taken away": ("mountvol.exe", ("S:", "/D")),
    "folder is not there": ("robocopy.exe", ("E:\\Nowhere", "E:\\Keep", "BCD")),
    "files are not there": ("fc.exe", ("/B", "E:\\one", "E:\\two")),
    "not an executable": ("format.exe", ("E:",)),
}


@pytest.mark.parametrize("name", FAILING)
def test_fails(guest: RepairGuest, name: str) -> None:
    exe, args = FAILING[name]
    before = guest.attached[0].clone()
    assert run(guest, exe, *args) != 0
    assert guest.attached[0] == before


def test_boot_store_is_reached_by_a_letter_only(guest: RepairGuest) -> None:
    show = ("/store", "S:\\EFI\\Microsoft\\Boot\\BCD", "/enum", "{default}", "/v")
    assert run(guest, "bcdedit.exe", *show) == 1
    assert run(guest, "mountvol.exe", "S:", ESP % boot_volume(guest)) == 0
    assert run(guest, "bcdedit.exe", *show) == 0
    assert run(guest, "mountvol.exe", "S:", "/D") == 0
    assert run(guest, "bcdedit.exe", *show) == 1


def test_shell_variables_are_not_expanded(guest: RepairGuest) -> None:
    key = "HKLM\\BROKENSYSTEM\\ControlSet001\\Control\\CrashControl"
    value = ("/v", "DumpFile", "/t", "REG_EXPAND_SZ", "/d", "%SystemRoot%\\MEMORY.DMP", "/f")
    assert run(guest, "reg.exe", "load", "HKLM\\BROKENSYSTEM", HIVE) == 0
    assert run(guest, "reg.exe", "add", key, *value) == 0
    shown = run_native(guest, "reg.exe", ("query", key, "/v", "DumpFile"), Random(1)).output
    assert "DumpFile    REG_EXPAND_SZ    %SystemRoot%\\MEMORY.DMP" in shown


def test_a_missing_control_set_becomes_a_stub(guest: RepairGuest) -> None:
    """Why the plan writes to those that exist, and to no other."""
    run(guest, "reg.exe", "load", "HKLM\\BROKENSYSTEM", HIVE)
    key = "HKLM\\BROKENSYSTEM\\ControlSet002\\Control\\CrashControl"
    assert run(guest, "reg.exe", "add", key, "/v", "NMICrashDump", "/t", "REG_DWORD", "/d", "1", "/f") == 0
    hive = guest.attached[0].system_hive()
    assert hive
    assert hive.control_sets() == [1, 2]


def test_a_loaded_hive_cannot_be_copied(guest: RepairGuest) -> None:
    copy = ("E:\\Windows\\System32\\config", "E:\\Keep", "SYSTEM")
    run(guest, "reg.exe", "load", "HKLM\\BROKENSYSTEM", HIVE)
    assert run(guest, "robocopy.exe", *copy) == 8
    run(guest, "reg.exe", "unload", "HKLM\\BROKENSYSTEM")
    assert run(guest, "robocopy.exe", *copy) == 1
    assert run(guest, "robocopy.exe", *copy) == 0
    assert run(guest, "fc.exe", "/B", HIVE, "E:\\Keep\\SYSTEM") == 0
