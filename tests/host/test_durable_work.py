"""Orchestrations of an unmodified app on the engine: time, events, children, failures, and hosts that die."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sandbox.clock import ClockRunner
from tests.host.world import KEYS, Standstill, World


def test_activities_run_and_their_results_come_back(shared_world: World) -> None:
    assert shared_world.output(shared_world.start("greet", "Bob")) == ["BOB", "bob"]
    assert {"shout Bob", "whisper Bob"} <= set(shared_world.effects())


@pytest.mark.parametrize("given", [None, "", "text", 7, {"a": [1, {"b": None}]}, "\u00e4\u2713"])
def test_an_input_arrives_as_it_was_given(shared_world: World, given: object) -> None:
    assert shared_world.output(shared_world.start("mirror", given)) == given


def test_many_activities_run_side_by_side(shared_world: World) -> None:
    assert shared_world.output(shared_world.start("fan_out", 200)) == 200


def test_thirty_hours_pass_in_less_than_a_second(shared_world: World) -> None:
    began = time.monotonic()
    with ClockRunner(shared_world.clock):
        before, after = shared_world.output(shared_world.start("wait_hours", 30))
    assert time.monotonic() - began < 1
    assert datetime.fromisoformat(after) - datetime.fromisoformat(before) == timedelta(hours=30)


def test_a_parent_waits_for_a_child_over_virtual_hours(shared_world: World) -> None:
    with ClockRunner(shared_world.clock):
        before, after = shared_world.output(shared_world.start("outer", 30))
    assert datetime.fromisoformat(after) - datetime.fromisoformat(before) == timedelta(hours=30)


def test_an_orchestration_continues_as_new(shared_world: World) -> None:
    began = shared_world.clock.now()
    with ClockRunner(shared_world.clock):
        instance_id = shared_world.start("count_down", 4)
        assert shared_world.output(instance_id) == "zero"
    assert len(shared_world.engine.past_histories(instance_id)) == 3
    assert shared_world.clock.now() - began == timedelta(minutes=40)


def test_an_event_is_awaited_and_its_deadline_dropped(shared_world: World) -> None:
    instance_id = shared_world.start("wait_decision")
    path = f"/runtime/webhooks/durabletask/instances/{instance_id}/raiseEvent/decision"
    assert shared_world.call("POST", path, '{"answer": "yes"}', KEYS.system).status == 202
    assert shared_world.output(instance_id) == {"answer": "yes"}
    assert shared_world.clock.next_at() is None


def test_without_the_event_the_deadline_comes(shared_world: World) -> None:
    with ClockRunner(shared_world.clock):
        assert shared_world.output(shared_world.start("wait_decision")) == "nobody answered"


@pytest.mark.parametrize(
    ("kind", "seen"), [("silent", ["TimeoutError", ""]), ("loud", ["ValueError", "the first line"])]
)
def test_a_failed_activity_fails_with_type_and_first_line(shared_world: World, kind: str, seen: list[str]) -> None:
    assert shared_world.output(shared_world.start("failing", kind)) == seen


def test_a_call_to_an_unknown_activity_fails_and_names_it(shared_world: World) -> None:
    view = shared_world.ended(shared_world.start("calls_nobody"))
    assert view.status == "Failed"
    assert "'no_such_activity' does not exist" in (view.failure or "")


def test_an_unknown_orchestration_fails_and_is_named(shared_world: World) -> None:
    view = shared_world.ended(shared_world.start("no_such_orchestration"))
    assert view.status == "Failed"
    assert "'no_such_orchestration' does not exist" in (view.failure or "")


def test_a_child_that_fails_tells_its_parent_why(shared_world: World) -> None:
    assert "no_such_activity" in shared_world.output(shared_world.start("cruel_parent"))


def test_a_host_killed_in_an_activity_runs_it_again(world: World, tmp_path: Path) -> None:
    there = Standstill.in_folder(tmp_path)
    instance_id = world.start("hanging", str(there.marker))
    assert there.reached()
    world.host.kill()
    assert not world.engine.idle()
    world.host.start()
    assert world.output(instance_id) == ["BEFORE", "done"]
    assert world.effects() == ["shout before", "hang_once", "hang_once"]


def test_a_host_killed_in_an_orchestrator_runs_the_turn_again(world: World, tmp_path: Path) -> None:
    there = Standstill.in_folder(tmp_path)
    instance_id = world.start("hangs_itself", str(there.marker))
    assert there.reached()
    world.host.kill()
    world.host.start()
    assert world.output(instance_id) == "BEFORE"
    assert world.effects() == ["shout before"]
    assert world.engine.counts().redelivered == 1


def test_time_stands_still_while_the_host_is_down(world: World, tmp_path: Path) -> None:
    there = Standstill.in_folder(tmp_path)
    began = world.clock.now()
    hanging = world.start("hanging", str(there.marker))
    assert there.reached()
    waiting = world.start("wait_hours", 5)
    with ClockRunner(world.clock):
        world.host.kill()
        assert not world.clock.is_idle()
        assert world.clock.now() == began
        world.host.start()
        assert world.output(hanging) == ["BEFORE", "done"]
        assert world.output(waiting) == [t.replace(tzinfo=None).isoformat() for t in (began, world.clock.now())]
    assert world.clock.now() == began + timedelta(hours=5)


def test_a_timer_due_while_the_host_is_down_is_not_lost(world: World) -> None:
    instance_id = world.start("wait_hours", 5)
    with ClockRunner(world.clock):
        world.host.stop()
        world.host.start()
        assert len(world.output(instance_id)) == 2
