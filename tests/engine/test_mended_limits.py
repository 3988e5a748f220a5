"""Each limit of the original backend that the engine mends: one scenario, run on both, that comes out differently."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.testing.in_memory_backend import InMemoryOrchestrationBackend, OrchestrationInstance

from sandbox.clock import START
from tests.engine.bench import (
    Bench,
    activity,
    child,
    complete,
    continue_as_new,
    engine_bench,
    fail,
    kinds,
    timer,
)

type Scenario = Callable[[Bench], object]


class Impatient(InMemoryOrchestrationBackend):
    """The original, whose 30 s of waiting for a sub-orchestration take a moment."""

    gave_up = threading.Event()

    def _wait_for_state(
        self, instance_id: str, predicate: Callable[[OrchestrationInstance], bool], timeout: float | None
    ) -> OrchestrationInstance | None:
        found = super()._wait_for_state(instance_id, predicate, timeout or 0.01)
        self.gave_up.set()
        return found


@contextmanager
def original_bench() -> Iterator[Bench]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    backend = Impatient(port=port)
    backend.gave_up.clear()
    bench = Bench(backend.start())
    try:
        yield bench
    finally:
        bench.close()
        backend.stop()


def activity_of_a_dead_worker(bench: Bench) -> object:
    worker = bench.worker()
    bench.start("a")
    bench.decide(worker.take(), activity())
    worker.take()
    worker.die()
    item = bench.worker().next_item()
    return item is not None and item.activityRequest.name


def episode_of_a_dead_worker(bench: Bench) -> object:
    worker = bench.worker()
    bench.start("a")
    worker.take()
    worker.die()
    return kinds(bench.worker().next_item())


def late_answer_to_an_episode_handed_out_again(bench: Bench) -> object:
    """With the token unchanged, the late answer would be taken for that of the second worker."""
    slow = bench.worker()
    bench.start("a")
    late = slow.take()
    bench.stub.AbandonTaskOrchestratorWorkItem(pb.AbandonOrchestrationTaskRequest(completionToken=late.completionToken))
    again = slow.take()
    bench.decide(late, activity())
    bench.decide(again, activity())
    scheduled = [event for event in bench.history("a") if event.HasField("taskScheduled")]
    return len(scheduled), late.completionToken == again.completionToken


def abandoned_activity(bench: Bench) -> object:
    worker = bench.worker()
    bench.start("a")
    bench.decide(worker.take(), activity())
    token = worker.take().completionToken
    bench.stub.AbandonTaskActivityWorkItem(pb.AbandonActivityTaskRequest(completionToken=token))
    return worker.next_item() is not None


def failure_with_an_empty_message(bench: Bench) -> object:
    worker = bench.worker()
    bench.start("a")
    bench.decide(worker.take(), activity())
    bench.answer(worker.take(), failure=pb.TaskFailureDetails(errorType="TimeoutError"))
    return kinds(worker.take())


def second_answer_to_an_activity(bench: Bench) -> object:
    worker = bench.worker()
    bench.start("a")
    bench.decide(worker.take(), activity())
    item = worker.take()
    bench.answer(item)
    bench.decide(worker.take())
    bench.answer(item)
    return worker.next_item() is not None


def stale_answer_to_an_episode(bench: Bench) -> object:
    """An answer with a wrong token must not let a second episode run beside the first."""
    worker = bench.worker()
    bench.start("a")
    item = worker.take()
    bench.raise_event("a", "news")
    stale = pb.OrchestratorResponse(instanceId="a", completionToken=f"{item.completionToken}0")
    bench.stub.CompleteOrchestratorTask(stale)
    return worker.next_item() is not None


def result_after_continue_as_new(bench: Bench) -> object:
    worker = bench.worker()
    bench.start("a")
    bench.decide(worker.take(), activity())
    late = worker.take()
    bench.raise_event("a", "go")
    bench.decide(worker.take(), continue_as_new())
    bench.decide(worker.take())
    bench.answer(late)
    return kinds(worker.next_item())


def result_during_continue_as_new(bench: Bench) -> object:
    worker = bench.worker()
    bench.start("a")
    bench.decide(worker.take(), activity())
    late = worker.take()
    bench.raise_event("a", "go")
    last = worker.take()
    bench.answer(late)
    bench.raise_event("a", "kept")
    bench.decide(last, continue_as_new())
    return kinds(worker.take())


def timer_of_an_earlier_execution(bench: Bench) -> object:
    worker = bench.worker()
    bench.start("a")
    first = worker.take()
    bench.decide(first, timer(1, first, 0.1))
    bench.raise_event("a", "go")
    bench.decide(worker.take(), continue_as_new())
    bench.decide(worker.take())
    bench.pass_time(1)
    return kinds(worker.next_item())


def timer_of_thirty_hours(bench: Bench) -> object:
    worker = bench.worker()
    bench.start("a")
    first = worker.take()
    bench.decide(first, timer(1, first, 30 * 3600))
    bench.pass_time(30 * 3600)
    return kinds(worker.next_item())


def times_of_an_instance(bench: Bench) -> object:
    worker = bench.worker()
    bench.start("a")
    bench.pass_time(60)
    first = worker.take()
    bench.decide(first, timer(1, first, 3600))
    bench.decide(first)
    state = bench.state("a")
    times = [state.createdTimestamp, state.lastUpdatedTimestamp, *(event.timestamp for event in bench.history("a"))]
    return all(START <= time.ToDatetime(START.tzinfo) <= START + timedelta(minutes=1) for time in times)


def child_that_takes_long(bench: Bench) -> object:
    worker = bench.worker()
    bench.start("parent")
    bench.decide(worker.take(), child(1, "child"))
    bench.pass_time(31)
    if bench.clock is None:
        assert Impatient.gave_up.wait(2)
    bench.decide(worker.take(), complete())
    return kinds(worker.next_item())


def child_that_fails(bench: Bench) -> object:
    worker = bench.worker()
    bench.start("parent")
    bench.decide(worker.take(), child(1, "child"))
    cause = pb.TaskFailureDetails(errorType="DiskFull", errorMessage="no space")
    bench.decide(
        worker.take(), fail(pb.TaskFailureDetails(errorType="CopyFailed", errorMessage="x", innerFailure=cause))
    )
    item = worker.next_item()
    failed = item.orchestratorRequest.newEvents[-1].subOrchestrationInstanceFailed if item else None
    return failed and (failed.failureDetails.errorType, failed.failureDetails.innerFailure.errorType)


def parent_of_a_child(bench: Bench) -> object:
    worker = bench.worker()
    bench.start("parent")
    bench.decide(worker.take(), child(7, "child"))
    started = worker.take().orchestratorRequest.newEvents[1].executionStarted
    return started.parentInstance.orchestrationInstance.instanceId, started.parentInstance.taskScheduledId


def child_of_a_terminated_parent(bench: Bench) -> object:
    worker = bench.worker()
    bench.start("parent")
    bench.decide(worker.take(), child(1, "child"))
    bench.decide(worker.take())
    bench.stub.TerminateInstance(pb.TerminateRequest(instanceId="parent", recursive=True))
    reached = {item.orchestratorRequest.instanceId for item in (worker.next_item(), worker.next_item()) if item}
    return sorted(reached)


def start_in_the_future(bench: Bench) -> object:
    worker = bench.worker()
    request = pb.CreateInstanceRequest(instanceId="a", name="scripted")
    # A century is the future for both clocks.
    request.scheduledStartTimestamp.FromDatetime(START + timedelta(days=36500))
    bench.stub.StartInstance(request)
    return worker.next_item() is not None


MENDED: list[tuple[Scenario, object]] = [
    (activity_of_a_dead_worker, "work"),
    (episode_of_a_dead_worker, ["orchestratorStarted", "executionStarted"]),
    (late_answer_to_an_episode_handed_out_again, (1, False)),
    (abandoned_activity, True),
    (failure_with_an_empty_message, ["orchestratorStarted", "taskFailed"]),
    (second_answer_to_an_activity, False),
    (stale_answer_to_an_episode, False),
    (result_after_continue_as_new, []),
    (result_during_continue_as_new, ["orchestratorStarted", "executionStarted", "eventRaised"]),
    (timer_of_an_earlier_execution, []),
    (timer_of_thirty_hours, ["orchestratorStarted", "timerFired"]),
    (times_of_an_instance, True),
    (child_that_takes_long, ["orchestratorStarted", "subOrchestrationInstanceCompleted"]),
    (child_that_fails, ("CopyFailed", "DiskFull")),
    (parent_of_a_child, ("parent", 7)),
    (child_of_a_terminated_parent, ["child", "parent"]),
    (start_in_the_future, False),
]


@pytest.mark.parametrize(("scenario", "right"), MENDED, ids=[scenario.__name__ for scenario, _ in MENDED])
def test_the_engine_gets_it_right(scenario: Scenario, right: object) -> None:
    with engine_bench() as (_, bench):
        assert scenario(bench) == right


@pytest.mark.parametrize(("scenario", "right"), MENDED, ids=[scenario.__name__ for scenario, _ in MENDED])
def test_the_original_does_not(scenario: Scenario, right: object) -> None:
    with original_bench() as bench:
        assert scenario(bench) != right
