"""Where a dump can go: the article's rule, strictly, and what its DumpFile needs besides."""

from dataclasses import dataclass, field

import pytest

from bootmend.articles.article import DataVolume
from bootmend.articles.dump_location import DUMP_FILE, HEADER_MB, place_dump
from bootmend.models.guest import HiveFacts, MountedLetter, RegistryValue
from tests.articles import facts as given

GB = given.GB
DEDICATED = RegistryValue(kind="REG_SZ", data="G:\\dump.sys")


@dataclass(frozen=True)
class Case:
    free_mb: int
    dump_file: str
    dedicated: str | None
    fits: bool
    page_file: str = "D:\\pagefile.sys"
    data: tuple[DataVolume, ...] = ()
    hive: HiveFacts = field(default_factory=given.hive)
    crash: dict[str, RegistryValue] = field(default_factory=dict)


F200 = (given.data_volume("F", 200),)
CASES = {
    "page file on the temporary disk": Case(60 * GB, DUMP_FILE, "C:\\DedicatedDump.sys", True),
    "no page file": Case(60 * GB, DUMP_FILE, "C:\\DedicatedDump.sys", True, page_file=""),
    "system-managed page file on C": Case(60 * GB, DUMP_FILE, None, True, page_file="C:\\pagefile.sys 0 0"),
    "page file where Windows likes": Case(60 * GB, DUMP_FILE, None, True, page_file="?:\\pagefile.sys"),
    "page file just large enough": Case(
        60 * GB, DUMP_FILE, None, True, page_file=f"c:\\pagefile.sys 100 {8 * GB + HEADER_MB}"
    ),
    "page file too small by 1 MB": Case(
        60 * GB, DUMP_FILE, "C:\\DedicatedDump.sys", True, page_file=f"C:\\pagefile.sys 100 {8 * GB + HEADER_MB - 1}"
    ),
    "dedicated file there already": Case(60 * GB, DUMP_FILE, None, True, crash={"DedicatedDumpFile": DEDICATED}),
    "free is exactly the RAM": Case(8 * GB, DUMP_FILE, None, False),
    "free is exactly the RAM, data disk with room": Case(
        8 * GB, "F:\\MEMORY.DMP", "F:\\DedicatedDump.sys", True, data=F200
    ),
    "free is 1 MB more than the RAM": Case(8 * GB + 1, DUMP_FILE, None, False),
    "free takes the dump, the data disk the dedicated file": Case(
        8 * GB + 1, DUMP_FILE, "F:\\DedicatedDump.sys", True, data=F200
    ),
    "free takes the dump and the dedicated file": Case(
        16 * GB + HEADER_MB + 1, DUMP_FILE, "C:\\DedicatedDump.sys", True
    ),
    "free does not quite take both": Case(16 * GB + HEADER_MB, DUMP_FILE, None, False),
    "data disk takes the dump but no dedicated file": Case(
        4 * GB, "F:\\MEMORY.DMP", None, False, data=(given.data_volume("F", 9),)
    ),
    "data disk exactly the RAM": Case(4 * GB, DUMP_FILE, None, False, data=(given.data_volume("F", 8),)),
    "letter that the broken VM does not know": Case(
        4 * GB, DUMP_FILE, None, False, data=(given.data_volume("X", 500),)
    ),
    "letter of the OS volume itself": Case(4 * GB, DUMP_FILE, None, False, data=(given.data_volume("C", 500),)),
    "the roomiest data disk": Case(
        4 * GB,
        "G:\\MEMORY.DMP",
        "G:\\DedicatedDump.sys",
        True,
        data=(given.data_volume("F", 20), given.data_volume("G", 300)),
        hive=given.hive(mounted=[{"letter": "C", "partition": 4}, {"letter": "F"}, {"letter": "G"}]),
    ),
    "OS letter unknown": Case(60 * GB, DUMP_FILE, None, False, hive=given.hive(mounted=[])),
    "OS letter is not C": Case(
        60 * GB,
        DUMP_FILE,
        "W:\\DedicatedDump.sys",
        True,
        hive=given.hive(mounted=[MountedLetter(letter="W", partition=4).model_dump()]),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_place(name: str) -> None:
    case = CASES[name]
    volume = given.volumes(windows_volume={"free_mb": case.free_mb})[1]
    live = given.control_set(1, case.page_file, **case.crash)
    place = place_dump(given.machine(memory_gb=8, data_volumes=case.data), case.hive, live, volume)
    assert (place.dump_file, place.dedicated_dump_file, place.fits) == (case.dump_file, case.dedicated, case.fits)
    if case.fits:
        assert place.goes_to.startswith(case.dump_file)
