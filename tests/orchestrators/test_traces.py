"""The runbook's traces: which steps a repair takes, in which order, and how it ends."""

import pytest

from bootmend import names
from bootmend.articles.article import DataVolume
from bootmend.models.answer import Failure
from tests.orchestrators.small_world import COPY, ORIGINAL, REPAIR_ID, VM_ID, SmallWorld
from tests.orchestrators.stage import Played, play

RUNBOOK = [
    "read_vm", "read_boot_evidence", "find_backup", "decide",
    "deallocate_source", "snapshot_os_disk", "copy_os_disk", "create_repair_vm", "attach_copy",
    "inspect_guest", "plan_fix", "execute_plan",
    "detach_copy", "swap_os_disk", "start_source",
    "verify_boot",
    "clean_up", "write_report",
]  # fmt: skip


def test_a_repair_that_goes_well_takes_every_step_of_the_runbook() -> None:
    played = play(SmallWorld())
    assert played.outcome == "repaired"
    assert played.steps == RUNBOOK
    assert played.report["leftovers"] == []
    assert [kept["resource_id"] for kept in played.report["kept"]] == [ORIGINAL]
    assert played.world.made == set()


MUTATING = [
    "begin_deallocate", "begin_snapshot", "begin_copy", "begin_repair_vm", "begin_attach", "begin_script",
    "begin_detach", "begin_swap", "begin_start",
]  # fmt: skip
BEFORE_TOUCHING = ["read_vm", "read_boot_evidence", "decide"]
ON_THE_WAY = [
    *MUTATING,
    "read_source",
    "look_at_operation",
    "look_at_guest",
    "read_facts",
    "plan_fix",
    "judge_fix",
    "look_at_boot",
]
AFTERWARDS = ["begin_delete", "begin_untag", "account"]
BROKEN = Failure(code="Broken", kind="rejected", message="it is broken")
PASSING = Failure(code="Busy", kind="busy", message="ask again", transient=True, retry_after=3)


def as_found(played: Played) -> bool:
    return played.world.os_disk == ORIGINAL and played.world.power == "running"


@pytest.mark.parametrize("activity", BEFORE_TOUCHING)
def test_a_failure_before_anything_is_touched_is_a_refusal(activity: str) -> None:
    played = play(SmallWorld(failures={activity: [BROKEN]}))
    assert played.outcome == "refused"
    assert "it is broken" in played.report["reason"]
    assert not [name for name in played.world.begun_when if name.startswith("begin_")]


@pytest.mark.parametrize("activity", ON_THE_WAY)
def test_a_failure_on_the_way_leaves_the_vm_as_found_and_nothing_behind(activity: str) -> None:
    played = play(SmallWorld(failures={activity: [BROKEN]}))
    assert played.outcome == "rolled_back"
    assert "it is broken" in played.report["reason"]
    assert as_found(played)
    assert played.world.made == set()
    assert played.report["leftovers"] == []


@pytest.mark.parametrize("activity", [*BEFORE_TOUCHING, *ON_THE_WAY, *AFTERWARDS, "write_report"])
def test_a_passing_fault_changes_nothing(activity: str) -> None:
    played = play(SmallWorld(failures={activity: [PASSING, PASSING]}))
    assert played.outcome == "repaired"
    assert played.steps == RUNBOOK
    assert played.report["leftovers"] == []


@pytest.mark.parametrize("activity", [*BEFORE_TOUCHING, *ON_THE_WAY])
def test_a_cancel_at_any_step_before_the_verified_boot_leaves_the_vm_as_found(activity: str) -> None:
    played = play(SmallWorld(), cancel_before=activity)
    assert played.outcome == "cancelled"
    assert as_found(played)
    assert played.world.made == set()


def test_what_cannot_be_deleted_is_a_leftover_with_the_reason() -> None:
    played = play(SmallWorld(failures={"begin_delete": [BROKEN, BROKEN]}))
    assert played.outcome == "repaired"
    assert [left["resource_id"].rsplit("/", 2)[-2] for left in played.report["leftovers"]] == [
        "virtualMachines", "networkInterfaces", "disks", "snapshots",
    ]  # fmt: skip
    assert all("it is broken" in left["why"] for left in played.report["leftovers"])


def test_a_vm_that_bugchecks_again_gets_its_own_disk_back_and_a_ticket() -> None:
    played = play(SmallWorld(boot="bugcheck"), answers={"file_ticket": "filed"})
    assert played.outcome == "escalated"
    assert as_found(played)
    assert [kept["resource_id"] for kept in played.report["kept"]] == [COPY]
    assert played.world.made == set()
    assert played.steps[16:] == [
        "copy_failed_disk", "find_dump", "start_source", "verify_boot", "copy_failed_disk", "find_dump",
        "put_back", "clean_up", "prepare_ticket", "write_report",
    ]  # fmt: skip
    assert played.report["ticket"]["filed"]
    assert played.report["dump"]["why"] == "no dump"


def test_a_dump_that_nothing_can_take_keeps_the_copy_that_holds_it() -> None:
    played = play(SmallWorld(boot="bugcheck", dumps=[True]))
    holding = names.copy_id(VM_ID, REPAIR_ID, "f0")
    assert played.outcome == "escalated"
    assert [kept["resource_id"] for kept in played.report["kept"]] == [COPY, holding]
    assert played.world.calls["begin_start"] == 2
    assert not played.report["ticket"]["filed"]


def test_a_dump_that_is_uploaded_is_evidence_and_its_copy_goes() -> None:
    played = play(SmallWorld(boot="bugcheck", dumps=[True], takes_dumps=True))
    assert played.outcome == "escalated"
    assert played.steps[16:] == [
        "copy_failed_disk", "find_dump", "upload_dump", "put_back", "clean_up", "prepare_ticket", "write_report",
    ]  # fmt: skip
    assert played.world.uploads == ["upload-1"]
    assert [kept["resource_id"] for kept in played.report["kept"]] == [COPY]
    assert played.report["dump"]["evidence"] == "memory.dmp"
    assert "memory.dmp" in played.report["evidence"]


@pytest.mark.parametrize("activity", ["begin_upload", "read_upload"])
@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_failed_upload_is_begun_again_under_another_name_then_the_disk_is_kept(activity: str, failing: int) -> None:
    world = SmallWorld(boot="bugcheck", dumps=[True], takes_dumps=True, failures={activity: [BROKEN] * failing})
    played = play(world)
    assert played.outcome == "escalated"
    holding = names.copy_id(VM_ID, REPAIR_ID, "f0")
    assert [kept["resource_id"] for kept in played.report["kept"]] == [COPY, *([holding] if failing == 3 else [])]
    assert (played.report["dump"]["evidence"] is None) is (failing == 3)
    assert ("it is broken" in played.report["dump"]["why"]) is (failing == 3)
    if activity == "read_upload":
        assert world.uploads == [f"upload-{number}" for number in range(1, min(failing + 1, 3) + 1)]


def test_a_vm_that_boots_while_its_crash_is_waited_for_is_repaired() -> None:
    played = play(SmallWorld(boot="bugcheck", further_boots=["booted"]))
    assert played.outcome == "repaired"
    assert played.world.os_disk == COPY


def test_no_crash_is_waited_for_where_the_policy_says_so() -> None:
    played = play(SmallWorld(boot="bugcheck"), policy={"crash_attempts": 0})
    assert played.steps.count("find_dump") == 1


def test_the_diagnostic_disk_stays_where_the_policy_says_so() -> None:
    played = play(SmallWorld(boot="bugcheck"), policy={"on_failure": "keep_diagnostic_disk"})
    assert played.outcome == "escalated"
    assert played.world.os_disk == COPY
    assert {kept["resource_id"] for kept in played.report["kept"]} == {COPY, ORIGINAL}


@pytest.mark.parametrize("activity", ["judge_dump", "read_facts"])
def test_what_cannot_be_collected_is_told_and_hinders_nothing(activity: str) -> None:
    world = SmallWorld(
        boot="bugcheck", before={"look_at_boot": lambda: world.failures.update({activity: [BROKEN] * 9})}
    )
    played = play(world)
    assert played.outcome == "escalated"
    assert as_found(played)
    assert "it is broken" in played.report["dump"]["why"]


@pytest.mark.parametrize(
    ("answer", "outcome", "os_disk"),
    [("booted", "repaired", COPY), ("not_booted", "escalated", ORIGINAL), (None, "failed", COPY)],
)
def test_a_silent_boot_is_a_persons_to_confirm(answer: str | None, outcome: str, os_disk: str) -> None:
    played = play(SmallWorld(boot="silent"), answers={"confirm_boot": answer} if answer else {})
    assert played.outcome == outcome
    assert played.world.os_disk == os_disk
    asked = [checkpoint for checkpoint in played.report["checkpoints"] if checkpoint["name"] == "confirm_boot"]
    assert asked[0]["decision"] == (answer or "timed_out")


@pytest.mark.parametrize("checkpoint", ["approve_repair", "approve_swap"])
@pytest.mark.parametrize("answer", ["approve", "reject", None])
def test_a_manual_checkpoint_asks_and_obeys(checkpoint: str, answer: str | None) -> None:
    answers = {checkpoint: answer} if answer else {}
    played = play(SmallWorld(), policy={"checkpoints": {checkpoint: "manual"}}, answers=answers)
    assert played.outcome == ("repaired" if answer == "approve" else "rolled_back")
    if answer != "approve":
        assert as_found(played)
        assert played.world.made == set()


def test_an_unknown_diagnosis_is_asked_about_although_the_policy_would_not() -> None:
    played = play(SmallWorld(ask_first=True), answers={"approve_repair": "approve"})
    assert played.outcome == "repaired"
    assert played.report["checkpoints"][0] | {"at": ""} == {
        "name": "approve_repair", "decision": "approve", "by": "ada", "claimed": False, "at": "", "comment": "", "values": {},
    }  # fmt: skip


def test_a_vm_that_recovered_while_a_person_thought_is_left_alone() -> None:
    world = SmallWorld(diagnoses=["go", "not_applicable"])
    played = play(world, started_by="event", answers={"approve_repair": "approve"})
    assert played.outcome == "not_applicable"
    assert not [name for name in world.begun_when if name.startswith("begin_")]


def test_a_bug_of_ours_leaves_the_vm_as_found() -> None:
    world = SmallWorld()
    world.look_at_guest = world.account  # type: ignore[assignment, method-assign]
    played = play(world)
    assert played.outcome == "rolled_back"
    assert as_found(played)
    assert world.made == set()


def test_a_report_that_cannot_be_stored_is_handed_over_all_the_same() -> None:
    played = play(SmallWorld(failures={"write_report": [BROKEN]}))
    assert played.outcome == "repaired"
    assert "could not be stored" in played.report["reason"]
    assert "report.json" not in played.report["evidence"]


def test_a_dry_run_touches_nothing() -> None:
    played = play(SmallWorld(), policy={"dry_run": True})
    assert played.outcome == "planned"
    assert not [name for name in played.world.begun_when if name.startswith("begin_")]


def test_a_disk_that_cannot_be_repaired_is_not_swapped_in() -> None:
    played = play(SmallWorld(fix_ok=False))
    assert played.outcome == "rolled_back"
    assert played.world.calls["begin_swap"] == 0
    assert as_found(played)


def test_the_next_size_is_tried_where_one_cannot_be_had() -> None:
    no_room = Failure(code="SkuNotAvailable", kind="no_capacity", message="none here")
    played = play(SmallWorld(failures={"begin_repair_vm": [no_room]}))
    assert played.outcome == "repaired"
    assert played.world.calls["begin_repair_vm"] == 2


def test_a_swap_that_is_accepted_without_effect_is_noticed() -> None:
    world = SmallWorld()

    def forget() -> None:
        world.begin_swap = lambda job: SmallWorld.begin_deallocate(world, job)  # type: ignore[method-assign]

    world.before["begin_swap"] = forget
    played = play(world)
    assert played.outcome == "rolled_back"
    assert "accepted the swap" in played.report["reason"]


ROOM = (DataVolume(letter="F", free_gb=200),)


def test_a_data_disk_with_room_takes_the_dump_and_is_looked_at_for_it() -> None:
    world = SmallWorld(dump_fits=False, data_disks=1, volumes=ROOM, boot="bugcheck", dumps=[True])
    played = play(world)
    assert played.outcome == "escalated"
    assert "inspect_data_disks" in played.steps
    assert not [asked for asked in played.report["checkpoints"] if asked["name"] == "choose_dump_location"]
    assert world.made == set()


@pytest.mark.parametrize("answer", ["data_disk", "none", None])
def test_where_no_volume_has_room_a_person_is_asked_and_the_repair_goes_on(answer: str | None) -> None:
    played = play(SmallWorld(dump_fits=False), answers={"choose_dump_location": answer} if answer else {})
    assert played.outcome == "repaired"
    assert played.report["checkpoints"][-2]["name"] == "choose_dump_location"


def test_data_disks_that_cannot_be_copied_do_not_stop_the_repair() -> None:
    def break_copying() -> None:
        world.failures["begin_snapshot"] = [BROKEN]

    world = SmallWorld(dump_fits=False, data_disks=1, before={"plan_fix": break_copying})
    played = play(world, policy={"checkpoints": {"choose_dump_location": "auto"}})
    assert played.outcome == "repaired"
    assert world.made == set()
