"""GET /api/openapi.json: the API's description in OpenAPI 3.1, made from the models that read and write its bodies."""

from functools import lru_cache
from typing import Any

import azure.functions as func
from azure.durable_functions import Blueprint, DurableFunctionsClient
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bootmend.models.api import Problem
from triggers.http import answer, link, route
from triggers.operations import OPERATIONS, PARAMETERS, Answers, Operation

VERSION = "0.1.0"
_REF = "#/components/schemas/{model}"
_KEY = "function_key"

blueprint = Blueprint()


async def describe_api(req: func.HttpRequest, _client: DurableFunctionsClient) -> func.HttpResponse:
    """GET /api/openapi.json"""
    return answer({**description(), "servers": [{"url": link(req, "/api")}]})


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """The document without its server."""
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(f"/{operation.path}", {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Bootmend",
            "version": VERSION,
            "description": "Mends Azure Windows VMs that stop with 0xEF CRITICAL_PROCESS_DIED.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {_KEY: {"type": "apiKey", "in": "header", "name": "x-functions-key"}},
        },
        "security": [{_KEY: []}],
    }


def schemas(ref: str = _REF) -> dict[str, Any]:
    """JSON schemas of every body, by name. `ref` says where a reference points."""
    models = {operation.takes for operation in OPERATIONS} | {
        answers.model for operation in OPERATIONS for answers in operation.answers.values()
    }
    ordered = sorted((model for model in models if model is not None), key=lambda model: model.__name__)
    _, found = models_json_schema([(model, "validation") for model in ordered], ref_template=ref)
    definitions: dict[str, Any] = found["$defs"]
    return definitions


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": {
            "401": {"description": "the function key is missing or wrong"},
            **{str(status): _response(answers) for status, answers in operation.answers.items()},
        },
    }
    if operation.takes is not None:
        content: dict[str, Any] = {"schema": reference(operation.takes)}
        if operation.example is not None:
            content["example"] = operation.example
        described["requestBody"] = {"required": True, "content": {"application/json": content}}
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    in_path = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    text = {"type": "string", "minLength": 1}
    return [
        *({"name": n, "in": "path", "required": True, "description": PARAMETERS[n], "schema": text} for n in in_path),
        *(
            {"name": n, "in": "query", "description": what, "schema": {"type": "string"}}
            for n, what in operation.query.items()
        ),
    ]


def _response(answers: Answers) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answers.means}
    if answers.model is not None:
        media = "application/problem+json" if answers.model is Problem else "application/json"
        described["content"] = {media: {"schema": reference(answers.model)}}
    if answers.headers:
        described["headers"] = {name: {"schema": {"type": "string"}} for name in answers.headers}
    return described


def reference(model: type[BaseModel], ref: str = _REF) -> dict[str, str]:
    return {"$ref": ref.format(model=model.__name__)}


route(blueprint, "GET", "openapi.json", describe_api)
