"""SFC's verdict from [SR] lines, and from nothing else."""

import pytest

from bootmend.articles.article import SfcVerdict
from bootmend.articles.sfc_log import read_sfc_log
from bootmend.models.guest import SfcLine, SfcLog

SCAN = ("Verifying 100 components", "Beginning Verify and Repair transaction", "Verify complete")
OLD_SCAN = (
    "Verifying 100 (0x0000000000000064) components",
    "Beginning Verify and Repair transaction",
    "Verify complete",
)
CANNOT = (
    "Cannot repair member file [l:12]'basesrv.dll' of Microsoft-Windows-BaseSrv, version 10.0.1, arch amd64, nonSxS, "
    "pkt {l:8 b:31bf3856ad364e35} in the store, hash mismatch"
)
REPAIRING = "Repairing file \\??\\E:\\Windows\\System32\\basesrv.dll from store"
OLD_REPAIRING = (
    'Repairing corrupted file [ml:520{260},l:46{23}]"\\??\\E:\\Windows\\System32"\\[l:22{11}]"csrsrv.dll" from store'
)
REPROJECT = (
    'Could not reproject corrupted file [ml:58{29},l:56{28}]"\\??\\E:\\Windows\\System32"\\[l:24{12}]"utilman.exe"; '
    "source file in store is also corrupted"
)


def log(*texts: str, dropped: int = 0) -> SfcLog:
    lines = tuple(SfcLine(text=text, count=texts.count(text)) for text in dict.fromkeys(texts))
    return SfcLog(found=True, lines=lines, dropped=dropped)


CASES: dict[str, tuple[SfcLog | None, SfcVerdict, tuple[str, ...], tuple[str, ...]]] = {
    "nothing wrong": (log(*SCAN * 3), "nothing_wrong", (), ()),
    "nothing wrong, older wording": (log(*OLD_SCAN), "nothing_wrong", (), ()),
    "nothing to repair": (log(*SCAN, "Repairing 0 components", "Repair complete"), "nothing_wrong", (), ()),
    "repaired": (
        log(*SCAN, "Repairing 1 components", REPAIRING, "Repair complete"),
        "all_repaired",
        ("basesrv.dll",),
        (),
    ),
    "repaired, older wording": (log(*OLD_SCAN, OLD_REPAIRING, "Repair complete"), "all_repaired", ("csrsrv.dll",), ()),
    "not repaired": (log(*SCAN, CANNOT), "some_not_repaired", (), ("basesrv.dll",)),
    "some not repaired": (
        log(*SCAN, CANNOT, OLD_REPAIRING, "Repair complete"),
        "some_not_repaired",
        ("csrsrv.dll",),
        ("basesrv.dll",),
    ),
    "one file both ways": (log(*SCAN, REPAIRING, CANNOT, "Repair complete"), "some_not_repaired", (), ("basesrv.dll",)),
    "store is corrupted too": (log(*SCAN, REPROJECT), "some_not_repaired", (), ("utilman.exe",)),
    "manifest damaged": (
        log(*SCAN, "Cannot verify component files for X, manifest is damaged"),
        "some_not_repaired",
        (),
        (),
    ),
    "repair not ended": (log(*SCAN, REPAIRING), "some_not_repaired", ("basesrv.dll",), ()),
    "lines left out": (log(*SCAN, REPAIRING, "Repair complete", dropped=3), "some_not_repaired", ("basesrv.dll",), ()),
    "no log": (None, "could_not_run", (), ()),
    "log not found": (SfcLog(found=False), "could_not_run", (), ()),
    "no [SR] line": (SfcLog(found=True), "could_not_run", (), ()),
    "broken off": (log(*SCAN, "Verifying 100 components"), "could_not_run", (), ()),
    "broken off at once": (log("Verifying 100 components"), "could_not_run", (), ()),
    "only repairs": (log(REPAIRING, "Repair complete"), "could_not_run", (), ()),
}


@pytest.mark.parametrize("name", CASES)
def test_verdict(name: str) -> None:
    given, verdict, repaired, not_repaired = CASES[name]
    reading = read_sfc_log(given)
    assert (reading.verdict, reading.repaired, reading.not_repaired) == (verdict, repaired, not_repaired), reading.why
    assert reading.why


def test_a_scan_ended_by_its_limit_did_not_run() -> None:
    assert read_sfc_log(log(*SCAN), timed_out=True).verdict == "could_not_run"
