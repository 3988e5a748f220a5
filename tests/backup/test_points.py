"""Which recovery point counts, what a person is told of it, and which restored disk fits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bootmend.backup import age_words, from_before_the_failure, is_preferred, offer_words, why_unfit
from bootmend.models.azure import DiskFacts
from bootmend.models.backup import BackupReport, RecoveryPoint
from bootmend.models.repair import Policy
from tests.orchestrators.small_world import means

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
FOUND = BackupReport(found=True, why="a point", taken_at=NOW - timedelta(hours=5), consistency="AppConsistent")


def point(hours_ago: float, consistency: str = "AppConsistent", *, restorable: bool = True) -> RecoveryPoint:
    taken_at = NOW - timedelta(hours=hours_ago)
    return RecoveryPoint(id=f"{hours_ago:g}", taken_at=taken_at, consistency=consistency, restorable=restorable)


@pytest.mark.parametrize(
    ("points", "chosen"),
    [
        pytest.param([point(30), point(6), point(20)], "6", id="the newest, whatever their order"),
        pytest.param([point(2, "CrashConsistent"), point(30)], "30", id="a newer one that shows nothing of Windows"),
        pytest.param(
            [point(30), point(6, "FileSystemConsistent")], "6", id="Windows ran for a file-system snapshot too"
        ),
        pytest.param([point(6, "appconsistent")], "6", id="Azure's spelling may change"),
        pytest.param([point(-1), point(30)], "30", id="one from after the look at the failing VM"),
        pytest.param([point(6, restorable=False), point(30)], "30", id="a newer one in the archive"),
    ],
)
def test_the_newest_point_counts_that_was_taken_while_windows_ran(points: list[RecoveryPoint], chosen: str) -> None:
    found = from_before_the_failure(points, NOW)
    assert isinstance(found, RecoveryPoint)
    assert found.id == chosen


@pytest.mark.parametrize(
    ("points", "why"),
    [
        ([], "no recovery point yet"),
        ([point(0), point(-2)], "none older than the look"),
        ([point(6, "CrashConsistent"), point(2, "CrashConsistent")], "2 recovery points, CrashConsistent: none shows"),
        ([point(6, "")], "there is one recovery point, of no told consistency"),
        ([point(6, restorable=False), point(2, "CrashConsistent")], "only the archive tier"),
    ],
)
def test_why_no_point_counts_is_told_in_words(points: list[RecoveryPoint], why: str) -> None:
    found = from_before_the_failure(points, NOW)
    assert isinstance(found, str)
    assert why in found


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(minutes=5), "5 minutes"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=71), "71 hours"),
        (timedelta(days=3), "3 days"),
        (timedelta(minutes=-1), "0 minutes"),
    ],
)
def test_an_age_is_told_in_the_unit_that_fits(ago: timedelta, words: str) -> None:
    assert age_words(NOW - ago, NOW) == words


def test_an_offer_tells_time_age_and_what_is_lost() -> None:
    words = offer_words(FOUND, NOW)
    for part in ("2026-11-23 03:00Z", "5 hours old", "restore_backup", "stays on the original disk", "data disks"):
        assert part in words
    assert offer_words(BackupReport(found=False, why="no vault"), NOW) == ""


@pytest.mark.parametrize(
    ("backup", "policy", "preferred"),
    [
        (FOUND, {"prefer_backup": {"max_age": "PT5H"}}, True),
        (FOUND, {"prefer_backup": {"max_age": "PT4H"}}, False),
        (FOUND, {}, False),
        (FOUND.model_copy(update={"found": False}), {"prefer_backup": {}}, False),
        (None, {"prefer_backup": {}}, False),
    ],
)
def test_the_policy_prefers_only_what_is_there_and_young(
    backup: BackupReport | None, policy: dict[str, Any], preferred: bool
) -> None:
    assert is_preferred(backup, Policy.model_validate(policy), NOW) is preferred


def disk(**changes: Any) -> DiskFacts:
    given = {"id": "/d", "name": "d", "location": "westeurope", "zone": "1", "sku": "Premium_LRS", "size_gb": 127}
    return DiskFacts.model_validate({**given, "generation": "V2", **changes})


@pytest.mark.parametrize("fits", [disk(), disk(generation=None), disk(zone=None, sku="Premium_ZRS")])
def test_a_disk_like_the_original_fits(fits: DiskFacts) -> None:
    assert why_unfit((fits,), means()) is None


@pytest.mark.parametrize(
    ("disks", "why"),
    [
        ((), "no disk bears its job's tag"),
        ((disk(), disk(name="other")), "made 2 disks (d, other)"),
        ((disk(zone="2"),), "its zone is 2"),
        ((disk(zone=None),), "its zone is None"),
        ((disk(location="northeurope"),), "its region is northeurope"),
        ((disk(generation="V1"),), "its generation is V1"),
        ((disk(security_type="TrustedLaunch"),), "its security type is TrustedLaunch"),
        ((disk(managed_by="/vm"),), "attached to /vm"),
    ],
)
def test_any_other_disk_does_not(disks: tuple[DiskFacts, ...], why: str) -> None:
    assert why in (why_unfit(disks, means()) or "")
