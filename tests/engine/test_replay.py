"""Replay of histories that a real run left behind: every prefix decides what was decided, changed code is told."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import pytest
from durabletask import task
from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.engine.replay import ReplayMismatchError, decided, episodes, prefixes, recorded, replay, take_turn
from tests.engine.bench import Bench, engine_bench

type Turns = Generator[task.Task[Any], Any, Any]


def errand(ctx: task.OrchestrationContext, stops: int) -> Turns:
    """Activities one after another and side by side, a timer that loses and one that wins, a child."""
    for stop in range(stops):
        yield ctx.call_activity("visit", input=stop)
    yield task.when_all([ctx.call_activity("visit", input=stop) for stop in range(stops)])
    late = ctx.create_timer(ctx.current_utc_datetime + timedelta(hours=1))
    word = ctx.wait_for_external_event("word")
    yield task.when_any([word, late])
    yield ctx.create_timer(ctx.current_utc_datetime + timedelta(minutes=5))
    return (yield ctx.call_sub_orchestrator("rest", input=1, instance_id=f"{ctx.instance_id}:rest"))


def rest(ctx: task.OrchestrationContext, left: int) -> Turns:
    yield ctx.create_timer(ctx.current_utc_datetime + timedelta(minutes=5))
    if left:
        ctx.continue_as_new(left - 1)
    return "rested"


def errand_in_another_order(ctx: task.OrchestrationContext, stops: int) -> Turns:
    yield ctx.create_timer(ctx.current_utc_datetime + timedelta(hours=1))
    return (yield from errand(ctx, stops))


def history_of_an_errand() -> tuple[list[pb.HistoryEvent], list[pb.HistoryEvent]]:
    """The histories of an errand and of the first execution of its child, as the engine wrote them."""
    with engine_bench() as (engine, bench):
        engine.subscribe(_answering(bench))
        request = pb.CreateInstanceRequest(instanceId="errand", name="errand")
        request.input.value = "2"
        bench.stub.StartInstance(request)
        _play(bench)
        return engine.history("errand"), engine.past_histories("errand:rest")[0]


def _answering(bench: Bench) -> Any:
    """Say the word as soon as the errand waits for it."""

    def observe(instance_id: str, event: pb.HistoryEvent) -> None:
        if instance_id == "errand" and event.HasField("timerCreated") and event.eventId == 5:
            bench.raise_event("errand", "word")

    return observe


def _play(bench: Bench) -> None:
    """Work with the SDK's worker until nothing is left, letting time pass when there is nothing to do."""
    bodies = {"errand": errand, "rest": rest}
    worker = bench.worker()
    assert bench.clock is not None
    while bench.state("errand").orchestrationStatus not in (
        pb.ORCHESTRATION_STATUS_COMPLETED,
        pb.ORCHESTRATION_STATUS_FAILED,
    ):
        if bench.clock.is_idle():
            bench.clock.advance_to_next()
        item = worker.take()
        if item.HasField("activityRequest"):
            bench.answer(item)
        else:
            request = item.orchestratorRequest
            bench.decide(item, *take_turn(bodies[_orchestration(request)], request))


def _orchestration(request: pb.OrchestratorRequest) -> str:
    started = (e.executionStarted for e in (*request.pastEvents, *request.newEvents) if e.HasField("executionStarted"))
    return str(next(started).name)


def test_a_replay_decides_what_the_history_records() -> None:
    history, _ = history_of_an_errand()
    decisions = decided(replay(errand, history))
    assert decisions == recorded(history)
    assert decisions[-1] == ("complete", 0, "Completed", '"rested"')
    assert [decision.kind for decision in decisions[:2]] == ["activity", "activity"]


def test_the_actions_after_every_prefix_are_a_prefix_of_the_final_actions() -> None:
    history, _ = history_of_an_errand()
    final = decided(replay(errand, history))
    lengths = []
    for prefix in prefixes(history):
        actions = decided(replay(errand, prefix))
        assert actions == final[: len(actions)]
        lengths.append(len(actions))
    assert lengths == sorted(lengths)
    assert lengths[-1] == len(final)


def test_a_history_that_continued_as_new_ends_with_that_decision() -> None:
    _, past = history_of_an_errand()
    decisions = decided(replay(rest, past))
    assert decisions[:-1] == recorded(past)
    assert decisions[-1] == ("complete", 0, "ContinuedAsNew", "0")


def test_changed_code_does_not_fit_an_old_history() -> None:
    history, _ = history_of_an_errand()
    with pytest.raises(ReplayMismatchError, match="A previous execution"):
        replay(errand_in_another_order, history)


def test_turns_are_told_nothing_that_they_decided() -> None:
    history, _ = history_of_an_errand()
    told = {event.WhichOneof("eventType") for episode in episodes(history) for event in episode.new}
    assert told == {
        "orchestratorStarted",
        "executionStarted",
        "taskCompleted",
        "eventRaised",
        "timerFired",
        "subOrchestrationInstanceCompleted",
    }
