"""The ready Logic App is a workflow that Azure would take, and it speaks to the API as it is.

Its parts are checked against what the schema reference for the Workflow Definition Language requires of each.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bootmend.models.repair import Decision
from bootmend.models.webhooks import EndRequest, NoticeEvent, SubscriptionRequest
from triggers.operations import OPERATIONS

FILE = Path(__file__).parents[2] / "infra" / "logic-app" / "approve-by-mail.json"
WORKFLOW: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
SECTIONS = {"$schema", "contentVersion", "parameters", "triggers", "actions", "outputs", "staticResults", "description"}
PARAMETER_TYPES = {"Array", "Bool", "Float", "Int", "Object", "SecureObject", "SecureString", "String"}
ENDINGS = {"Succeeded", "Failed", "Skipped", "TimedOut"}


def texts(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for value in part.values():
            yield from texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from texts(value)
    elif isinstance(part, str):
        yield part


def test_it_has_the_sections_of_a_workflow_and_no_other() -> None:
    assert set(WORKFLOW) <= SECTIONS
    assert WORKFLOW["$schema"].endswith("/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#")
    assert re.fullmatch(r"\d+\.\d+\.\d+\.\d+", WORKFLOW["contentVersion"])
    assert {parameter["type"] for parameter in WORKFLOW["parameters"].values()} <= PARAMETER_TYPES
    assert len(WORKFLOW["triggers"]) == 1
    for step in [*WORKFLOW["triggers"].values(), *WORKFLOW["actions"].values()]:
        assert step["type"] in {"HttpWebhook", "ApiConnectionWebhook", "Http"}
        assert isinstance(step["inputs"], dict)


def test_every_action_runs_after_one_that_exists() -> None:
    first = [name for name, action in WORKFLOW["actions"].items() if action["runAfter"] == {}]
    assert len(first) == 1
    for action in WORKFLOW["actions"].values():
        for earlier, endings in action["runAfter"].items():
            assert earlier in WORKFLOW["actions"]
            assert set(endings) <= ENDINGS


def test_every_parameter_and_action_that_an_expression_names_exists() -> None:
    everything = list(texts(WORKFLOW))
    used = {name for text in everything for name in re.findall(r"parameters\('([^']+)'\)", text)}
    assert used == set(WORKFLOW["parameters"])
    assert {name for text in everything for name in re.findall(r"body\('([^']+)'\)", text)} <= set(WORKFLOW["actions"])
    for text in everything:
        assert text.count("(") == text.count(")"), text
        assert text.count("{") == text.count("}"), text


def test_no_key_stands_in_a_url_and_inputs_that_hold_one_are_hidden_from_the_run_history() -> None:
    for step in [*WORKFLOW["triggers"].values(), *WORKFLOW["actions"].values()]:
        if "bootmend_key" in json.dumps(step):
            assert "inputs" in step["runtimeConfiguration"]["secureData"]["properties"]
    assert not [text for text in texts(WORKFLOW) if "code=" in text]


def requests() -> list[tuple[str, str, dict[str, Any]]]:
    trigger = WORKFLOW["triggers"]["When_a_checkpoint_waits"]["inputs"]
    sent = [trigger["subscribe"], trigger["unsubscribe"], WORKFLOW["actions"]["Post_the_decision"]["inputs"]]
    return [(one["method"], one["uri"], one["body"]) for one in sent]


@pytest.mark.parametrize(("method", "uri", "body"), requests())
def test_its_requests_are_those_of_the_api(method: str, uri: str, body: dict[str, Any]) -> None:
    path = uri.removeprefix("@{parameters('bootmend_url')}/api/")
    pattern = {re.sub(r"\{[^}]*\}", "{}", one.path): one for one in OPERATIONS if one.method == method}
    operation = pattern[re.sub(r"@\{[^}]*\}", "{}", path)]
    assert operation.takes in {SubscriptionRequest, EndRequest, Decision}
    operation.takes.model_validate({key: "x" if str(value).startswith("@{") else value for key, value in body.items()})


def test_what_it_reads_of_the_event_is_in_the_event() -> None:
    schema = NoticeEvent.model_json_schema()
    for text in texts(WORKFLOW):
        for path in re.findall(r"triggerBody\(\)((?:\?\['\w+'\])+)", text):
            place: dict[str, Any] = schema
            for name in re.findall(r"\['(\w+)'\]", path):
                place = inside(schema, place, name)


def inside(schema: dict[str, Any], place: dict[str, Any], name: str) -> dict[str, Any]:
    """The schema of a property. Raises KeyError where there is none; a mapping's names are free."""
    for choice in place.get("anyOf", [place]):
        if "$ref" in choice:
            place = schema["$defs"][choice["$ref"].rpartition("/")[2]]
    found: dict[str, Any] = place["properties"][name] if "properties" in place else place["additionalProperties"]
    return found
