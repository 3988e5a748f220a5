"""The webhook of the Event Grid trigger: the handshakes of both schemas, and deliveries.

Event Grid tells deliveries apart by the `aeg-event-type` header ("Endpoint validation with Event Grid event schema",
"CloudEvents v1.0 schema with Azure Event Grid").
"""

import asyncio
import json
import logging
from typing import Any

from azure.functions import meta
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.host.functions import EVENT_GRID_TRIGGER, AppFunction, FunctionApp
from sandbox.host.invocation import Invoker
from sandbox.host.keys import HostKeys

PATH = "/runtime/webhooks/EventGrid"
_log = logging.getLogger("host.eventgrid")


class EventGridWebhook:
    """Hands each event to the function named in the query. 202 when all ran, 500 when one raised."""

    def __init__(self, app: FunctionApp, invoker: Invoker, keys: HostKeys) -> None:
        self._functions = {function.name: function for function in app.triggered_by(EVENT_GRID_TRIGGER)}
        self._invoker = invoker
        self._keys = keys

    def routes(self) -> list[Route]:
        """The webhook's one route; the host's own paths disregard case."""
        return [Route(path, self._answer, methods=["POST", "OPTIONS"]) for path in (PATH, PATH.lower())]

    async def _answer(self, request: Request) -> Response:
        if not self._keys.admit(request, "SYSTEM"):
            return Response(status_code=401)
        name = request.query_params.get("functionName", "")
        function = self._functions.get(name)
        if function is None:
            return PlainTextResponse(f"cannot find function: {name!r}", 404)
        if request.method == "OPTIONS":
            return _allow(request)
        return await self._post(request, function)

    async def _post(self, request: Request, function: AppFunction) -> Response:
        kind = request.headers.get("aeg-event-type", "").lower()
        if kind == "unsubscribe":
            return Response(status_code=202)
        try:
            body = json.loads(await request.body())
        except ValueError:
            return PlainTextResponse("the body is not valid JSON", 400)
        events = body if isinstance(body, list) else [body]
        if kind == "subscriptionvalidation":
            return JSONResponse({"validationResponse": events[0]["data"]["validationCode"]})
        if kind != "notification":
            return PlainTextResponse("the header aeg-event-type says neither Notification nor a handshake", 400)
        ran = await asyncio.gather(*(self._run(function, event) for event in events))
        return Response(status_code=202 if all(ran) else 500)

    async def _run(self, function: AppFunction, event: dict[str, Any]) -> bool:
        try:
            await self._invoker.invoke(function, meta.Datum(json.dumps(event), "json"))
        except Exception:  # noqa: BLE001 - whatever the app raises, the host goes on
            _log.exception("function %s failed", function.name)
            return False
        return True


def _allow(request: Request) -> Response:
    """The abuse protection of CloudEvents ("HTTP 1.1 Web Hooks for Event Delivery", section 4)."""
    origin = request.headers.get("webhook-request-origin")
    if origin is None:
        return Response(status_code=400)
    headers = {"Allow": "POST, OPTIONS", "WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "120"}
    return Response(status_code=200, headers=headers)
