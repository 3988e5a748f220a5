"""Replaying histories: what an orchestrator decides, given what it was told, must be what it decided at the time.

The SDK's own worker does the replay, so that it also raises where a history and the code do not fit.
"""

import base64
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from azure.durable_functions.worker import DurableFunctionsWorker
from durabletask import task
from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.engine.work import status_name

type Orchestrator = Callable[[task.OrchestrationContext, Any], Generator[task.Task[Any], Any, Any]]

_DECISIONS = ("taskScheduled", "timerCreated", "subOrchestrationInstanceCreated", "eventSent", "executionCompleted")
_NOT_DELIVERED = (*_DECISIONS, "orchestratorCompleted")


class ReplayMismatchError(Exception):
    """The orchestrator decides otherwise than its history records; the message is the SDK's."""


class Decision(NamedTuple):
    """One thing that an orchestrator decided, from an action or from the event that records it.

    `kind` is activity, timer, sub_orchestration, event or complete; `name` what is called, or the final status;
    `content` the JSON input or result, or a timer's time. A completion has id 0.
    """

    kind: str
    task_id: int
    name: str
    content: str


@dataclass(frozen=True)
class Episode:
    """One turn of an orchestrator: the history before it, and the events that it was told."""

    past: tuple[pb.HistoryEvent, ...]
    new: tuple[pb.HistoryEvent, ...]


def episodes(history: Sequence[pb.HistoryEvent]) -> Iterator[Episode]:
    """The turns of a history, in order: each begins with orchestratorStarted."""
    starts = [index for index, event in enumerate(history) if event.HasField("orchestratorStarted")]
    for start, following in zip(starts, [*starts[1:], len(history)], strict=True):
        turn = history[start:following]
        told = tuple(event for event in turn if event.WhichOneof("eventType") not in _NOT_DELIVERED)
        yield Episode(tuple(history[:start]), told)


def prefixes(history: Sequence[pb.HistoryEvent]) -> Iterator[list[pb.HistoryEvent]]:
    """The history up to each turn, with what that turn was told but not what it decided.

    A turn is not cut in two: within one, the SDK takes back a timer that is cancelled before it was created.
    """
    for episode in episodes(history):
        yield [*episode.past, *episode.new]


def replay(orchestrator: Orchestrator, events: Sequence[pb.HistoryEvent]) -> list[pb.OrchestratorAction]:
    """All the actions that the orchestrator returns over the turns of `events`, each turn replayed afresh.

    Raises ReplayMismatchError when one does not fit what the events record.
    """
    return [action for episode in episodes(events) for action in _run(orchestrator, episode)]


def _run(orchestrator: Orchestrator, episode: Episode) -> list[pb.OrchestratorAction]:
    request = pb.OrchestratorRequest(instanceId="replay", pastEvents=episode.past, newEvents=episode.new)
    for event in (*episode.past, *episode.new):
        if event.HasField("executionStarted"):
            request.instanceId = event.executionStarted.orchestrationInstance.instanceId
    return take_turn(orchestrator, request)


def take_turn(orchestrator: Orchestrator, request: pb.OrchestratorRequest) -> list[pb.OrchestratorAction]:
    """The actions that the orchestrator returns for one request of an engine. Raises ReplayMismatchError."""
    body = base64.b64encode(request.SerializeToString()).decode("ascii")
    with warnings.catch_warnings():
        # The SDK's advice about strict typing, once a process: where warnings are errors it would fail the turn.
        warnings.filterwarnings("ignore", "azure.functions df_loads", DeprecationWarning)
        answer = DurableFunctionsWorker().execute_orchestration_request(orchestrator, body)
    response = pb.OrchestratorResponse()
    response.ParseFromString(base64.b64decode(answer))
    for action in response.actions:
        failure = action.completeOrchestration.failureDetails
        if failure.errorType.endswith("NonDeterminismError"):
            raise ReplayMismatchError(failure.errorMessage)
    return list(response.actions)


def decided(actions: Sequence[pb.OrchestratorAction]) -> list[Decision]:
    """The decisions in what `replay` returned."""
    return [_from_action(action) for action in actions]


def recorded(history: Sequence[pb.HistoryEvent]) -> list[Decision]:
    """The decisions that a history records. That of a continue-as-new stands in none."""
    return [_from_event(event) for event in history if event.WhichOneof("eventType") in _DECISIONS]


def _from_action(action: pb.OrchestratorAction) -> Decision:
    match action.WhichOneof("orchestratorActionType"):
        case "scheduleTask":
            return Decision("activity", action.id, action.scheduleTask.name, action.scheduleTask.input.value)
        case "createTimer":
            return Decision("timer", action.id, "", action.createTimer.fireAt.ToJsonString())
        case "createSubOrchestration":
            child = action.createSubOrchestration
            return Decision("sub_orchestration", action.id, f"{child.name} {child.instanceId}", child.input.value)
        case "sendEvent":
            return Decision("event", action.id, action.sendEvent.name, action.sendEvent.data.value)
        case "completeOrchestration":
            done = action.completeOrchestration
            return Decision("complete", 0, status_name(done.orchestrationStatus), done.result.value)
        case other:
            raise ReplayMismatchError(f"an action of kind {other} has no counterpart in a history of the sandbox")


def _from_event(event: pb.HistoryEvent) -> Decision:
    match event.WhichOneof("eventType"):
        case "taskScheduled":
            return Decision("activity", event.eventId, event.taskScheduled.name, event.taskScheduled.input.value)
        case "timerCreated":
            return Decision("timer", event.eventId, "", event.timerCreated.fireAt.ToJsonString())
        case "subOrchestrationInstanceCreated":
            child = event.subOrchestrationInstanceCreated
            return Decision("sub_orchestration", event.eventId, f"{child.name} {child.instanceId}", child.input.value)
        case "eventSent":
            return Decision("event", event.eventId, event.eventSent.name, event.eventSent.input.value)
        case _:
            done = event.executionCompleted
            return Decision("complete", 0, status_name(done.orchestrationStatus), done.result.value)
