"""What the engine offers beside the protocol: idleness, histories, counts, news, and what it refuses."""

import grpc
import pytest
from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.clock import START, ClockRunner, VirtualClock
from sandbox.engine.durable_engine import DurableEngine
from tests.engine.bench import Bench, activity, child, complete, continue_as_new, engine_bench, kinds, timer


def test_it_listens_on_the_loopback_only_and_chooses_its_port() -> None:
    clock = VirtualClock()
    first, second = DurableEngine(clock), DurableEngine(clock)
    addresses = [first.start(), second.start()]
    first.stop()
    second.stop()
    assert all(address.startswith("127.0.0.1:") for address in addresses)
    assert addresses[0] != addresses[1]


def test_it_is_busy_from_a_start_to_the_last_answer() -> None:
    with engine_bench() as (engine, bench):
        assert engine.idle()
        bench.start("a")
        assert not engine.idle()  # queued, although no worker is connected
        worker = bench.worker()
        item = worker.take()
        assert not engine.idle()
        bench.decide(item, activity())
        assert not engine.idle()
        bench.answer(worker.take())
        last = worker.take()
        bench.decide(last, timer(2, last, 60))
        assert engine.idle()


def test_it_is_busy_while_the_work_of_a_dead_worker_waits() -> None:
    with engine_bench() as (engine, bench):
        worker = bench.worker()
        bench.start("a")
        worker.take()
        worker.die()
        assert not engine.idle()
        bench.decide(bench.worker().take())
        assert engine.idle()
        assert engine.counts().redelivered == 1


def test_an_answer_pokes_the_clock() -> None:
    with engine_bench() as (_, bench):
        worker = bench.worker()
        bench.start("a")
        item = worker.take()
        assert bench.clock is not None
        seen = bench.clock.pokes()
        bench.decide(item)
        assert bench.clock.pokes() > seen


def test_a_runner_plays_hours_in_a_moment() -> None:
    with engine_bench() as (_, bench):
        assert bench.clock is not None
        worker = bench.worker()
        bench.start("a")
        with ClockRunner(bench.clock):
            for _ in range(24):
                item = worker.take()
                bench.decide(item, timer(1 + bench.clock.now().hour, item, 3600))
            worker.take()
        assert (bench.clock.now() - START).total_seconds() == 24 * 3600


def test_timers_fire_in_the_order_of_their_times() -> None:
    with engine_bench() as (engine, bench):
        worker = bench.worker()
        bench.start("a")
        item = worker.take()
        bench.decide(item, timer(1, item, 300), timer(2, item, 200), timer(3, item, 100))
        fired = []
        for _ in range(3):
            bench.pass_time(100)
            item = worker.take()
            fired += [event.timerFired.timerId for event in item.orchestratorRequest.newEvents[1:]]
            bench.decide(item)
        assert fired == [3, 2, 1]
        assert engine.idle()


def test_an_instance_that_ended_leaves_no_timer_behind() -> None:
    with engine_bench() as (_, bench):
        worker = bench.worker()
        bench.start("a")
        item = worker.take()
        bench.decide(item, timer(1, item, 3600), complete())
        assert bench.clock is not None
        assert bench.clock.next_at() is None


def test_a_result_for_an_instance_that_ended_is_ignored() -> None:
    with engine_bench() as (engine, bench):
        worker = bench.worker()
        bench.start("a")
        bench.decide(worker.take(), activity(), complete())
        bench.answer(worker.take())
        assert engine.counts().ignored == 1
        assert bench.state("a").orchestrationStatus == pb.ORCHESTRATION_STATUS_COMPLETED
        assert engine.idle()


def test_the_first_answer_to_an_activity_counts_whoever_gives_it() -> None:
    with engine_bench() as (engine, bench):
        slow = bench.worker()
        bench.start("a")
        bench.decide(slow.take(), activity())
        item = slow.take()
        slow.die()
        again = bench.worker()
        assert again.take().activityRequest == item.activityRequest
        bench.answer(item, "42")
        episode = again.take()
        assert episode.orchestratorRequest.newEvents[1].taskCompleted.result.value == "42"
        bench.decide(episode, complete())
        bench.answer(item, "43")
        assert engine.counts().ignored == 1


def test_events_during_an_episode_wait_for_the_next() -> None:
    with engine_bench() as (_, bench):
        worker = bench.worker()
        bench.start("a")
        item = worker.take()
        bench.raise_event("a", "news")
        bench.decide(item)
        assert kinds(worker.take()) == ["orchestratorStarted", "eventRaised"]


def test_an_episode_taken_back_goes_first_and_keeps_later_events() -> None:
    with engine_bench() as (_, bench):
        worker = bench.worker()
        bench.start("a")
        worker.take()
        bench.raise_event("a", "news")
        worker.die()
        assert kinds(bench.worker().take()) == ["orchestratorStarted", "executionStarted", "eventRaised"]


def test_a_child_that_continues_as_new_still_answers_its_parent_once() -> None:
    with engine_bench() as (_, bench):
        worker = bench.worker()
        bench.start("parent")
        bench.decide(worker.take(), child(1, "child"))
        bench.decide(worker.take(), continue_as_new("1"))
        again = worker.take()
        assert again.orchestratorRequest.newEvents[1].executionStarted.HasField("parentInstance")
        bench.decide(again, complete('"done"'))
        answer = worker.take()
        assert answer.orchestratorRequest.instanceId == "parent"
        assert answer.orchestratorRequest.newEvents[-1].subOrchestrationInstanceCompleted.result.value == '"done"'


def test_a_parent_that_continued_as_new_gets_no_answer_of_its_past() -> None:
    with engine_bench() as (engine, bench):
        worker = bench.worker()
        bench.start("parent")
        bench.decide(worker.take(), child(1, "child"))
        slow = worker.take()
        bench.raise_event("parent", "go")
        bench.decide(worker.take(), continue_as_new())
        bench.decide(worker.take())
        bench.decide(slow, complete())
        assert engine.idle()


def test_a_terminated_child_fails_its_parent_with_the_reason() -> None:
    with engine_bench() as (_, bench):
        worker = bench.worker()
        bench.start("parent")
        bench.decide(worker.take(), child(1, "child"))
        bench.decide(worker.take())
        bench.stub.TerminateInstance(pb.TerminateRequest(instanceId="child"))
        stopped = pb.CompleteOrchestrationAction(orchestrationStatus=pb.ORCHESTRATION_STATUS_TERMINATED)
        stopped.result.value = '"enough"'
        bench.decide(worker.take(), pb.OrchestratorAction(id=-1, completeOrchestration=stopped))
        failed = worker.take().orchestratorRequest.newEvents[-1].subOrchestrationInstanceFailed
        assert failed.failureDetails.errorType == "OrchestrationTerminated"
        assert "enough" in failed.failureDetails.errorMessage


def test_a_second_start_under_the_same_id_is_refused() -> None:
    with engine_bench() as (engine, bench):
        bench.start("a")
        with pytest.raises(grpc.RpcError) as refused:
            bench.start("a")
        assert refused.value.code() == grpc.StatusCode.ALREADY_EXISTS
        assert [instance.instance_id for instance in engine.instances()] == ["a"]


def test_an_id_may_be_used_again_when_the_policy_says_so() -> None:
    with engine_bench() as (engine, bench):
        worker = bench.worker()
        bench.start("a")
        bench.decide(worker.take(), complete())
        again = pb.CreateInstanceRequest(instanceId="a", name="scripted")
        again.orchestrationIdReusePolicy.replaceableStatus.append(pb.ORCHESTRATION_STATUS_COMPLETED)
        bench.stub.StartInstance(again)
        bench.decide(worker.take(), complete('"second"'))
        assert engine.instances()[0].output == '"second"'


def test_instances_tell_their_state_and_times() -> None:
    with engine_bench() as (engine, bench):
        worker = bench.worker()
        bench.start("a", '{"vm": "web"}')
        item = worker.take()
        bench.decide(item, timer(1, item, 60))
        bench.pass_time(60)
        bench.decide(worker.take(), complete('"ok"'))
        (view,) = engine.instances()
        assert (view.name, view.status, view.input, view.output) == ("scripted", "Completed", '{"vm": "web"}', '"ok"')
        assert (view.created_at, view.completed_at) == (START, bench.clock.now() if bench.clock else None)
        assert view.failure is None


def test_histories_are_kept_over_continue_as_new() -> None:
    with engine_bench() as (engine, bench):
        worker = bench.worker()
        bench.start("a")
        bench.decide(worker.take(), continue_as_new("1"))
        bench.decide(worker.take(), complete())
        (past,) = engine.past_histories("a")
        assert [event.WhichOneof("eventType") for event in past] == ["orchestratorStarted", "executionStarted"]
        assert engine.history("a")[-1].HasField("executionCompleted")
        assert engine.counts().episodes == 2


def test_observers_see_each_committed_event_once_and_in_order() -> None:
    with engine_bench() as (engine, bench):
        seen: list[tuple[str, str | None]] = []
        engine.subscribe(lambda instance_id, event: seen.append((instance_id, event.WhichOneof("eventType"))))
        worker = bench.worker()
        bench.start("a")
        bench.decide(worker.take(), activity())
        bench.answer(worker.take())
        bench.decide(worker.take(), continue_as_new())
        bench.decide(worker.take(), complete())
        past, now = engine.past_histories("a")[0], engine.history("a")
        assert seen == [("a", event.WhichOneof("eventType")) for event in (*past, *now)]


def test_a_purged_instance_is_gone() -> None:
    with engine_bench() as (engine, bench):
        worker = bench.worker()
        bench.start("a")
        bench.decide(worker.take(), complete())
        bench.stub.PurgeInstances(pb.PurgeInstancesRequest(instanceId="a"))
        assert engine.instances() == []
        assert engine.past_histories("a") == []


def test_a_message_may_be_large() -> None:
    with engine_bench() as (engine, bench):
        large = '"' + "x" * 9_000_000 + '"'
        bench.start("a", large)
        worker = bench.worker()
        bench.decide(worker.take(), complete(large))
        assert engine.instances()[0].output == large


def test_two_workers_share_the_work() -> None:
    with engine_bench() as (_, bench):
        first, second = bench.worker(), bench.worker()
        bench.start("a")
        item = first.next_item() or second.take()
        bench.decide(item, *(activity(number) for number in range(1, 21)))
        tasks: list[int] = []
        for worker in (first, second):
            while (work := worker.next_item()) is not None:
                tasks.append(work.activityRequest.taskId)
        assert sorted(tasks) == list(range(1, 21))


@pytest.mark.parametrize(
    ("method", "request_message"),
    [
        ("RewindInstance", pb.RewindInstanceRequest(instanceId="a")),
        ("SignalEntity", pb.SignalEntityRequest(instanceId="@counter@1")),
    ],
)
def test_what_it_does_not_serve_it_refuses(method: str, request_message: object) -> None:
    with engine_bench() as (_, bench), pytest.raises(grpc.RpcError) as refused:
        getattr(bench.stub, method)(request_message)
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_an_orchestration_that_calls_an_entity_fails_with_the_reason() -> None:
    with engine_bench() as (engine, bench):
        worker = bench.worker()
        bench.start("a")
        signal = pb.SendEntityMessageAction(entityOperationSignaled=pb.EntityOperationSignaledEvent(operation="add"))
        bench.decide(worker.take(), pb.OrchestratorAction(id=1, sendEntityMessage=signal))
        (view,) = engine.instances()
        assert view.status == "Failed"
        assert "no durable entities" in (view.failure or "")


def test_a_stopped_engine_lets_go_of_its_workers_and_timers() -> None:
    clock = VirtualClock()
    engine = DurableEngine(clock)
    bench = Bench(engine.start(), clock)
    worker = bench.worker()
    bench.start("a")
    item = worker.take()
    bench.decide(item, timer(1, item, 60))
    engine.stop()
    assert clock.next_at() is None
    bench.close()
