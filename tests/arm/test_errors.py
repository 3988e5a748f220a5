"""What an error answer means, by table."""

import json
from datetime import UTC, datetime

import pytest

from bootmend.arm import errors
from bootmend.arm.errors import ArmError, error_from, failure_kind, retry_after_seconds
from tests.arm.fake_arm import fixture


def nested(code: str, message: str = "why", inner: str | None = None) -> str:
    details = [{"code": inner, "message": "inner"}] if inner else []
    return json.dumps({"error": {"code": code, "message": message, "details": details}})


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (503, "", errors.Transient),
        (500, "<html>gateway</html>", errors.Transient),
        (401, nested("ExpiredAuthenticationToken"), errors.Transient),
        (401, nested("InvalidAuthenticationTokenTenant"), errors.Denied),
        (409, nested("AnotherOperationInProgress"), errors.Transient),
        (409, nested("Conflict"), errors.Transient),
        (409, nested("OperationPreempted"), errors.Transient),
        (409, nested("ScopeLocked"), errors.Locked),
        (403, nested("AuthorizationFailed"), errors.Denied),
        (403, nested("RequestDisallowedByPolicy"), errors.Denied),
        (403, "", errors.Denied),
        (404, json.dumps(fixture("not-found")), errors.NotFound),
        (412, nested("ConditionNotMet"), errors.PreconditionFailed),
        (412, "", errors.PreconditionFailed),
        (409, nested("SkuNotAvailable"), errors.NoCapacity),
        (409, nested("AllocationFailed"), errors.NoCapacity),
        (400, nested("InvalidTemplateDeployment", inner="QuotaExceeded"), errors.NoCapacity),
        (409, nested("OperationNotAllowed", "exceeding approved Total Regional Cores quota"), errors.NoCapacity),
        (409, json.dumps(fixture("disk-attached")), errors.Rejected),
        (409, nested("OperationNotAllowed", "Disk vm-core_disk1 is attached to VM /x/vm-core."), errors.Rejected),
        (400, nested("InvalidParameter"), errors.Rejected),
        (400, "[1]", errors.Rejected),
        (400, '{"error": "no object"}', errors.Rejected),
    ],
)
def test_an_answers_kind(status: int, body: str, kind: type[ArmError]) -> None:
    error = error_from(status, body, {})
    assert type(error) is kind
    assert error.status == status


def test_computes_flat_429_is_throttling_and_not_quota() -> None:
    error = error_from(429, json.dumps(fixture("throttled")), {"Retry-After": "1200"})
    assert isinstance(error, errors.Throttled)
    assert (error.code, error.retry_after) == ("TooManyRequests", 1200.0)
    assert "too many requests" in error.message


def test_the_message_holds_azures_code_and_words() -> None:
    error = error_from(409, json.dumps(fixture("disk-attached")), {})
    assert error.code == "OperationNotAllowed"
    assert "is attached to VM" in str(error)


def test_an_empty_body_is_told_as_such() -> None:
    assert str(error_from(503, b"", {})) == "Azure answered with status 503 and no reason"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "17"}, 17.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"Retry-After": "2", "x-ms-retry-after-ms": "1500"}, 1.5),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Mon, 23 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"Retry-After": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0.0),
    ],
)
def test_how_long_azure_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers, datetime(2026, 11, 23, 12, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("ZonalAllocationFailed", None, errors.NoCapacity),
        ("OperationNotAllowed", "exceeding quota limits of Core. Maximum allowed: 4", errors.NoCapacity),
        ("OperationNotAllowed", None, errors.Rejected),
        ("OperationPreempted", None, errors.Transient),
        ("VMExtensionProvisioningTimeout", None, errors.Rejected),
        (None, None, errors.Rejected),
    ],
)
def test_an_ended_operations_kind(code: str | None, message: str | None, kind: type[ArmError]) -> None:
    assert failure_kind(code, message) is kind
