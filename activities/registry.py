"""Registers activities with the Functions app: decode the job, do it, encode the answer. Expected failures become values."""

import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Any, get_type_hints

from azure.durable_functions import Blueprint

from activities.failures import failure_of
from bootmend.arm.errors import ArmError
from bootmend.evidence.store import EvidenceUnavailableError
from bootmend.guest.output import GuestOutputError
from bootmend.models.answer import Answer, Failure
from bootmend.models.record import Record

_LOG = logging.getLogger("bootmend.activities")


def register[Job: Record, Value: Record](blueprint: Blueprint, activity: Callable[[Job], Awaitable[Value]]) -> None:
    """Registers `activity` under its own name. The function itself stays plain: importable, typed, callable in tests."""
    job_type: type[Job] = get_type_hints(activity)[next(iter(inspect.signature(activity).parameters))]

    async def run(job: Any) -> Any:
        answer = await answered(activity, job_type.model_validate(job))
        return answer.model_dump(mode="json")

    run.__name__ = activity.__name__
    run.__annotations__ = {"job": dict, "return": dict}
    blueprint.activity_trigger(input_name="job")(run)


async def answered[Job: Record, Value: Record](activity: Callable[[Job], Awaitable[Value]], job: Job) -> Answer:
    """What the activity answers: its value, or the failure that was to be expected. Anything else is raised."""
    try:
        value = await activity(job)
    except ArmError as error:
        _LOG.warning("%s: %s %s", activity.__name__, error.code, type(error).__name__)
        return Answer(failure=failure_of(error))
    except GuestOutputError as error:
        return Answer(failure=Failure(code="GuestOutput", kind="guest", message=str(error)))
    except EvidenceUnavailableError as error:
        _LOG.warning("%s: evidence cannot be reached: %s", activity.__name__, error)
        return Answer(failure=Failure(code="EvidenceUnavailable", kind="busy", message=str(error), transient=True))
    return Answer(value=value.model_dump(mode="json"))
