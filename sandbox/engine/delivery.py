"""The middle layer of the engine: work is handed out to workers, taken back from dead ones, and answered once."""

# ruff: noqa: N802, ARG002 - the names and the signatures are the gRPC protocol's and the backend's

from collections.abc import Iterator
from functools import partial

import grpc
from durabletask.internal import helpers
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.testing.in_memory_backend import ActivityWorkItem, OrchestrationInstance

from sandbox.clock import VirtualClock
from sandbox.engine import events
from sandbox.engine.executions import ClockedBackend
from sandbox.engine.work import Counts, ScheduledActivity, WorkStream

type Names = dict[str, frozenset[str]] | None


class DeliveringBackend(ClockedBackend):
    """The backend that keeps every item of work until it is answered, and applies each answer once."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self._counts = Counts()
        self._streams: list[WorkStream] = []

    def GetWorkItems(self, request: pb.GetWorkItemsRequest, context: grpc.ServicerContext) -> Iterator[pb.WorkItem]:
        """Stream work to one worker. What it has not answered when the stream ends is handed out again."""
        stream = WorkStream()
        with self._lock:
            self._streams.append(stream)
        if not context.add_callback(partial(self._close, stream)):
            self._close(stream)
        orchestrations, activities, _ = self._parse_work_item_filters(request)
        while (item := self._await_item(stream, orchestrations, activities)) is not None:
            yield item

    def _await_item(self, stream: WorkStream, orchestrations: Names, activities: Names) -> pb.WorkItem | None:
        """The next item for the stream, as soon as there is one; None when the stream has ended."""
        with self._lock:
            while not (stream.closed or self._shutdown_event.is_set()):
                item = self._next_episode(stream, orchestrations) or self._next_activity(stream, activities)
                if item is not None:
                    return item
                self._wake.wait()
        return None

    def _next_episode(self, stream: WorkStream, names: Names) -> pb.WorkItem | None:
        for instance_id in list(self._orchestration_queue):
            if instance_id in self._orchestration_in_flight:
                continue
            instance = self._instances.get(instance_id)
            if instance is None or not self._dispatchable(instance_id):
                self._unqueue(instance_id)
            elif self._matches_filter(instance.name, instance.version, names):
                self._unqueue(instance_id)
                return self._hand_out_episode(stream, instance)
        return None

    def _hand_out_episode(self, stream: WorkStream, instance: OrchestrationInstance) -> pb.WorkItem:
        instance.dispatched_events = events.episode(instance.pending_events, self._clock.now())
        instance.pending_events.clear()
        self._orchestration_in_flight.add(instance.instance_id)
        stream.orchestrations.add(instance.instance_id)
        self._counts.episodes += 1
        request = pb.OrchestratorRequest(
            instanceId=instance.instance_id, pastEvents=instance.history, newEvents=instance.dispatched_events
        )
        return pb.WorkItem(completionToken=str(instance.completion_token), orchestratorRequest=request)

    def _next_activity(self, stream: WorkStream, names: Names) -> pb.WorkItem | None:
        for item in list(self._activity_queue):
            token = str(item.completion_token)
            if token not in self._activities:
                self._activity_queue.remove(item)
            elif self._matches_filter(item.name, item.version, names):
                self._activity_queue.remove(item)
                stream.activities.add(token)
                self._counts.activities += 1
                return _activity_work_item(item)
        return None

    def _process_schedule_task_action(self, instance: OrchestrationInstance, action: pb.OrchestratorAction) -> None:
        """Give each activity a token of its own: the original's is the episode's, which its activities share."""
        super()._process_schedule_task_action(instance, action)
        item = self._activity_queue[-1]
        item.completion_token = self._fresh_token()
        execution = self._executions[instance.instance_id]
        self._activities[str(item.completion_token)] = ScheduledActivity(item, execution)

    def _close(self, stream: WorkStream) -> None:
        with self._change():
            stream.closed = True
            self._streams = [other for other in self._streams if other is not stream]
            for instance_id in sorted(stream.orchestrations & self._orchestration_in_flight):
                self._take_back_episode(self._instances[instance_id])
            for token in sorted(stream.activities & self._activities.keys(), key=int, reverse=True):
                self._take_back_activity(token)

    def _take_back_episode(self, instance: OrchestrationInstance) -> None:
        """The fresh token makes an answer that comes after all stale; else two answers could both be applied."""
        instance.pending_events[:0] = instance.dispatched_events
        instance.dispatched_events.clear()
        instance.completion_token = self._fresh_token()
        self._orchestration_in_flight.discard(instance.instance_id)
        self._enqueue_orchestration(instance.instance_id)
        self._counts.redelivered += 1

    def _take_back_activity(self, token: str) -> None:
        """The token stays: the first answer counts, whichever worker gives it."""
        self._activity_queue.appendleft(self._activities[token].item)
        self._counts.redelivered += 1

    def AbandonTaskOrchestratorWorkItem(
        self, request: pb.AbandonOrchestrationTaskRequest, context: grpc.ServicerContext
    ) -> pb.AbandonOrchestrationTaskResponse:
        """Hand the episode out again, under a fresh token; the original keeps the token."""
        with self._change():
            for instance_id in sorted(self._orchestration_in_flight):
                if str(self._instances[instance_id].completion_token) == request.completionToken:
                    self._forget_episode(instance_id)
                    self._take_back_episode(self._instances[instance_id])
        return pb.AbandonOrchestrationTaskResponse()

    def AbandonTaskActivityWorkItem(
        self, request: pb.AbandonActivityTaskRequest, context: grpc.ServicerContext
    ) -> pb.AbandonActivityTaskResponse:
        """Hand the activity out again; the original loses it."""
        with self._change():
            if self._forget_activity(request.completionToken):
                self._take_back_activity(request.completionToken)
        return pb.AbandonActivityTaskResponse()

    def _forget_episode(self, instance_id: str) -> None:
        for stream in self._streams:
            stream.orchestrations.discard(instance_id)

    def _forget_activity(self, token: str) -> bool:
        """Whether a stream held it."""
        holders = [stream for stream in self._streams if token in stream.activities]
        for stream in holders:
            stream.activities.discard(token)
        return bool(holders)

    def CompleteOrchestratorTask(
        self, request: pb.OrchestratorResponse, context: grpc.ServicerContext
    ) -> pb.CompleteTaskResponse:
        """Apply an episode's actions, once. The original's answer to a stale one frees the instance for a second
        dispatch beside the first."""
        with self._change():
            instance = self._instances.get(request.instanceId)
            in_flight = instance is not None and request.instanceId in self._orchestration_in_flight
            if instance is None or not in_flight or str(instance.completion_token) != request.completionToken:
                self._counts.ignored += 1
                return pb.CompleteTaskResponse()
            self._forget_episode(request.instanceId)
            continued, seen = len(self._past[request.instanceId]), len(instance.history)
            response = super().CompleteOrchestratorTask(request, context)
            ended = self._past[request.instanceId][continued:]
            self._episode_done(instance, (ended[0] if ended else instance.history)[seen:])
            return response

    def _episode_done(self, instance: OrchestrationInstance, committed: list[pb.HistoryEvent]) -> None:
        now = self._clock.now()
        instance.last_updated_at = now
        for event in committed:
            events.stamp(event, now)
        self._news.extend((instance.instance_id, self._clone_history_event(event)) for event in committed)
        if self._is_terminal_status(instance.status):
            instance.completed_at = instance.completed_at or now
            self._end_execution(instance.instance_id)
            self._tell_parent(instance)

    def CompleteActivityTask(
        self, request: pb.ActivityResponse, context: grpc.ServicerContext
    ) -> pb.CompleteTaskResponse:
        """Deliver a result, once. The original takes a failure with an empty message, a TimeoutError for example, for
        a success."""
        with self._change():
            scheduled = self._activities.pop(request.completionToken, None)
            self._forget_activity(request.completionToken)
            instance = self._current(scheduled.item.instance_id, scheduled.execution) if scheduled else None
            if scheduled and instance:
                self._deliver(instance, events.activity_ended(scheduled.item.task_id, request))
            else:
                self._counts.ignored += 1
        return pb.CompleteTaskResponse()


def _activity_work_item(item: ActivityWorkItem) -> pb.WorkItem:
    request = pb.ActivityRequest(
        name=item.name,
        taskId=item.task_id,
        input=helpers.get_string_value(item.input),
        orchestrationInstance=pb.OrchestrationInstance(instanceId=item.instance_id),
    )
    return pb.WorkItem(completionToken=str(item.completion_token), activityRequest=request)
