"""What every HTTP route shares: JSON answers, problems, absolute links."""

import json
import re
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import azure.functions as func
from azure.durable_functions import Blueprint, DurableFunctionsClient

from bootmend.evidence.store import EvidenceUnavailableError
from bootmend.settings import settings
from triggers.problems import ProblemError

POLL_SECONDS = 15
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252})(:[0-9]{1,5})?")

type Handler = Callable[[func.HttpRequest, DurableFunctionsClient], Awaitable[func.HttpResponse]]


def route(blueprint: Blueprint, method: str, path: str, handler: Handler) -> None:
    """Registers `handler` for one method and path, with a durable client. A ProblemError becomes its answer."""

    @wraps(handler)
    async def served(req: func.HttpRequest, client: DurableFunctionsClient) -> func.HttpResponse:
        try:
            return await _served_twice(handler, req, client)
        except ProblemError as problem:
            return problem.response()

    served.__annotations__ = {"req": func.HttpRequest, "client": DurableFunctionsClient, "return": func.HttpResponse}
    del served.__wrapped__
    with_client = blueprint.durable_client_input(client_name="client")(served)
    blueprint.function_name(handler.__name__)(
        blueprint.route(route=path, methods=[method], trigger_arg_name="req")(with_client)
    )


async def _served_twice(handler: Handler, req: func.HttpRequest, client: DurableFunctionsClient) -> func.HttpResponse:
    """Once more where the store refused: its token may have run out, and it has dropped it. 503 if it refuses again."""
    try:
        return await handler(req, client)
    except EvidenceUnavailableError:
        try:
            return await handler(req, client)
        except EvidenceUnavailableError as error:
            raise ProblemError(503, "Store unavailable", f"the store does not answer, ask again: {error}") from None


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(body), status_code=status, headers=headers, mimetype="application/json")


def link(request: func.HttpRequest, path: str) -> str:
    """An absolute URL of this app as its caller reaches it, without any key."""
    return f"{settings().public_url or _origin(request)}{path}"


def _origin(request: func.HttpRequest) -> str:
    """Behind a proxy its first X-Forwarded name is the one that the caller used. The link goes back to that caller alone."""
    asked = urlsplit(request.url)
    scheme = request.headers.get("X-Forwarded-Proto", "").partition(",")[0].strip().lower()
    host = request.headers.get("X-Forwarded-Host", "").partition(",")[0].strip()
    scheme = scheme if scheme in {"http", "https"} else asked.scheme
    return f"{scheme}://{host if _HOST.fullmatch(host) else asked.netloc}"


def accepted(request: func.HttpRequest, repair_id: str, body: Any) -> func.HttpResponse:
    """202 with where to ask next: the asynchronous pattern that Logic Apps follow."""
    headers = {"Location": link(request, f"/api/repairs/{repair_id}/result"), "Retry-After": str(POLL_SECONDS)}
    return answer(body, 202, headers)
