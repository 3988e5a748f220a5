"""The one place from which activities are called: typed, with bounded retries, failures as exceptions."""

from collections.abc import Awaitable, Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import Any, Concatenate, get_type_hints

from durabletask import task

from bootmend.models.answer import Answer, Failure
from bootmend.models.record import Record

type Steps[T] = Generator[task.Task[Any], Any, T]
"""A part of an orchestration: yields durable tasks, returns a T."""


def moment(ctx: task.OrchestrationContext) -> datetime:
    """The orchestration's own time, the same in every replay; the engine hands it over without a zone, in UTC."""
    return ctx.current_utc_datetime.replace(tzinfo=UTC)


ATTEMPTS = 10
"""With waits of 2, 4, 8 … 60 s and Azure's own Retry-After, a passing fault has some six minutes to pass."""
CRASHES = 3
"""An activity that raises what nobody foresaw is tried this often: the host may have run out of memory, a bug will not go away."""


class StepFailedError(Exception):
    """An activity could not do its work. `failure` says why; retries are spent."""

    def __init__(self, name: str, failure: Failure) -> None:
        super().__init__(f"{name}: {failure.message}")
        self.name = name
        self.failure = failure


def failure_words(failed: StepFailedError) -> str:
    return f"{failed.name}: {failed.failure.code}: {failed.failure.message}"


def step[Job: Record, Value: Record](
    ctx: task.OrchestrationContext,
    activity: Callable[Concatenate[Job, ...], Awaitable[Value]],
    job: Job,
    *,
    attempts: int = ATTEMPTS,
) -> Steps[Value]:
    """Calls one activity until it answers with a value.

    Raises StepFailedError for a failure that no retry can cure, or when the attempts are spent. Waits between attempts are durable
    timers: as long as Azure's Retry-After asks, else 2 s doubled up to a minute.
    """
    crashes = 0
    for attempt in range(1, attempts + 1):
        try:
            wire = yield ctx.call_activity(activity.__name__, input=job.model_dump(mode="json"))
        except task.TaskFailedError as crash:
            crashes += 1
            failure = Failure(code="ActivityCrashed", kind="crashed", message=str(crash), transient=crashes < CRASHES)
        else:
            answer = Answer.model_validate(wire)
            if answer.failure is None:
                value_type: type[Value] = get_type_hints(activity)["return"]
                return value_type.model_validate(answer.value)
            failure = answer.failure
        if not failure.transient or attempt == attempts:
            break
        yield ctx.create_timer(timedelta(seconds=failure.retry_after or min(2.0**attempt, 60.0)))
    raise StepFailedError(activity.__name__, failure)


def branch(
    ctx: task.OrchestrationContext,
    orchestrator: Callable[[task.OrchestrationContext, Any], Steps[Any]],
    job: Record,
    instance_id: str | None = None,
) -> task.Task[Any]:
    """Begins a sub-orchestration without waiting for it; hand the task to `joined` later."""
    return ctx.call_sub_orchestrator(orchestrator.__name__, input=job.model_dump(mode="json"), instance_id=instance_id)


def joined[Value: Record](branch_task: task.Task[Any], name: str, answer_type: type[Value]) -> Steps[Value]:
    """Waits for a branch. Its expected failures are values; one that crashed raises StepFailedError."""
    try:
        wire = yield branch_task
    except task.TaskFailedError as crash:
        raise StepFailedError(name, Failure(code="OrchestrationCrashed", kind="crashed", message=str(crash))) from crash
    answer = Answer.model_validate(wire)
    if answer.failure is not None:
        raise StepFailedError(name, answer.failure)
    return answer_type.model_validate(answer.value)
