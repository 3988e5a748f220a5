"""An activity on the wire: its value, or the failure that was to be expected; what was not expected is raised."""

import asyncio
import json
import logging
from typing import Any

import azure.functions as func
import pytest
from azure.durable_functions import Blueprint
from pydantic import ValidationError

from activities.failures import failure_of
from activities.registry import answered, register
from bootmend.arm.errors import (
    ArmError,
    Denied,
    Locked,
    NoCapacity,
    NotFound,
    NotOurs,
    PreconditionFailed,
    Rejected,
    Throttled,
    Transient,
)
from bootmend.evidence.store import EvidenceUnavailableError
from bootmend.guest.output import GuestOutputError
from bootmend.models.answer import Answer, Failure
from bootmend.models.jobs import Subject
from bootmend.models.record import Moment, Record
from tests.core.facts import NOW, REPAIR_ID, VM_ID

SIGNED = "https://store.blob.core.windows.net/c/b?sv=2021&sig=secret"
SUBJECT = Subject(repair_id=REPAIR_ID, vm_id=VM_ID)


class Seen(Record):
    vm_id: str
    at: Moment


async def look_about(job: Subject) -> Seen:
    """An activity that succeeds."""
    return Seen(vm_id=job.vm_id, at=NOW)


def failing(error: Exception) -> Answer:
    async def fail(job: Subject) -> Seen:
        raise error

    return asyncio.run(answered(fail, SUBJECT))


def registered() -> Any:
    """`look_about` as the Functions app holds it, beside what the durable library adds to every app of its own."""
    blueprint, app = Blueprint(), func.FunctionApp()
    register(blueprint, look_about)
    app.register_functions(blueprint)
    functions = {function.get_function_name(): function for function in app.get_functions()}
    return functions["look_about"]


def test_a_value_is_plain_json() -> None:
    answer = asyncio.run(answered(look_about, SUBJECT))
    assert answer == Answer(value={"vm_id": VM_ID, "at": "2026-11-23T12:00:00Z"})


@pytest.mark.parametrize(
    ("error", "kind", "transient", "retry_after"),
    [
        (Transient("busy", "Conflict", 409), "busy", True, None),
        (Transient("busy", "Conflict", 409, retry_after=7), "busy", True, 7),
        (Throttled("slower", "TooManyRequests", 429, retry_after=60), "busy", True, 60),
        (NotFound("gone", "ResourceNotFound", 404), "not_found", False, None),
        (PreconditionFailed("changed", "PreconditionFailed", 412), "changed", False, None),
        (Locked("locked", "ScopeLocked", 409), "locked", False, None),
        (Denied("no", "AuthorizationFailed", 403), "denied", False, None),
        (NoCapacity("full", "AllocationFailed", 409), "no_capacity", False, None),
        (NotOurs("hands off", "NotOurs"), "not_ours", False, None),
        (Rejected("no", "InvalidParameter", 400), "rejected", False, None),
        (ArmError("what", "Strange", 418), "rejected", False, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ArmError) else "",
)
def test_an_expected_failure_is_a_value(error: ArmError, kind: str, transient: bool, retry_after: float | None) -> None:
    failure = failing(error).failure
    assert failure is not None
    assert (failure.code, failure.kind, failure.message) == (error.code, kind, error.message)
    assert (failure.transient, failure.retry_after) == (transient, retry_after)


def test_every_kind_of_arm_error_but_the_rest_has_a_kind_of_its_own() -> None:
    told = {kind: failure_of(kind("x")).kind for kind in ArmError.__subclasses__()}
    assert told.pop(Rejected) == "rejected"
    assert "rejected" not in told.values()
    assert len(set(told.values())) == len(told)


def test_a_failure_without_azures_code_is_named_by_its_kind() -> None:
    assert failure_of(NotFound("gone")).code == "NotFound"


def test_a_long_message_is_cut() -> None:
    assert len(failure_of(Rejected("x" * 5000)).message) == 1000


def test_what_a_guest_printed_wrongly_is_a_failure_of_the_guest() -> None:
    answer = failing(GuestOutputError("the facts are not JSON"))
    assert answer.failure == Failure(code="GuestOutput", kind="guest", message="the facts are not JSON")


def test_a_store_that_cannot_be_reached_is_worth_another_attempt() -> None:
    failure = failing(EvidenceUnavailableError("the container answered 503")).failure
    assert failure == Failure(
        code="EvidenceUnavailable", kind="busy", message="the container answered 503", transient=True
    )


@pytest.mark.parametrize("error", [RuntimeError("a fault of ours"), KeyError("x"), ValueError("y")])
def test_what_was_not_expected_is_raised(error: Exception) -> None:
    with pytest.raises(type(error)):
        failing(error)


def test_the_log_tells_the_code_and_no_message(caplog: pytest.LogCaptureFixture) -> None:
    """A message may hold a signed URL."""
    with caplog.at_level(logging.DEBUG):
        failing(Denied(f"no access to {SIGNED}", "AuthorizationFailed", 403))
    assert "fail: AuthorizationFailed Denied" in caplog.text
    assert "sig=" not in caplog.text


def test_an_activity_is_registered_under_its_own_name_and_stays_plain() -> None:
    trigger = registered().get_trigger()
    assert (trigger.type, trigger.name) == ("activityTrigger", "job")
    assert asyncio.run(look_about(SUBJECT)) == Seen(vm_id=VM_ID, at=NOW)


def test_a_registered_activity_takes_and_answers_plain_json() -> None:
    run = registered().get_user_function()
    answer = asyncio.run(run(SUBJECT.model_dump(mode="json")))
    assert answer == json.loads(json.dumps(answer))
    assert answer == {"value": {"vm_id": VM_ID, "at": "2026-11-23T12:00:00Z"}, "failure": None}


def test_a_job_of_the_wrong_shape_is_raised_not_guessed() -> None:
    run = registered().get_user_function()
    with pytest.raises(ValidationError, match="vm_id"):
        asyncio.run(run({"repair_id": REPAIR_ID}))
