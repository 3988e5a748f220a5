"""The API's description is true: it names every route, validates, and the running app answers as it says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV31SpecValidator
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from tests.app.test_index import ROUTES
from tests.triggers.live import Live, live
from triggers.connector import connector, text
from triggers.openapi import description
from triggers.operations import OPERATIONS, Operation

ROOT = Path(__file__).parents[2]
CONNECTOR = ROOT / "infra" / "connector" / "apiDefinition.swagger.json"
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
BOUNDED = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def test_every_route_is_described_and_no_other() -> None:
    described = {operation.id: (operation.method, operation.path) for operation in OPERATIONS}
    assert described == ROUTES


def test_the_description_is_valid_openapi_3_1() -> None:
    errors = list(OpenAPIV31SpecValidator(description()).iter_errors())
    assert errors == []


def test_every_body_that_is_taken_has_an_example_that_its_model_takes() -> None:
    shown = [operation for operation in OPERATIONS if operation.takes is not None and operation.example is not None]
    assert len(shown) >= 5
    for operation in shown:
        assert operation.takes is not None
        operation.takes.model_validate(dict(operation.example or {}))


@pytest.fixture(scope="module")
def app() -> Iterator[Live]:
    with live(people={}) as running:
        yield running


@pytest.fixture(scope="module")
def repair_id(app: Live) -> str:
    policy = {"checkpoints": {"approve_repair": "manual"}}
    made = app.call("POST", "/api/repairs", {"vm_id": app.vm_id, "policy": policy})
    app.pass_time(lambda: any(repair["awaiting"] for repair in app.repairs()))
    return str(made.body["id"])


def test_the_running_app_serves_its_description(app: Live) -> None:
    served = app.call("GET", "/api/openapi.json").body
    assert served["servers"] == [{"url": f"{app.world.host_url}/api"}]
    assert {key: value for key, value in served.items() if key != "servers"} == json.loads(json.dumps(description()))


def asked(app: Live, served: dict[str, Any], operation: Operation, mode: GenerationMode, repair_id: str) -> set[int]:
    """The statuses that invented requests, bounded in number, were answered with. Raises for what is not described."""
    described = schemathesis.openapi.from_dict(served)[f"/{operation.path}"][operation.method.lower()]
    known = st.sampled_from([repair_id, "0123456789abcdef-0123456789ab", "no such thing"])
    statuses = set()

    @BOUNDED
    @given(case=described.as_strategy(generation_mode=mode), one=known)
    def ask(case: Any, one: str) -> None:
        if "id" in case.path_parameters:
            case.path_parameters["id"] = one
        key = {"x-functions-key": app.world.keys.function}
        answer = case.call(base_url=f"{app.world.host_url}/api", headers=key, timeout=30)
        case.validate_response(answer, checks=CHECKS)
        statuses.add(answer.status_code)

    ask()
    return statuses


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_the_running_app_answers_as_described(
    app: Live, repair_id: str, operation: Operation, mode: GenerationMode
) -> None:
    served = app.call("GET", "/api/openapi.json").body
    statuses = asked(app, served, operation, mode, repair_id)
    assert statuses <= {*operation.answers, 401}
    if operation.takes is not None and mode is GenerationMode.NEGATIVE:
        assert statuses & {400, 422}


def test_a_status_that_is_not_described_is_found(app: Live, repair_id: str) -> None:
    served = app.call("GET", "/api/openapi.json").body
    for status in ("400", "422"):
        del served["paths"]["/alerts"]["post"]["responses"][status]
    operation = next(one for one in OPERATIONS if one.id == "post_alert")
    with pytest.raises(FailureGroup):
        asked(app, served, operation, GenerationMode.NEGATIVE, repair_id)


def test_the_connector_is_valid_openapi_2_0_and_not_stale() -> None:
    assert list(OpenAPIV2SpecValidator(connector()).iter_errors()) == []
    stale = "write it anew: python -m triggers.connector > infra/connector/apiDefinition.swagger.json"
    assert CONNECTOR.read_text(encoding="utf-8") == text(), stale
