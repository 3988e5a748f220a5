"""A worker and a client by hand, over real gRPC: tests decide what is answered, and when a worker dies."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import grpc
from durabletask.internal import helpers
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.internal.orchestrator_service_pb2_grpc import TaskHubSidecarServiceStub

from sandbox.clock import VirtualClock
from sandbox.engine.durable_engine import DurableEngine

QUIET_SECONDS = 0.25
_OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


class Worker:
    """One open stream of work items."""

    def __init__(self, stub: TaskHubSidecarServiceStub) -> None:
        self._call = stub.GetWorkItems(pb.GetWorkItemsRequest())
        self._items: queue.Queue[pb.WorkItem] = queue.Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with suppress(grpc.RpcError):
            for item in self._call:
                self._items.put(item)

    def next_item(self, seconds: float = QUIET_SECONDS) -> pb.WorkItem | None:
        """The next item, or None when none comes."""
        try:
            return self._items.get(timeout=seconds)
        except queue.Empty:
            return None

    def take(self) -> pb.WorkItem:
        """The next item, which must come."""
        item = self.next_item(5)
        assert item is not None, "no work item came"
        return item

    def die(self) -> None:
        """Close the stream without an answer."""
        self._call.cancel()
        self._thread.join()


class Bench:
    """A backend's address, with what a client and a worker do to it."""

    def __init__(self, address: str, clock: VirtualClock | None = None) -> None:
        """`clock` is the engine's; the original has none, and its time passes by itself."""
        self._channel = grpc.insecure_channel(address, options=_OPTIONS)
        self.stub = TaskHubSidecarServiceStub(self._channel)  # type: ignore[no-untyped-call]
        self.clock = clock
        self._workers: list[Worker] = []

    def worker(self) -> Worker:
        """A worker that connects now."""
        self._workers.append(Worker(self.stub))
        return self._workers[-1]

    def close(self) -> None:
        for worker in self._workers:
            worker.die()
        self._channel.close()

    def pass_time(self, seconds: float) -> None:
        """Let virtual time pass, where there is any."""
        if self.clock is not None:
            self.clock.advance(seconds)

    def start(self, instance_id: str, body: str = "null") -> None:
        text = helpers.get_string_value(body)
        self.stub.StartInstance(pb.CreateInstanceRequest(instanceId=instance_id, name="scripted", input=text))

    def raise_event(self, instance_id: str, name: str) -> None:
        self.stub.RaiseEvent(pb.RaiseEventRequest(instanceId=instance_id, name=name))

    def decide(self, item: pb.WorkItem, *actions: pb.OrchestratorAction) -> None:
        """Answer an episode."""
        answer = pb.OrchestratorResponse(
            instanceId=item.orchestratorRequest.instanceId, completionToken=item.completionToken, actions=actions
        )
        self.stub.CompleteOrchestratorTask(answer)

    def answer(self, item: pb.WorkItem, result: str = "1", failure: pb.TaskFailureDetails | None = None) -> None:
        """Answer an activity, with a result or with a failure."""
        request = item.activityRequest
        answer = pb.ActivityResponse(
            instanceId=request.orchestrationInstance.instanceId,
            taskId=request.taskId,
            completionToken=item.completionToken,
            failureDetails=failure,
            result=None if failure else helpers.get_string_value(result),
        )
        self.stub.CompleteActivityTask(answer)

    def state(self, instance_id: str) -> pb.OrchestrationState:
        query = pb.GetInstanceRequest(instanceId=instance_id, getInputsAndOutputs=True)
        answer: pb.GetInstanceResponse = self.stub.GetInstance(query)
        return answer.orchestrationState

    def history(self, instance_id: str) -> list[pb.HistoryEvent]:
        chunks = self.stub.StreamInstanceHistory(pb.StreamInstanceHistoryRequest(instanceId=instance_id))
        return [event for chunk in chunks for event in chunk.events]


@contextmanager
def engine_bench() -> Iterator[tuple[DurableEngine, Bench]]:
    """A DurableEngine that serves, and its bench."""
    clock = VirtualClock()
    engine = DurableEngine(clock)
    bench = Bench(engine.start(), clock)
    try:
        yield engine, bench
    finally:
        bench.close()
        engine.stop()


def kinds(item: pb.WorkItem | None) -> list[str]:
    """The kinds of the new events of an episode; none for no item."""
    if item is None:
        return []
    return [str(event.WhichOneof("eventType")) for event in item.orchestratorRequest.newEvents]


def activity(task_id: int = 1, name: str = "work") -> pb.OrchestratorAction:
    return helpers.new_schedule_task_action(task_id, name, "null", None)


def timer(task_id: int, item: pb.WorkItem, seconds: float) -> pb.OrchestratorAction:
    """A timer that is due `seconds` after the episode began."""
    began = item.orchestratorRequest.newEvents[0].timestamp.ToDatetime()
    return helpers.new_create_timer_action(task_id, began + timedelta(seconds=seconds))


def child(task_id: int, instance_id: str) -> pb.OrchestratorAction:
    created = pb.CreateSubOrchestrationAction(name="scripted", instanceId=instance_id)
    return pb.OrchestratorAction(id=task_id, createSubOrchestration=created)


def complete(result: str = "1") -> pb.OrchestratorAction:
    return helpers.new_complete_orchestration_action(99, pb.ORCHESTRATION_STATUS_COMPLETED, result)


def fail(details: pb.TaskFailureDetails) -> pb.OrchestratorAction:
    return helpers.new_complete_orchestration_action(99, pb.ORCHESTRATION_STATUS_FAILED, None, details)


def continue_as_new(body: str = "null") -> pb.OrchestratorAction:
    return helpers.new_complete_orchestration_action(99, pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW, body)
