"""Errors are problem+json and name the field that is wrong."""

import json
from typing import Any

import azure.functions as func
import pytest

from bootmend.models.repair import Decision, RepairRequest
from tests.core.facts import VM_ID
from triggers.problems import ProblemError, conflict, not_found, read_body


def request(body: bytes) -> func.HttpRequest:
    return func.HttpRequest("POST", "http://localhost/api/repairs", body=body)


def document(problem: ProblemError) -> dict[str, Any]:
    response = problem.response()
    assert response.mimetype == "application/problem+json"
    told: dict[str, Any] = json.loads(response.get_body())
    assert told["status"] == response.status_code == problem.status
    return told


def refused(body: bytes) -> dict[str, Any]:
    with pytest.raises(ProblemError) as caught:
        read_body(request(body), RepairRequest)
    return document(caught.value)


def test_a_right_body_is_read() -> None:
    body = json.dumps({"vm_id": VM_ID, "policy": {"dry_run": True}}).encode()
    assert read_body(request(body), RepairRequest).policy.dry_run


@pytest.mark.parametrize(
    ("body", "title"),
    [
        pytest.param(b"{", "Not JSON", id="half an object"),
        pytest.param(b"vm_id=x", "Not JSON", id="a form"),
        pytest.param(b'{"vm_id": "\xff"}', "Not JSON", id="no UTF-8"),
        pytest.param(b"[" * 100_000, "Not JSON", id="endlessly nested"),
        pytest.param(b"1" * 5000, "Not JSON", id="a number of 5000 digits"),
        pytest.param(b"[]", "Not an object", id="a list"),
        pytest.param(b"null", "Not an object", id="null"),
        pytest.param(b'"text"', "Not an object", id="a text"),
    ],
)
def test_what_is_no_json_object_is_a_bad_request(body: bytes, title: str) -> None:
    told = refused(body)
    assert (told["status"], told["title"]) == (400, title)
    assert "errors" not in told


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        pytest.param(b"", ["vm_id"], id="an empty body"),
        pytest.param(b"{}", ["vm_id"], id="an empty object"),
        pytest.param(b'{"vm_id": "vm-web-01", "why": "x"}', ["vm_id", "why"], id="two faults"),
        pytest.param(
            json.dumps({"vm_id": VM_ID, "policy": {"checkpoints": {"confirm_boot": "auto"}}}).encode(),
            ["policy.checkpoints.confirm_boot"],
            id="a fault deep inside",
        ),
    ],
)
def test_wrong_fields_are_named_each(body: bytes, fields: list[str]) -> None:
    told = refused(body)
    assert told["status"] == 422
    assert [error["field"] for error in told["errors"]] == fields
    assert all(f"{error['field']}: {error['message']}" in told["detail"] for error in told["errors"])


def test_a_wrong_vm_id_is_answered_with_what_would_be_right() -> None:
    assert "/providers/Microsoft.Compute/virtualMachines/<name>" in refused(b'{"vm_id": "vm-web-01"}')["detail"]


def test_a_fault_of_a_whole_field_names_the_field() -> None:
    body = json.dumps({"decision": "approve", "by": "sam", "values": {str(n): "" for n in range(17)}}).encode()
    with pytest.raises(ProblemError) as caught:
        read_body(request(body), Decision)
    assert [error["field"] for error in document(caught.value)["errors"]] == ["values"]


@pytest.mark.parametrize(
    ("problem", "status", "title"),
    [(not_found("no such repair"), 404, "Not found"), (conflict("no such repair"), 409, "Conflict")],
)
def test_problems_without_a_field(problem: ProblemError, status: int, title: str) -> None:
    assert document(problem) == {"type": "about:blank", "title": title, "status": status, "detail": "no such repair"}
