"""The player against a small function app: what it does when, and what it says of the end."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sandbox.clock import START
from sandbox.player.api import ApiError
from sandbox.player.expectations import broken_expectations
from sandbox.player.play import Player, StuckError
from sandbox.scenario import Scenario
from tests.scenarios.fake_app import VM_ID, FakeRequest, FakeStage

MINUTES = timedelta(minutes=1)


def scenario(**sections: Any) -> Scenario:
    return Scenario.model_validate_json(json.dumps(sections))


@pytest.fixture
def stage() -> Iterator[FakeStage]:
    with FakeStage() as fake:
        yield fake


def test_plays_to_the_end_and_answers_on_the_virtual_clock(stage: FakeStage) -> None:
    played = Player(scenario(), stage).play()
    assert played.report.outcome == "repaired"
    assert [(one.name, one.decision) for one in played.report.checkpoints] == [("approve_repair", "approve")]
    decision, at = stage.repair.decisions[0]
    assert decision["by"] == "operator@example.com"
    assert at == (START + 21 * MINUTES).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert played.ended == START + 61 * MINUTES + timedelta(seconds=1)


def test_a_person_takes_as_long_as_the_scenario_says(stage: FakeStage) -> None:
    people = {"approve_repair": {"decision": "reject", "after": "PT3H", "by": "ann@example.com", "comment": "not now"}}
    played = Player(scenario(people=people), stage).play()
    decision, at = stage.repair.decisions[0]
    assert (decision["decision"], decision["by"], decision["comment"]) == ("reject", "ann@example.com", "not now")
    assert at == (START + 200 * MINUTES).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert played.report.outcome == "rolled_back"


def test_nobody_answers_when_people_is_empty(stage: FakeStage) -> None:
    played = Player(scenario(people={}), stage).play()
    assert [one.decision for one in played.report.checkpoints] == ["timed_out"]
    assert stage.repair.decisions == []


def test_a_person_who_comes_too_late_harms_nothing(stage: FakeStage) -> None:
    people = {"approve_repair": {"decision": "approve", "after": "PT5H"}}
    played = Player(scenario(people=people), stage).play()
    assert played.report.outcome == "rolled_back"


def test_the_host_is_killed_once_at_work_after_the_step(stage: FakeStage) -> None:
    Player(scenario(azure={"host_restarts": [{"after_step": "deallocate_source"}]}), stage).play()
    assert stage.restarts == [["read_vm", "decide", "deallocate_source", "execute_plan"]]


def test_incidents_happen_while_the_checkpoint_waits(stage: FakeStage) -> None:
    meanwhile = [
        {"happens": "vm_recovers", "during": "approve_repair"},
        {"happens": "readonly_lock", "after_step": "decide"},
    ]
    Player(scenario(meanwhile=meanwhile), stage).play()
    assert sorted(stage.incidents) == [("readonly_lock", "approve_repair"), ("vm_recovers", "approve_repair")]


@pytest.mark.parametrize("cue", [{"after_step": "deallocate_source"}, {"at_checkpoint": "approve_repair"}])
def test_cancels_at_its_moment(stage: FakeStage, cue: dict[str, str]) -> None:
    played = Player(scenario(cancel=cue), stage).play()
    assert played.report.outcome == "cancelled"


def test_the_second_request_gets_the_same_repair(stage: FakeStage) -> None:
    played = Player(scenario(second_request={"after_step": "decide"}), stage).play()
    assert played.second_ids == ("r-1",)
    assert played.complaints == ()
    assert stage.repair.started == 2


def test_a_moment_that_never_comes_is_a_broken_expectation(stage: FakeStage) -> None:
    story = scenario(cancel={"after_step": "find_dump"}, expect={})
    played = Player(story, stage).play()
    assert broken_expectations(story, played, stage) == ["cancel: its moment never came"]


@pytest.mark.parametrize("start", ["event", "alert"])
def test_starts_by_event_and_alert(stage: FakeStage, start: str) -> None:
    assert Player(scenario(start=start), stage).play().report.outcome == "repaired"


@pytest.mark.parametrize("start", ["event", "alert"])
def test_says_when_the_app_serves_no_such_start(start: str) -> None:
    with FakeStage(serves_events=False) as stage, pytest.raises(ApiError, match=f"start: {start} is not served"):
        Player(scenario(start=start), stage).play()


def test_a_run_in_which_nothing_can_happen_any_more_is_stuck() -> None:
    with FakeStage(hangs_at="execute_plan") as stage, pytest.raises(StuckError, match="nothing is left") as caught:
        Player(scenario(people={"approve_repair": {"decision": "approve", "after": "PT0S"}}), stage).play()
    assert "repair r-1 stands in phase fix, running execute_plan" in str(caught.value)


def test_a_run_beyond_the_virtual_limit_is_stuck(stage: FakeStage) -> None:
    player = Player(scenario(people={}), stage, longest_virtual=timedelta(hours=3))
    with pytest.raises(StuckError, match="waiting for approve_repair"):
        player.play()


def test_work_that_never_ends_is_stuck(stage: FakeStage) -> None:
    stage.settles = False
    with pytest.raises(StuckError, match="work was still in flight"):
        Player(scenario(), stage).play()


def test_paces_each_jump_and_shows_each_look(stage: FakeStage) -> None:
    jumps: list[float] = []
    seen: list[str] = []
    Player(scenario(), stage, pace=jumps.append, watch=lambda repair, _: seen.append(repair.phase)).play()
    assert sum(jumps) == 61 * 60 + 1
    assert seen[-1] == "done"


BROKEN: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"outcome": "escalated"}, {}, "outcome: expected escalated, got repaired"),
    ({"reason_contains": "BitLocker"}, {}, "reason_contains: 'BitLocker'"),
    ({"diagnosis": "unknown"}, {}, "diagnosis: expected unknown, got critical_process_died"),
    ({"checkpoints": {"approve_swap": "approve"}}, {}, "checkpoints.approve_swap: expected approve, got None"),
    ({"leftovers": ["/snapshots/"]}, {}, "leftovers: '/snapshots/' is not in the report's list"),
    ({"leftovers": []}, {"leftovers": [{"resource_id": "/x/disks/copy"}]}, "leftovers: not expected: /x/disks/copy"),
    ({"os_disk": "/copy"}, {}, "os_disk: expected '/copy', but the VM has /disks/original"),
    ({"outcome": "repaired"}, {"result_status": 409}, "result: HTTP 200 belongs to outcome repaired"),
]


@pytest.mark.parametrize(("expect", "how", "said"), BROKEN)
def test_names_each_broken_expectation(expect: dict[str, Any], how: dict[str, Any], said: str) -> None:
    with FakeStage(**how) as stage:
        story = scenario(expect=expect)
        [broken] = broken_expectations(story, Player(story, stage).play(), stage)
    assert broken.startswith(said)


def test_the_simulators_own_account_counts(stage: FakeStage) -> None:
    story = scenario(expect={"no_writes": True, "vm_as_found": True})
    played = Player(story, stage).play()
    stage.there = [f"{VM_ID}-copy"]
    stage.changes = ["it is deallocated, but was running"]
    read = "Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action"
    stage.arm = [
        FakeRequest("GET", VM_ID, "Microsoft.Compute/virtualMachines/read"),
        FakeRequest("POST", f"{VM_ID}/retrieveBootDiagnosticsData", read),
        FakeRequest("POST", f"{VM_ID}/deallocate", "Microsoft.Compute/virtualMachines/deallocate/action"),
    ]
    assert broken_expectations(story, played, stage) == [
        f"unlisted resource: {VM_ID}-copy is neither in leftovers nor in kept",
        f"no_writes: POST {VM_ID}/deallocate",
        "vm_as_found: it is deallocated, but was running",
    ]


def test_a_listed_resource_is_no_surprise() -> None:
    with FakeStage(leftovers=[{"resource_id": "/X/Disks/Copy", "why": "a lock"}]) as stage:
        stage.there = ["/x/disks/copy"]
        story = scenario(expect={"leftovers": ["disks/copy"]})
        assert broken_expectations(story, Player(story, stage).play(), stage) == []


def test_without_expectations_it_is_enough_that_the_run_ended(stage: FakeStage) -> None:
    stage.there = ["/x/disks/copy"]
    story = scenario()
    assert broken_expectations(story, Player(story, stage).play(), stage) == []
