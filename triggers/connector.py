"""The custom connector for Logic Apps and Power Automate: OpenAPI 2.0 with x-ms extensions, from the API's own table.

`python -m triggers.connector > infra/connector/apiDefinition.swagger.json` writes the checked-in file anew.
Sources: OpenAPI extensions for custom connectors; Use a webhook as a trigger for Azure Logic Apps and Power Automate.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from bootmend.models.webhooks import NoticeEvent
from triggers.openapi import VERSION, reference, schemas
from triggers.operations import OPERATIONS, PARAMETERS, Operation

ACTIONS = ("start_repair", "get_repair", "decide_checkpoint", "cancel_repair")
TRIGGER, END_OF_TRIGGER = "subscribe", "unsubscribe"
_REF = "#/definitions/{model}"
_NOT_IN_2_0 = {"examples", "$defs", "propertyNames", "const", "anyOf", "prefixItems"}


def connector() -> dict[str, Any]:
    """The connector's definition. The host is a placeholder: the import asks for the function app's own."""
    used = [operation for operation in OPERATIONS if operation.id in {*ACTIONS, TRIGGER, END_OF_TRIGGER}]
    paths: dict[str, Any] = {}
    for operation in used:
        paths.setdefault(f"/{operation.path}", {})[operation.method.lower()] = _described(operation)
    paths["/subscriptions"]["x-ms-notification-content"] = {
        "description": "The checkpoint that waits",
        "schema": reference(NoticeEvent, _REF),
    }
    definitions = _definitions()
    return {
        "swagger": "2.0",
        "info": {
            "title": "Bootmend",
            "description": "Starts and follows repairs of Azure Windows VMs that no longer boot, and answers their checkpoints.",
            "version": VERSION,
        },
        "host": "bootmend.azurewebsites.net",
        "basePath": "/api",
        "schemes": ["https"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "paths": paths,
        "definitions": {name: definitions[name] for name in sorted(_reachable(paths, definitions))},
        "securityDefinitions": {"function_key": {"type": "apiKey", "in": "header", "name": "x-functions-key"}},
        "security": [{"function_key": []}],
    }


def _described(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": "".join(word.capitalize() for word in operation.id.split("_")),
        "summary": operation.summary,
        "description": f"{operation.summary}.",
        "parameters": list(_parameters(operation)),
        "responses": {str(status): _response(operation, status) for status in operation.answers},
    }
    if operation.id == TRIGGER:
        words = "When a checkpoint waits"
        described |= {"x-ms-trigger": "single", "operationId": "WhenACheckpointWaits", "summary": words}
        described["description"] = "Triggers when a repair asks a person."
    if operation.id == END_OF_TRIGGER:
        described["x-ms-visibility"] = "internal"
    return described


def _parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for name in (part[1:-1] for part in operation.path.split("/") if part.startswith("{")):
        label = name.replace("_", " ").capitalize()
        yield {
            "name": name, "in": "path", "required": True, "type": "string",
            "description": PARAMETERS[name], "x-ms-summary": label, "x-ms-url-encoding": "single",
        }  # fmt: skip
    if operation.id == TRIGGER:
        yield {"name": "body", "in": "body", "required": True, "schema": _trigger_body()}
    elif operation.takes is not None:
        yield {"name": "body", "in": "body", "required": True, "schema": reference(operation.takes, _REF)}


def _trigger_body() -> dict[str, Any]:
    """Logic Apps fills in the callback itself, and the designer shows neither it nor the event."""
    return {
        "type": "object",
        "required": ["callback_url", "events"],
        "properties": {
            "callback_url": {"type": "string", "x-ms-notification-url": True, "x-ms-visibility": "internal"},
            "events": {
                "type": "array",
                "items": {"type": "string"},
                "default": ["checkpoint.waiting"],
                "x-ms-visibility": "internal",
            },
        },
    }


def _response(operation: Operation, status: int) -> dict[str, Any]:
    answers = operation.answers[status]
    described: dict[str, Any] = {"description": answers.means}
    if answers.model is not None:
        described["schema"] = reference(answers.model, _REF)
    if answers.headers:
        described["headers"] = {name: {"type": "string"} for name in answers.headers}
    return described


def _definitions() -> dict[str, Any]:
    _, event = models_json_schema([(NoticeEvent, "validation")], ref_template=_REF)
    found = {**schemas(_REF), **event["$defs"]}
    return {name: plain(schema) for name, schema in found.items()}


def plain(schema: Any) -> Any:
    """A JSON schema of OpenAPI 3.1 in the words of OpenAPI 2.0, which knows neither null, nor const, nor a choice of types."""
    if isinstance(schema, list):
        return [plain(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "anyOf" in schema:
        choices = [choice for choice in schema["anyOf"] if choice != {"type": "null"}]
        rest = {key: value for key, value in schema.items() if key != "anyOf" and value is not None}
        chosen = plain(choices[0]) if len(choices) == 1 else {}
        return chosen if "$ref" in chosen else {**chosen, **plain(rest), "x-nullable": True}
    kept = {key: _inside(key, value) for key, value in schema.items() if key not in _NOT_IN_2_0 and value is not None}
    if "const" in schema:
        kept["enum"] = [schema["const"]]
    return kept


def _inside(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: plain(item) for name, item in value.items()}
    return value if key in {"default", "enum", "required"} else plain(value)


def _reachable(start: Any, definitions: Mapping[str, Any]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for name in set(_references(waiting.pop())) - reached:
            reached.add(name)
            waiting.append(definitions[name])
    return reached


def _references(document: Any) -> Iterator[str]:
    if isinstance(document, Mapping):
        if isinstance(document.get("$ref"), str):
            yield document["$ref"].rpartition("/")[2]
        for value in document.values():
            yield from _references(value)
    elif isinstance(document, list):
        for value in document:
            yield from _references(value)


def text() -> str:
    """The file as it is checked in."""
    return json.dumps(connector(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
