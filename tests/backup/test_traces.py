"""The way by backup: which steps it takes, who chooses it, and what is left wherever it breaks off."""

from typing import Any

import pytest

from bootmend.models.answer import Failure
from tests.orchestrators.small_world import COPY, ORIGINAL, RESTORED, SmallWorld
from tests.orchestrators.stage import Played, play

PREFERRED = {"prefer_backup": {"max_age": "P1D"}}
MANUAL = {"checkpoints": {"approve_repair": "manual"}}
BY_BACKUP = [
    "read_vm", "read_boot_evidence", "find_backup", "decide",
    "restore_backup", "read_vm", "read_boot_evidence", "decide",
    "deallocate_source", "swap_os_disk", "start_source", "verify_boot",
    "clean_up", "write_report",
]  # fmt: skip
ON_THE_WAY = [
    "begin_restore", "look_at_restore", "find_restored", "begin_claim", "begin_deallocate", "read_source", "begin_swap",
    "begin_start", "look_at_operation", "look_at_boot",
]  # fmt: skip
BROKEN = Failure(code="Broken", kind="rejected", message="it is broken")
PASSING = Failure(code="Busy", kind="busy", message="ask again", transient=True, retry_after=3)


def with_point(**changes: Any) -> SmallWorld:
    return SmallWorld(**{"point_hours_old": 5, **changes})


def kept(played: Played) -> list[str]:
    return [one["resource_id"].rsplit("/", 1)[-1] for one in played.report["kept"]]


def as_found(played: Played) -> bool:
    return played.world.os_disk == ORIGINAL and played.world.power == "running"


def test_a_preferred_backup_takes_its_own_steps_and_keeps_the_original() -> None:
    played = play(with_point(), policy=PREFERRED)
    assert played.outcome == "restored_from_backup"
    assert played.steps == BY_BACKUP
    assert played.world.os_disk == RESTORED
    assert kept(played) == ["vm-web-01-4711", "vm-web-01-os"]
    assert played.report["leftovers"] == []
    assert played.world.made == set()
    backup = played.report["backup"]
    assert (backup["job_id"], backup["restored_disk_id"]) == ("job-1", RESTORED)
    assert played.report["checkpoints"][0]["decision"] == "restore_backup"


def test_nothing_but_the_restore_is_begun_before_the_new_disk_is_there() -> None:
    begun = [name for name in play(with_point(), policy=PREFERRED).world.begun_when if name.startswith("begin_")]
    assert begun == ["begin_restore", "begin_claim", "begin_deallocate", "begin_swap", "begin_start", "begin_delete",
                     "begin_delete", "begin_untag"]  # fmt: skip


@pytest.mark.parametrize(
    ("hours", "policy", "outcome"),
    [
        (23, PREFERRED, "restored_from_backup"),
        (25, PREFERRED, "repaired"),
        (25, {"prefer_backup": {"max_age": "P2D"}}, "restored_from_backup"),
        (5, {}, "repaired"),
        (None, PREFERRED, "repaired"),
    ],
)
def test_the_policy_prefers_a_point_that_is_young_enough(
    hours: float | None, policy: dict[str, Any], outcome: str
) -> None:
    assert play(SmallWorld(point_hours_old=hours), policy=policy).outcome == outcome


@pytest.mark.parametrize(
    ("answer", "outcome", "os_disk"),
    [
        ("restore_backup", "restored_from_backup", RESTORED),
        ("approve", "repaired", COPY),
        ("reject", "rolled_back", ORIGINAL),
    ],
)
def test_a_person_chooses(answer: str, outcome: str, os_disk: str) -> None:
    played = play(with_point(), policy=MANUAL, answers={"approve_repair": answer})
    assert (played.outcome, played.world.os_disk) == (outcome, os_disk)
    assert played.steps.count("find_backup") == 1


@pytest.mark.parametrize(("hours", "offered"), [(5, True), (None, False)])
def test_to_restore_is_offered_with_its_age_where_there_is_a_point(hours: float | None, offered: bool) -> None:
    world = SmallWorld(point_hours_old=hours)
    play(world, policy=MANUAL, answers={"approve_repair": "reject"})
    waiting = next(notice.data.checkpoint for notice in world.notices if notice.data.checkpoint is not None)
    assert ("restore_backup" in waiting.decisions) is offered
    assert ("5 hours old" in waiting.why) is offered


@pytest.mark.parametrize(("preferred", "outcome"), [(PREFERRED, "restored_from_backup"), ({}, "repaired")])
def test_unanswered_with_proceed_the_policys_own_way_is_taken(preferred: dict[str, Any], outcome: str) -> None:
    played = play(with_point(), policy={**MANUAL, **preferred, "on_checkpoint_timeout": "proceed"})
    assert played.outcome == outcome


@pytest.mark.parametrize("activity", ON_THE_WAY)
def test_a_failure_on_the_way_leaves_the_vm_as_found_and_nothing_behind(activity: str) -> None:
    played = play(with_point(failures={activity: [BROKEN]}), policy=PREFERRED)
    assert played.outcome == "rolled_back"
    assert "it is broken" in played.report["reason"]
    assert as_found(played)
    assert played.world.made == {RESTORED} & {left["resource_id"] for left in played.report["leftovers"]}


@pytest.mark.parametrize("activity", [*ON_THE_WAY, "find_backup", "begin_delete", "begin_untag"])
def test_a_passing_fault_changes_nothing(activity: str) -> None:
    played = play(with_point(failures={activity: [PASSING, PASSING]}), policy=PREFERRED)
    assert played.steps == BY_BACKUP
    assert played.report["leftovers"] == []


@pytest.mark.parametrize("activity", ON_THE_WAY)
def test_a_cancel_before_the_verified_boot_leaves_the_vm_as_found(activity: str) -> None:
    played = play(with_point(), policy=PREFERRED, cancel_before=activity)
    assert played.outcome == "cancelled"
    assert as_found(played)
    assert played.world.made == set()
    assert played.report["leftovers"] == []


def test_vaults_that_cannot_be_asked_are_a_fact_of_the_report() -> None:
    played = play(with_point(failures={"find_backup": [BROKEN]}), policy=PREFERRED)
    assert played.outcome == "repaired"
    assert not played.report["backup"]["found"]
    assert "it is broken" in played.report["backup"]["why"]


def test_a_restore_that_fails_touches_nothing_else() -> None:
    played = play(with_point(restore_ok=False), policy=PREFERRED)
    assert played.outcome == "rolled_back"
    assert "there is no room" in played.report["reason"]
    assert as_found(played)
    assert played.world.calls["begin_deallocate"] == 0
    assert kept(played) == []


def test_a_restored_disk_that_does_not_fit_is_deleted() -> None:
    played = play(with_point(restored_unfit="its zone is 2"), policy=PREFERRED)
    assert played.outcome == "rolled_back"
    assert "its zone is 2" in played.report["reason"]
    assert as_found(played)
    assert played.world.made == set()


def test_a_restore_that_may_have_begun_unseen_is_a_leftover() -> None:
    played = play(with_point(failures={"begin_restore": [PASSING] * 10}), policy=PREFERRED)
    assert played.outcome == "rolled_back"
    assert [left["resource_id"] for left in played.report["leftovers"]] == ["/vault/item"]


def test_what_a_restore_left_and_nobody_could_look_for_is_a_leftover() -> None:
    world = with_point(failures={"look_at_restore": [BROKEN]})
    played = play(world, policy=PREFERRED)
    assert played.outcome == "rolled_back"
    assert [left["resource_id"] for left in played.report["leftovers"]] == ["/vault/item"]


def test_a_vm_that_recovered_while_its_backup_was_restored_keeps_its_disk() -> None:
    played = play(with_point(diagnoses=["go", "not_applicable"]), policy=PREFERRED)
    assert played.outcome == "rolled_back"
    assert "changed while its backup was restored" in played.report["reason"]
    assert played.world.calls["begin_deallocate"] == 0
    assert played.world.made == set()


def test_a_disk_that_somebody_swapped_meanwhile_stays() -> None:
    world = with_point()
    world.before["find_restored"] = lambda: setattr(world, "os_disk", ORIGINAL + "-new")
    played = play(world, policy=PREFERRED)
    assert played.outcome == "failed"
    assert played.world.os_disk == ORIGINAL + "-new"
    assert played.world.calls["begin_swap"] == 0


def test_a_restored_disk_that_does_not_boot_is_swapped_back_and_kept() -> None:
    played = play(with_point(boot="bugcheck"), policy=PREFERRED)
    assert played.outcome == "rolled_back"
    assert "does not boot with the restored disk" in played.report["reason"]
    assert as_found(played)
    assert kept(played) == ["vm-web-01-4711", RESTORED.rsplit("/", 1)[-1]]


@pytest.mark.parametrize(
    ("answer", "outcome", "os_disk"),
    [("booted", "restored_from_backup", RESTORED), ("not_booted", "rolled_back", ORIGINAL), (None, "failed", RESTORED)],
)
def test_a_silent_boot_is_a_persons_to_confirm(answer: str | None, outcome: str, os_disk: str) -> None:
    answers = {"confirm_boot": answer} if answer else {}
    played = play(with_point(boot="silent"), policy=PREFERRED, answers=answers)
    assert (played.outcome, played.world.os_disk) == (outcome, os_disk)


def test_a_dry_run_tells_of_the_backup_and_restores_nothing() -> None:
    played = play(with_point(), policy={**PREFERRED, "dry_run": True})
    assert played.outcome == "planned"
    assert played.report["backup"]["found"]
    assert played.world.calls["begin_restore"] == 0


def test_a_restore_that_left_no_disk_lists_its_container_once() -> None:
    world = with_point()
    world.before["find_restored"] = world.made.clear
    played = play(world, policy=PREFERRED)
    assert played.outcome == "rolled_back"
    assert "no disk" in played.report["reason"]
    assert kept(played) == ["vm-web-01-4711"]
