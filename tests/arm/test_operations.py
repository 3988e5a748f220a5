"""What a first answer and each look at an operation mean, by table."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bootmend.arm import operations
from bootmend.arm.errors import Rejected
from bootmend.models.azure import Operation
from bootmend.names import ResourceId
from tests.arm.fake_arm import COPY_ID, VM_ID, fixture

ENDPOINT = "https://management.azure.com"
URLS = {"Azure-AsyncOperation": f"{ENDPOINT}/op?s=1", "Location": f"{ENDPOINT}/op?monitor=true", "Retry-After": "10"}


def begun(name: str = "Microsoft.Compute/disks/write", method: str = "PUT", resource_id: str = COPY_ID) -> Operation:
    url = operations.resource_url(ENDPOINT, ResourceId.parse(resource_id))
    return Operation(name=name, resource_id=resource_id, method=method, resource_url=url)


def content(body: Any) -> bytes:
    return json.dumps(body).encode()


def test_an_accepted_request_is_followed_by_its_urls_kept_whole() -> None:
    operation = operations.accepted(begun(), 202, URLS, b"")
    assert (operation.status_url, operation.location) == (URLS["Azure-AsyncOperation"], URLS["Location"])
    assert (operation.retry_after, operation.done) == (10.0, False)


@pytest.mark.parametrize(
    ("status", "headers", "body", "done"),
    [
        (202, {}, b"", False),
        (200, {}, b"", True),
        (204, {}, b"", True),
        (200, {}, content({"properties": {"provisioningState": "Succeeded"}}), True),
        (200, {}, content({"properties": {"provisioningState": "Updating"}}), False),
        (201, {}, content({"properties": {"provisioningState": "Creating"}}), False),
        (200, URLS, content({"properties": {"provisioningState": "Updating"}}), False),
        (200, URLS, content({"properties": {"provisioningState": "Succeeded"}}), False),
    ],
)
def test_when_a_first_answer_is_also_the_last(status: int, headers: dict[str, str], body: bytes, done: bool) -> None:
    assert operations.accepted(begun(), status, headers, body).done is done


@pytest.mark.parametrize(
    ("name", "state", "code"),
    [
        ("operation-in-progress", "running", None),
        ("operation-succeeded", "succeeded", None),
        ("disk-operation-succeeded", "succeeded", None),
        ("operation-failed-after-90-minutes", "failed", "VMExtensionProvisioningTimeout"),
    ],
)
def test_a_status_urls_answer(name: str, state: str, code: str | None) -> None:
    look = operations.look_at_status({}, content(fixture(name)))
    assert (look.state, look.code) == (state, code)


def test_a_failure_tells_when_it_began_and_ended() -> None:
    look = operations.look_at_status({}, content(fixture("operation-failed-after-90-minutes")))
    assert look.started_at == datetime(2020, 7, 20, 3, 51, 51, 981031, tzinfo=UTC)
    assert look.finished_at is not None
    assert (look.finished_at - look.started_at).total_seconds() > 5400
    assert "has timed out" in (look.message or "")


def test_a_fractional_wait_is_read() -> None:
    look = operations.look_at_status({"Retry-After": "0.5"}, content(fixture("operation-in-progress")))
    assert look.retry_after == 0.5


@pytest.mark.parametrize("body", [b"<html/>", b"[]", b"{}", b""])
def test_an_unreadable_status_is_neither_running_nor_ended(body: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        operations.look_at_status({}, body)
    assert caught.value.code == "UnreadableAnswer"


@pytest.mark.parametrize(
    ("status", "body", "state", "code"),
    [
        (202, b"", "running", None),
        (200, b"", "succeeded", None),
        (204, b"", "succeeded", None),
        (409, content(fixture("disk-attached")), "failed", "OperationNotAllowed"),
    ],
)
def test_a_location_urls_answer(status: int, body: bytes, state: str, code: str | None) -> None:
    look = operations.look_at_location(status, {}, body)
    assert (look.state, look.code) == (state, code)


def provisioned(state: str, *codes: str) -> bytes:
    view = {"statuses": [{"code": code, "message": "why"} for code in codes]}
    return content({"properties": {"provisioningState": state, "instanceView": view}})


DEALLOCATE = begun("Microsoft.Compute/virtualMachines/deallocate/action", "POST", VM_ID)
START = begun("Microsoft.Compute/virtualMachines/start/action", "POST", VM_ID)
CREATE_VM = begun("Microsoft.Compute/virtualMachines/write", "PUT", VM_ID)
DELETE = begun("Microsoft.Compute/disks/delete", "DELETE")
FORGOTTEN = DELETE.model_copy(update={"status_url": f"{ENDPOINT}/op"})


@pytest.mark.parametrize(
    ("operation", "status", "body", "state", "code"),
    [
        (begun(), 200, provisioned("Updating"), "running", None),
        (begun(), 200, provisioned("Succeeded"), "succeeded", None),
        (begun(), 200, provisioned("Failed"), "failed", "ProvisioningFailed"),
        (begun(), 404, b"", "failed", "ResourceNotFound"),
        (DELETE, 404, b"", "succeeded", None),
        (DELETE, 200, provisioned("Succeeded"), "running", None),
        (FORGOTTEN, 200, provisioned("Deleting"), "running", None),
        (FORGOTTEN, 200, provisioned("Succeeded"), "failed", "OperationGone"),
        (
            CREATE_VM, 200, provisioned("Failed", "ProvisioningState/failed/AllocationFailed"),
            "failed", "AllocationFailed",
        ),
        (DEALLOCATE, 200, provisioned("Succeeded", "PowerState/deallocated"), "succeeded", None),
        (DEALLOCATE, 200, provisioned("Updating", "PowerState/deallocating"), "running", None),
        (DEALLOCATE, 200, provisioned("Succeeded", "PowerState/running"), "failed", "OperationGone"),
        (START, 200, provisioned("Succeeded", "PowerState/running"), "succeeded", None),
        (START, 200, provisioned("Succeeded", "PowerState/deallocated"), "failed", "OperationGone"),
    ],
)  # fmt: skip
def test_what_the_resource_itself_tells(
    operation: Operation, status: int, body: bytes, state: str, code: str | None
) -> None:
    look = operations.look_at_resource(operation, status, {}, body)
    assert (look.state, look.code) == (state, code)


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://management.azure.com/subscriptions/x", True),
        ("https://MANAGEMENT.azure.com/x", True),
        ("http://management.azure.com/x", False),
        ("https://management.azure.com.evil.example/x", False),
        ("https://management.azure.com@evil.example/x", False),
        ("https://management.azure.com:8443/x", False),
        ("https://evil.example/https://management.azure.com", False),
    ],
)
def test_which_urls_may_see_the_token(url: str, ours: bool) -> None:
    assert operations.is_on(ENDPOINT, url) is ours
