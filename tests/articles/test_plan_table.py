"""Fact sets → a plan, or the refusal's code."""

from collections.abc import Callable

import pytest

from bootmend.articles import critical_process_died
from bootmend.articles.article import Machine, Refusal
from bootmend.models.guest import GuestFacts, Plan, RegistryValue
from tests.articles import facts as given

type Case = tuple[GuestFacts, Machine]
GB = given.GB
OTHER = "{00000000-0000-4000-8000-000000000001}"


def with_disk(**changes: object) -> Case:
    return given.facts(disk=given.disk("V2", **changes)), given.machine()


def with_store(**changes: object) -> Case:
    return given.facts(boot_store=given.boot_store("V2", **changes)), given.machine()


def with_loader(**changes: object) -> Case:
    return with_store(loaders=[given.loader("V2", **changes).model_dump()])


def with_windows(**changes: object) -> Case:
    return given.facts(windows=(given.windows("V2", **changes),)), given.machine()


def with_hive(**changes: object) -> Case:
    return with_windows(hive=given.hive(4, **changes).model_dump())


def with_volume(**changes: object) -> Case:
    return given.facts(volumes=given.volumes(windows_volume=changes)), given.machine()


def changed(**changes: object) -> Case:
    return given.facts("V2", **changes), given.machine()


REFUSALS: dict[str, tuple[Callable[[], Case], str]] = {
    "nothing at the LUN": (lambda: changed(disk=None), "no_disk"),
    "collision": (lambda: with_disk(online=False, offline_reason="Collision"), "collision"),
    "collision, spelt otherwise": (lambda: with_disk(online=False, offline_reason="Signature Collision"), "collision"),
    "raw disk": (lambda: with_disk(style="RAW", identity=None), "disk_layout"),
    "no identity": (lambda: with_disk(identity=None), "disk_layout"),
    "MBR disk of a V2 VM": (lambda: with_disk(style="MBR", identity=given.MBR_IDENTITY), "generation"),
    "GPT disk of a V1 VM": (lambda: (given.facts("V2"), given.machine("V1")), "generation"),
    "offline and not looked into": (
        lambda: changed(disk=given.disk(online=False, offline_reason="Policy"), volumes=()),
        "disk_offline",
    ),
    "BitLocker locked": (lambda: with_volume(bitlocker="locked", file_system=""), "bitlocker"),
    "BitLocker on": (lambda: with_volume(bitlocker="on"), "bitlocker"),
    "volume that cannot be read": (lambda: with_volume(bitlocker="unknown", file_system=""), "bitlocker"),
    "no BCD": (lambda: changed(boot_store=None), "no_boot_store"),
    "BCD damaged": (lambda: with_store(readable=False), "no_boot_store"),
    "no default": (lambda: with_store(default=None), "no_default_loader"),
    "default not in the store": (lambda: with_store(default=OTHER), "no_default_loader"),
    "no loader at all": (lambda: with_store(loaders=[]), "no_default_loader"),
    "two entries of the default's id": (
        lambda: with_store(loaders=[given.loader().model_dump()] * 2),
        "no_default_loader",
    ),
    "BIOS loader on a V2 VM": (lambda: with_loader(path="\\Windows\\system32\\winload.exe"), "loader_type"),
    "EFI loader on a V1 VM": (
        lambda: (
            given.facts("V1", boot_store=given.boot_store("V1", loaders=[given.loader("V2").model_dump()])),
            given.machine("V1"),
        ),
        "loader_type",
    ),
    "memory tester as default": (lambda: with_loader(path="\\EFI\\Microsoft\\Boot\\memtest.efi"), "loader_type"),
    "a name that ends like a loader's": (lambda: with_loader(path="\\Windows\\notwinload.efi"), "loader_type"),
    "loader file missing": (lambda: with_loader(path_exists=False), "loader_missing"),
    "osdevice elsewhere": (lambda: with_loader(osdevice_partition=None), "loader_elsewhere"),
    "device elsewhere": (lambda: with_loader(device_partition=None), "loader_elsewhere"),
    "device on another partition": (lambda: with_loader(device_partition=1), "loader_elsewhere"),
    "systemroot is another folder": (lambda: with_loader(systemroot="\\Windows.old"), "loader_elsewhere"),
    "no Windows": (lambda: changed(windows=()), "no_windows"),
    "Windows on a partition without volume": (
        lambda: changed(volumes=given.volumes(windows_volume={"partition": 7})),
        "no_windows",
    ),
    "not NTFS": (lambda: with_volume(file_system="ReFS"), "file_system"),
    "disk full": (lambda: with_volume(free_mb=1023), "no_room"),
    "hive missing": (lambda: with_hive(state="missing"), "hive"),
    "hive corrupt": (lambda: with_hive(state="corrupt"), "hive"),
    "no Select key": (lambda: with_hive(select=None), "control_set"),
    "Current names no control set": (lambda: with_hive(select={"current": 2, "default": 2}), "control_set"),
    "no control set": (lambda: with_hive(control_sets=[]), "control_set"),
    "Setup has not finished": (lambda: with_hive(setup_in_progress=True), "setup"),
    "BROKENSYSTEM is taken": (lambda: changed(brokensystem_loaded=True), "brokensystem"),
    "the disk's letter is the repair VM's": (lambda: changed(own_letters=("C", "D", "F")), "letters"),
    "the disk's letter is C": (lambda: with_volume(letter="C"), "letters"),
    "two volumes of one letter": (
        lambda: changed(volumes=given.volumes(boot={"letter": "F"})),
        "letters",
    ),
    "no letter free": (
        lambda: changed(own_letters=tuple("ABCDEGHIJKLMNOPQRSTUVWXYZ")),
        "letters",
    ),
    "boot volume without a GUID": (lambda: changed(volumes=given.volumes(boot={"id": None})), "letters"),
}

PLANS: dict[str, Callable[[], Case]] = {
    "V2": lambda: (given.facts("V2"), given.machine("V2")),
    "V1": lambda: (given.facts("V1"), given.machine("V1")),
    "offline by policy, looked into": lambda: with_disk(online=False, offline_reason="Policy", read_only=True),
    "BitLocker suspended": lambda: with_volume(bitlocker="suspended"),
    "EMS is on already": lambda: with_loader(ems=True),
    "systemroot in other case": lambda: with_loader(systemroot="\\WINDOWS"),
    "loader in other case": lambda: with_loader(path="\\WINDOWS\\SYSTEM32\\WINLOAD.EFI"),
    "many entries, the default not first": lambda: with_store(
        loaders=[given.loader(id=OTHER).model_dump(), given.loader().model_dump()]
    ),
    "Current is 2": lambda: with_hive(
        select={"current": 2, "default": 2},
        control_sets=[given.control_set(1).model_dump(), given.control_set(2).model_dump()],
    ),
    "LastKnownGood names a missing one": lambda: with_hive(select={"current": 1, "default": 1, "last_known_good": 2}),
    "servicing pending": lambda: with_windows(pending_servicing=True),
    "no letter on Windows": lambda: with_volume(letter=None),
    "the last free letter": lambda: changed(own_letters=tuple("ABCDEGHIJKLMNOPQRSTUVWXY")),
    "room enough": lambda: with_volume(free_mb=1024),
    "MountedDevices is empty": lambda: with_hive(mounted=[]),
    "DumpFile was customized": lambda: with_hive(
        control_sets=[
            given.control_set(1, DumpFile=RegistryValue(kind="REG_SZ", data="F:\\my dumps\\memory.dmp")).model_dump()
        ]
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal(name: str) -> None:
    build, code = REFUSALS[name]
    answer = critical_process_died.plan(*build())
    assert isinstance(answer, Refusal)
    assert answer.code == code
    assert answer.reason.startswith(critical_process_died.RULES[code])


@pytest.mark.parametrize("name", PLANS)
def test_plan(name: str) -> None:
    answer = critical_process_died.plan(*PLANS[name]())
    assert isinstance(answer, Plan), answer
    assert [command.id for command in answer.commands if command.id == "sfc"] == ["sfc"]


def test_every_rule_has_a_case() -> None:
    assert {code for _, code in REFUSALS.values()} == critical_process_died.RULES.keys()


def test_the_default_entry_is_changed_and_no_other() -> None:
    plan = critical_process_died.plan(*PLANS["many entries, the default not first"]())
    assert isinstance(plan, Plan)
    assert not any(OTHER in line for line in plan.lines)
    assert any(given.LOADER in line for line in plan.lines)


def test_a_client_is_told_that_it_has_no_sac() -> None:
    plan = critical_process_died.plan(given.facts(), given.machine(is_client=True))
    assert isinstance(plan, Plan)
    assert any("no SAC" in note for note in plan.notes)
    assert any("/ems" in line for line in plan.lines)


def test_missing_control_set_is_named_and_not_written() -> None:
    plan = critical_process_died.plan(*PLANS["LastKnownGood names a missing one"]())
    assert isinstance(plan, Plan)
    assert any("ControlSet002" in note for note in plan.notes)
    assert not any("ControlSet002" in line for line in plan.lines)
