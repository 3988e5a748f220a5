"""The lower layer of the engine: instances, executions, timers and parents on the virtual clock.

Every change happens under the backend's lock and ends by telling the waiting streams, the clock and the observers.
"""

# ruff: noqa: N802, ARG002 - the names and the signatures are the gRPC protocol's and the backend's

import itertools
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

import grpc
from durabletask.internal import helpers
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.testing.in_memory_backend import InMemoryOrchestrationBackend, OrchestrationInstance

from sandbox.clock import Alarm, VirtualClock
from sandbox.engine import events
from sandbox.engine.work import ParentTask, ScheduledActivity

type Observer = Callable[[str, pb.HistoryEvent], None]


class EntitiesUnsupportedError(Exception):
    """Raised for a message to a durable entity: the sandbox runs orchestrations and activities only."""


class ClockedBackend(InMemoryOrchestrationBackend):
    """Microsoft's backend with every time from the virtual clock, and with results kept to the execution they answer.

    `_idle` is one attribute, written at the end of a change, so that the clock can read it without the lock.
    """

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(max_history_size=1_000_000, port=0)
        self._logger = logging.getLogger("sandbox.engine")
        self._logger.addHandler(logging.NullHandler())
        self._clock = clock
        self._wake = threading.Condition(self._lock)
        self._idle = True
        self._activities: dict[str, ScheduledActivity] = {}
        self._parents: dict[str, ParentTask] = {}
        self._alarms: defaultdict[str, list[Alarm]] = defaultdict(list)
        self._executions: dict[str, int] = {}
        self._execution_numbers = itertools.count(1)
        self._past: defaultdict[str, list[list[pb.HistoryEvent]]] = defaultdict(list)
        self._observers: list[Observer] = []
        self._news: list[tuple[str, pb.HistoryEvent]] = []

    @contextmanager
    def _change(self, touched: str = "") -> Iterator[None]:
        """One change; `touched` is the instance whose time of last update it sets."""
        with self._lock:
            try:
                yield
            finally:
                if instance := self._instances.get(touched):
                    instance.last_updated_at = self._clock.now()
                self._idle = self._at_rest()
                news, self._news = self._news, []
                observers = tuple(self._observers)
                self._wake.notify_all()
        for instance_id, event in news:
            for observer in observers:
                observer(instance_id, event)
        self._clock.poke()

    def _at_rest(self) -> bool:
        if self._activities or self._orchestration_in_flight:
            return False
        return not any(self._dispatchable(instance_id) for instance_id in self._orchestration_queue)

    def _dispatchable(self, instance_id: str) -> bool:
        instance = self._instances.get(instance_id)
        return instance is not None and bool(instance.pending_events) and not self._is_terminal_status(instance.status)

    def _deliver(self, instance: OrchestrationInstance, event: pb.HistoryEvent) -> None:
        now = self._clock.now()
        instance.pending_events.append(events.stamped(event, now))
        instance.last_updated_at = now
        self._enqueue_orchestration(instance.instance_id)

    def _unqueue(self, instance_id: str) -> None:
        self._orchestration_queue.remove(instance_id)
        self._orchestration_queue_set.discard(instance_id)

    def _fresh_token(self) -> int:
        self._next_completion_token += 1
        return self._next_completion_token - 1

    def _begin_execution(self, instance_id: str) -> None:
        self._end_execution(instance_id)
        self._executions[instance_id] = next(self._execution_numbers)

    def _end_execution(self, instance_id: str) -> None:
        """From now on what belongs to the execution is void: task ids start again at 1 in the next one, so that its
        timers and results would be taken for those of the next."""
        self._executions.pop(instance_id, None)
        for alarm in self._alarms.pop(instance_id, ()):
            alarm.cancel()

    def _current(self, instance_id: str, execution: int) -> OrchestrationInstance | None:
        """The instance, if it still runs that execution."""
        if self._executions.get(instance_id) != execution:
            return None
        return self._instances.get(instance_id)

    def _created(self, instance_id: str) -> None:
        instance = self._instances[instance_id]
        instance.created_at = instance.last_updated_at = self._clock.now()
        self._orchestration_in_flight.discard(instance_id)
        self._begin_execution(instance_id)

    def StartInstance(
        self, request: pb.CreateInstanceRequest, context: grpc.ServicerContext
    ) -> pb.CreateInstanceResponse:
        """Create an instance; ALREADY_EXISTS unless the reuse policy names the old one's status. A start in the
        future waits for its time, which the original disregards."""
        with self._change():
            response = super().StartInstance(request, context)
            self._created(response.instanceId)
            start_at = request.scheduledStartTimestamp.ToDatetime(tzinfo=UTC)
            if request.HasField("scheduledStartTimestamp") and start_at > self._clock.now():
                self._unqueue(response.instanceId)
                self._alarm(response.instanceId, start_at, self._start_scheduled, "start")
            return response

    def _start_scheduled(self, instance: OrchestrationInstance) -> None:
        self._enqueue_orchestration(instance.instance_id)

    def _create_instance_internal(
        self, instance_id: str, name: str, encoded_input: str | None = None, version: str | None = None
    ) -> None:
        super()._create_instance_internal(instance_id, name, encoded_input, version)
        self._created(instance_id)

    def _process_complete_orchestration_action(
        self, instance: OrchestrationInstance, complete_action: pb.CompleteOrchestrationAction
    ) -> None:
        """The original carries results that came in meanwhile into the next execution, where they would answer other
        tasks; only what is addressed to the instance itself goes on."""
        now = self._clock.now()
        continued = complete_action.orchestrationStatus == pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW
        if continued:
            self._past[instance.instance_id].append([events.stamped(event, now) for event in instance.history])
            instance.pending_events[:] = filter(events.outlives_execution, instance.pending_events)
            self._begin_execution(instance.instance_id)
        super()._process_complete_orchestration_action(instance, complete_action)
        if continued:
            self._name_parent(instance)
        else:
            instance.completed_at = now

    def _alarm(
        self, instance_id: str, when: datetime, action: Callable[[OrchestrationInstance], None], label: str
    ) -> None:
        execution = self._executions[instance_id]
        ring = partial(self._ring, instance_id, execution, action)
        self._alarms[instance_id].append(self._clock.call_at(when, ring, f"{label} of {instance_id}"))

    def _ring(self, instance_id: str, execution: int, action: Callable[[OrchestrationInstance], None]) -> None:
        with self._change():
            if instance := self._current(instance_id, execution):
                action(instance)

    def _process_create_timer_action(self, instance: OrchestrationInstance, action: pb.OrchestratorAction) -> None:
        fire_at = action.createTimer.fireAt.ToDatetime(tzinfo=UTC)
        instance.history.append(helpers.new_timer_created_event(action.id, fire_at))
        fired = helpers.new_timer_fired_event(action.id, fire_at)
        self._alarm(instance.instance_id, fire_at, lambda current: self._deliver(current, fired), f"timer {action.id}")

    def _watch_sub_orchestration(self, parent_instance_id: str, sub_instance_id: str, task_id: int) -> None:
        """Remember who waits. The original's watcher gives up after 30 s and its parent then hangs for ever."""
        self._parents[sub_instance_id] = ParentTask(parent_instance_id, self._executions[parent_instance_id], task_id)
        self._name_parent(self._instances[sub_instance_id])

    def _name_parent(self, child: OrchestrationInstance) -> None:
        """`parent_instance_id` of the orchestration's context comes from here; the original leaves it out."""
        link = self._parents.get(child.instance_id)
        if link is None:
            return
        for event in child.pending_events:
            if event.HasField("executionStarted"):
                parent = event.executionStarted.parentInstance
                parent.taskScheduledId = link.task_id
                parent.orchestrationInstance.instanceId = link.parent_id

    def _tell_parent(self, child: OrchestrationInstance) -> None:
        link = self._parents.pop(child.instance_id, None)
        parent = self._current(link.parent_id, link.execution) if link else None
        if link and parent:
            self._deliver(parent, events.sub_orchestration_ended(link.task_id, child))

    def _terminate_instance_internal(self, instance_id: str, output: str | None, recursive: bool = False) -> None:
        """The original terminates one instance only, even when asked for its sub-orchestrations too."""
        super()._terminate_instance_internal(instance_id, output)
        if recursive:
            for child_id in [child for child, link in self._parents.items() if link.parent_id == instance_id]:
                self._terminate_instance_internal(child_id, output, recursive=True)
        if instance := self._instances.get(instance_id):
            instance.last_updated_at = self._clock.now()

    def _raise_event_internal(self, instance_id: str, event_name: str, event_data: str | None = None) -> None:
        super()._raise_event_internal(instance_id, event_name, event_data)
        self._instances[instance_id].last_updated_at = self._clock.now()

    def _process_send_entity_message_action(
        self, instance: OrchestrationInstance, action: pb.OrchestratorAction
    ) -> None:
        raise EntitiesUnsupportedError("the sandbox's engine has no durable entities")
