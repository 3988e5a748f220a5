"""Booting follows from the disk alone."""

import pytest

from sandbox.windows import SourceVm, SourceWindows, build_os_disk
from sandbox.windows.boot import Kind
from tests.windows.stage import start

CASES: dict[str, tuple[SourceVm, SourceWindows, Kind, int | None]] = {
    "healthy": (SourceVm(), SourceWindows(fault="none"), "booted", None),
    "corrupt file": (SourceVm(), SourceWindows(), "bugcheck", 0xEF),
    "unrepairable file": (SourceVm(), SourceWindows(fault="unrepairable_file"), "bugcheck", 0xEF),
    "bad driver": (SourceVm(), SourceWindows(fault="bad_driver"), "bugcheck", 0xEF),
    "another stop code": (SourceVm(), SourceWindows(fault="other_stop_code", stop_code="0x7B"), "bugcheck", 0x7B),
    "no BCD": (SourceVm(), SourceWindows(trouble=("no_boot_store",)), "hang", None),
    "loader missing": (SourceVm(), SourceWindows(trouble=("loader_path_missing",)), "hang", None),
    "default dangling": (SourceVm(), SourceWindows(trouble=("dangling_default_loader",)), "hang", None),
    "no default: the first entry": (SourceVm(), SourceWindows(trouble=("no_default_loader",)), "bugcheck", 0xEF),
    "hive corrupt": (SourceVm(generation="V1"), SourceWindows(trouble=("corrupt_hive",)), "hang", None),
}


@pytest.mark.parametrize("name", CASES)
def test_outcome(name: str) -> None:
    vm, windows, kind, stop_code = CASES[name]
    outcome = start(build_os_disk(vm, windows))
    assert (outcome.kind, outcome.stop_code) == (kind, stop_code)
    assert (outcome.agent_ready_after_seconds is not None) == (kind == "booted")
    assert outcome.loops == (kind == "bugcheck")


def test_rewritten_identity_does_not_boot() -> None:
    disk = build_os_disk(SourceVm(), SourceWindows(fault="none"))
    disk.identity = "0" * 8 + disk.identity[8:]
    assert start(disk).kind == "hang"
    assert not disk.has_run


@pytest.mark.parametrize(
    ("ems", "os", "shows"),
    [
        (True, "WindowsServer2022", True),
        (False, "WindowsServer2022", False),
        (True, "Windows11", False),
    ],
)
def test_serial_shows_a_bugcheck_only_with_ems_on_a_server(ems: bool, os: str, shows: bool) -> None:
    outcome = start(build_os_disk(SourceVm(os=os), SourceWindows(ems=ems)))
    assert ('<VALUE>"0xEF"</VALUE>' in outcome.serial_text) == shows
    assert outcome.screenshot.stop_code == 0xEF


def test_serial_shows_the_sac_of_a_good_boot() -> None:
    outcome = start(build_os_disk(SourceVm(), SourceWindows(fault="none")))
    assert "EVENT: The CMD command is now available." in outcome.serial_text


def test_an_agent_that_is_gone_never_reports() -> None:
    outcome = start(build_os_disk(SourceVm(), SourceWindows(fault="none", agent=False)))
    assert (outcome.kind, outcome.agent_ready_after_seconds) == ("booted", None)


def test_a_clone_shares_nothing() -> None:
    disk = build_os_disk(SourceVm(), SourceWindows())
    copy = disk.clone()
    start(disk)
    store = disk.boot_store()
    assert store
    store.default = None
    assert disk.has_run
    assert not copy.has_run
    assert copy.boot_store() != store


@pytest.mark.parametrize(("kind", "count"), [("none", 0), ("fresh", 1), ("stale", 1)])
def test_memory_dump_there_at_the_begin(kind: str, count: int) -> None:
    disk = build_os_disk(SourceVm(), SourceWindows(memory_dump=kind))  # type: ignore[arg-type]
    assert len(list(disk.dumps())) == count


def test_unknown_trouble_is_refused() -> None:
    with pytest.raises(ValueError, match=r"windows\.trouble: gremlins"):
        SourceWindows(trouble=("gremlins",))
