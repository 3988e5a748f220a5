"""Errors as problem+json (RFC 9457), with the field that is wrong and what would be right."""

import json
from typing import Any

import azure.functions as func
from pydantic import BaseModel, ValidationError


class ProblemError(Exception):
    """A request that cannot be served, as it is told to the caller."""

    def __init__(self, status: int, title: str, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = errors

    def response(self) -> func.HttpResponse:
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = self.errors
        return func.HttpResponse(json.dumps(body), status_code=self.status, mimetype="application/problem+json")


def read_body[Body: BaseModel](request: func.HttpRequest, body_type: type[Body]) -> Body:
    """The request's JSON body as `body_type`. Raises ProblemError: 400 for what is no JSON object, 422 for wrong fields."""
    try:
        document = json.loads(request.get_body() or b"{}")
    except (ValueError, RecursionError) as error:
        raise ProblemError(400, "Not JSON", f"the body is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ProblemError(400, "Not an object", "the body must be a JSON object")
    try:
        return body_type.model_validate(document)
    except ValidationError as error:
        faults = [{"field": ".".join(map(str, fault["loc"])), "message": fault["msg"]} for fault in error.errors()]
        detail = "; ".join(f"{fault['field']}: {fault['message']}" for fault in faults)
        raise ProblemError(422, "Invalid request", detail, faults) from None


def not_found(what: str) -> ProblemError:
    return ProblemError(404, "Not found", what)


def conflict(why: str) -> ProblemError:
    return ProblemError(409, "Conflict", why)
