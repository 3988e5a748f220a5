"""The article on simulated Windows: what is proved, and whether the disk boots afterwards."""

from typing import get_args

import pytest

from bootmend.articles import critical_process_died
from bootmend.articles.article import Refusal, SfcVerdict
from bootmend.models.azure import Generation
from bootmend.models.guest import Plan
from sandbox.windows import DataDiskSpec, OsDiskSpec, SourceVm, SourceWindows, build_data_disk
from sandbox.windows.look_inside import look_inside
from sandbox.windows.spec import TROUBLES
from tests.windows.stage import LUN, Stage, start

ARTICLE_COMMANDS = (
    "sfc /scannow /offbootdir=",
    "/ems {",
    "/emssettings EMSPORT:1 EMSBAUDRATE:115200",
    "reg load HKLM\\BROKENSYSTEM",
    "/v CrashDumpEnabled /t REG_DWORD /d 1 /f",
    "/v DumpFile /t REG_EXPAND_SZ /d %SystemRoot%\\MEMORY.DMP /f",
    "/v NMICrashDump /t REG_DWORD /d 1 /f",
    "reg unload HKLM\\BROKENSYSTEM",
)
REFUSED = {
    "corrupt_hive": "hive",
    "stale_brokensystem": "brokensystem",
    "no_default_loader": "no_default_loader",
    "dangling_default_loader": "no_default_loader",
    "loader_path_missing": "loader_missing",
    "no_boot_store": "no_boot_store",
    "setup_in_progress": "setup",
}
NOT_OK = {
    "hive_never_unloads": "hive-unload",
    "hive_corrupt_at_load": "hive-load ended with 1",
    "sfc_pending_reboot": "SFC could not run",
    "sfc_no_repair_service": "SFC could not run",
    "sfc_time_out": "time limit",
    "identity_rewritten": "identity",
}
MENDED = TROUBLES.keys() - REFUSED.keys() - NOT_OK.keys() - {"sfc_lies"}


@pytest.mark.parametrize("generation", get_args(Generation))
@pytest.mark.parametrize("ems", [True, False])
def test_corrupt_file_is_mended(generation: Generation, ems: bool) -> None:
    stage = Stage(SourceVm(generation=generation), SourceWindows(ems=ems, control_sets=(1, 2)))
    assert start(stage.source.clone()).kind == "bugcheck"
    transcript, verdict = stage.fix()
    assert verdict.ok
    assert verdict.sfc == "all_repaired"
    assert (verdict.serial_console_on, verdict.dump_on, verdict.identity_unchanged) == (True, True, True)
    assert start(stage.copy).kind == "booted"
    lines = [result.line for result in transcript.commands]
    at = [next(index for index, line in enumerate(lines) if part in line) for part in ARTICLE_COMMANDS]
    assert at == sorted(at)


@pytest.mark.parametrize("trouble", REFUSED)
def test_refused(trouble: str) -> None:
    answer = Stage(windows=SourceWindows(trouble=(trouble,))).plan()
    assert isinstance(answer, Refusal)
    assert answer.code == REFUSED[trouble]


@pytest.mark.parametrize("trouble", NOT_OK)
def test_not_ok(trouble: str) -> None:
    stage = Stage(windows=SourceWindows(trouble=(trouble,)))
    transcript, verdict = stage.fix()
    assert not verdict.ok
    assert NOT_OK[trouble] in verdict.reason
    assert transcript.offline
    assert not stage.guest.loaded or trouble == "hive_never_unloads"


@pytest.mark.parametrize("trouble", sorted(MENDED))
def test_mended_all_the_same(trouble: str) -> None:
    stage = Stage(windows=SourceWindows(trouble=(trouble,)))
    _, verdict = stage.fix()
    assert verdict.ok, verdict.reason
    assert start(stage.copy).kind == "booted"


FAULTS: dict[str, tuple[SourceWindows, SfcVerdict]] = {
    "unrepairable file": (SourceWindows(fault="unrepairable_file"), "some_not_repaired"),
    "bad driver": (SourceWindows(fault="bad_driver"), "nothing_wrong"),
    "SFC lies": (SourceWindows(trouble=("sfc_lies",)), "all_repaired"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_worth_a_boot_that_then_fails(name: str) -> None:
    windows, sfc = FAULTS[name]
    stage = Stage(windows=windows)
    _, verdict = stage.fix()
    assert (verdict.ok, verdict.sfc) == (True, sfc)
    assert bool(verdict.files_not_repaired) == (sfc == "some_not_repaired")
    again = start(stage.copy)
    assert (again.kind, again.stop_code) == ("bugcheck", 0xEF)


def test_collision_is_refused_and_the_disk_left_offline() -> None:
    stage = Stage(windows=SourceWindows(disk_identity="collides"))
    answer = stage.plan()
    assert isinstance(answer, Refusal)
    assert answer.code == "collision"
    assert stage.guest.offline == {LUN: "Collision"}
    assert stage.copy == stage.source


def test_bitlocker_is_refused() -> None:
    answer = Stage(SourceVm(encryption="bitlocker")).plan()
    assert isinstance(answer, Refusal)
    assert answer.code == "bitlocker"


def test_inspect_leaves_the_disk_as_found() -> None:
    stage = Stage(windows=SourceWindows(trouble=("disk_offline",)))
    stage.inspect()
    assert stage.copy == stage.source
    assert stage.guest.offline == {LUN: "Policy"}
    assert not stage.guest.loaded


def test_only_the_current_run_of_sfc_counts() -> None:
    """The log of an earlier repair lies on the disk: SFC adds to it, and a scan that fails now must not borrow from it."""
    stage = Stage()
    _, first = stage.fix()
    assert first.ok
    volume = stage.copy.windows_volume()
    assert volume
    volume.write("\\Windows\\WinSxS\\pending.xml", "<PendingTransaction/>")
    _, second = stage.fix()
    assert (second.ok, second.sfc) == (False, "could_not_run")


def test_a_second_repair_of_the_same_disk_finds_nothing_wrong() -> None:
    stage = Stage()
    stage.fix()
    _, verdict = stage.fix()
    assert (verdict.ok, verdict.sfc) == (True, "nothing_wrong")


def test_another_disk_at_the_lun_is_not_touched() -> None:
    stage = Stage()
    plan = stage.plan()
    assert isinstance(plan, Plan)
    other = Stage(SourceVm(name="vm-other")).source
    untouched = other.clone()
    stage.guest.attached[LUN] = other
    transcript = stage.execute(plan)
    verdict = critical_process_died.judge(plan, transcript)
    assert (transcript.ended, transcript.commands, verdict.ok) == ("refused", (), False)
    assert other == untouched


def test_letters_that_moved_are_refused() -> None:
    stage = Stage()
    plan = stage.plan()
    assert isinstance(plan, Plan)
    windows = next(volume for volume in plan.volumes if not volume.mounted_by_plan)
    stage.guest.letters[windows.id] = "Q"
    assert stage.execute(plan).ended == "refused"


@pytest.mark.parametrize("generation", get_args(Generation))
def test_undo_puts_registry_and_boot_store_back(generation: Generation) -> None:
    stage = Stage(SourceVm(generation=generation), SourceWindows(ems=False, control_sets=(1, 2, 5)))
    plan = stage.plan()
    assert isinstance(plan, Plan)
    assert critical_process_died.judge(plan, stage.execute(plan)).ok
    assert stage.copy.boot_store() != stage.source.boot_store()
    stage.guest.offline.clear()
    undo = critical_process_died.undo_plan(plan, stage.inspect(), stage.machine)
    assert isinstance(undo, Plan)
    assert stage.execute(undo).ended == "completed"
    assert stage.copy.boot_store() == stage.source.boot_store()
    assert stage.copy.system_hive() == stage.source.system_hive()


def test_undo_refuses_another_disk() -> None:
    stage = Stage()
    plan = stage.plan()
    assert isinstance(plan, Plan)
    other = Stage(SourceVm(name="vm-other"))
    assert isinstance(critical_process_died.undo_plan(plan, other.inspect(), other.machine), Refusal)


def test_a_crash_with_collection_on_leaves_a_dump_on_the_os_disk() -> None:
    stage = Stage(windows=SourceWindows(fault="bad_driver", writes_dump=True))
    start(stage.copy)
    assert not list(stage.copy.dumps()), "collection was not on yet"
    stage.fix()
    start(stage.copy)
    facts = stage.inspect()
    assert [dump.path for dump in facts.dumps] == ["E:\\Windows\\MEMORY.DMP"]


def test_a_dump_that_was_redirected_lies_on_the_data_disk() -> None:
    spec = DataDiskSpec(lun=0, letter="F", free_gb=200)
    vm = SourceVm(os_disk=OsDiskSpec(free_gb=4), data_disks=(spec,))
    stage = Stage(vm, SourceWindows(fault="bad_driver", writes_dump=True, dump_gb=8))
    volumes = ({"letter": "F", "free_gb": 200},)
    stage.machine = stage.machine.model_validate(stage.machine.model_dump() | {"data_volumes": volumes})
    _, verdict = stage.fix()
    assert verdict.dump_goes_to.startswith("F:\\MEMORY.DMP")
    data_disk = build_data_disk(vm, spec)
    start(stage.copy, data_disks=(data_disk,))
    assert not list(stage.copy.dumps())
    assert [file.path for _, file, _ in data_disk.dumps()] == ["\\MEMORY.DMP"]
    stage.guest.attached[1] = data_disk
    facts = look_inside(stage.guest, 1)
    assert not facts.windows
    assert [dump.size_bytes for dump in facts.dumps] == [8 * 1024**3]
