"""HTTP triggers: a request becomes azure.functions.HttpRequest, what the function returns becomes the response."""

import logging
from collections.abc import Iterable
from typing import Any

from azure.functions import meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.host.functions import FunctionApp
from sandbox.host.invocation import Invoker, converter
from sandbox.host.keys import HostKeys
from sandbox.host.routes import Router

_log = logging.getLogger("host.http")


class HttpTriggers:
    """The ASGI application of an app's HTTP triggers: 404 no route, 401 no key, 500 without details on a failure."""

    def __init__(self, app: FunctionApp, invoker: Invoker, keys: HostKeys) -> None:
        self._router = Router(app)
        self._invoker = invoker
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        found = self._router.find(request.method, request.scope["raw_path"].decode("ascii"))
        if found is None:
            return Response(status_code=404)
        function, route_parameters = found
        if not self._keys.admit(request, function.settings.get("authLevel") or "FUNCTION"):
            return Response(status_code=401)
        datum = _request_datum(request, route_parameters, await request.body())
        try:
            result = await self._invoker.invoke(function, datum)
            return _response(converter("http").encode(result, expected_type=None))
        except Exception:  # noqa: BLE001 - whatever the app raises, the host goes on
            _log.exception("function %s failed", function.name)
            return Response(status_code=500)


def _request_datum(request: Request, route_parameters: dict[str, str], body: bytes) -> meta.Datum:
    content = {
        "method": meta.Datum(request.method, "string"),
        "url": meta.Datum(_absolute_url(request), "string"),
        "headers": _strings(_joined(request.headers.items())),
        "query": _strings(_joined(request.query_params.multi_items())),
        "params": _strings(route_parameters),
        "body": meta.Datum(body, "bytes"),
    }
    return meta.Datum(content, "http")


def _absolute_url(request: Request) -> str:
    """The URL as the caller wrote it, by the Host header; starlette's own has the path decoded."""
    path, query = request.scope["raw_path"].decode("ascii"), request.scope["query_string"].decode("ascii")
    return f"{request.url.scheme}://{request.url.netloc}{path}" + (f"?{query}" if query else "")


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A name that is given twice has both values, with a comma between, as ASP.NET's StringValues prints."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _strings(values: dict[str, str]) -> dict[str, meta.Datum]:
    return {name: meta.Datum(value, "string") for name, value in values.items()}


def _response(datum: meta.Datum) -> Response:
    if datum.type == "string":
        return Response(datum.value, media_type="text/plain")
    content: dict[str, Any] = datum.value
    response = Response(content["body"].value, status_code=int(content["status_code"].value))
    for name, value in content["headers"].items():
        response.headers[name] = value.value
    for cookie in content["cookies"] or ():
        for morsel in cookie.values():
            response.headers.append("set-cookie", morsel.OutputString())
    return response
