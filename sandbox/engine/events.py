"""History events: their times, what an episode is made of, and the answers that a waiting task gets."""

from collections.abc import Iterable
from datetime import datetime

from durabletask.internal import helpers
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.testing.in_memory_backend import OrchestrationInstance

_ADDRESSED_TO_THE_INSTANCE = ("eventRaised", "executionSuspended", "executionResumed", "executionTerminated")


def stamp(event: pb.HistoryEvent, now: datetime) -> None:
    """Give the event its time, unless it has one. The backend leaves most at 1970."""
    if not event.timestamp.ToNanoseconds():
        event.timestamp.FromDatetime(now)


def stamped(event: pb.HistoryEvent, now: datetime) -> pb.HistoryEvent:
    """A copy of the event that has a time."""
    copy = pb.HistoryEvent()
    copy.CopyFrom(event)
    stamp(copy, now)
    return copy


def outlives_execution(event: pb.HistoryEvent) -> bool:
    """Whether an event that waits is for the instance, not for a task of the execution that ends."""
    return event.WhichOneof("eventType") in _ADDRESSED_TO_THE_INSTANCE


def episode(pending: Iterable[pb.HistoryEvent], now: datetime) -> list[pb.HistoryEvent]:
    """The events of one episode: orchestratorStarted at `now`, from which the orchestration's clock is read, then the
    others. An orchestratorStarted among them is replaced: it is from an episode that was handed out before."""
    others = [stamped(event, now) for event in pending if not event.HasField("orchestratorStarted")]
    return [helpers.new_orchestrator_started_event(now), *others]


def activity_ended(task_id: int, answer: pb.ActivityResponse) -> pb.HistoryEvent:
    """taskFailed when the answer holds failure details, however empty their message; else taskCompleted."""
    if answer.HasField("failureDetails"):
        failed = pb.TaskFailedEvent(taskScheduledId=task_id, failureDetails=answer.failureDetails)
        return pb.HistoryEvent(eventId=-1, taskFailed=failed)
    return pb.HistoryEvent(
        eventId=-1, taskCompleted=pb.TaskCompletedEvent(taskScheduledId=task_id, result=answer.result)
    )


def sub_orchestration_ended(task_id: int, child: OrchestrationInstance) -> pb.HistoryEvent:
    """The child's result, or its failure with type, message and cause. A terminated child has failed."""
    if child.status == pb.ORCHESTRATION_STATUS_COMPLETED:
        return helpers.new_sub_orchestration_completed_event(task_id, child.output)
    details = child.failure_details or pb.TaskFailureDetails(
        errorType="OrchestrationTerminated",
        errorMessage=f"sub-orchestration {child.instance_id} was terminated: {child.output or 'no reason given'}",
        isNonRetriable=True,
    )
    failed = pb.SubOrchestrationInstanceFailedEvent(taskScheduledId=task_id, failureDetails=details)
    return pb.HistoryEvent(eventId=-1, subOrchestrationInstanceFailed=failed)
