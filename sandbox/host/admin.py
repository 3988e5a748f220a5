"""The host's admin endpoints, behind the master key: its state, its timers, and running a function by hand.

"Manually run a non HTTP-triggered function" is the real endpoint; the list of timers is the stand-in's own, since
here the world, which has the clock, must know when they are due.
"""

import json
import logging
import os

from azure.functions import meta
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.host.functions import (
    EVENT_GRID_TRIGGER,
    TIMER_TRIGGER,
    AppFunction,
    FunctionApp,
    resolve_setting,
)
from sandbox.host.invocation import Invoker
from sandbox.host.keys import HostKeys

_RUNNABLE = (TIMER_TRIGGER, EVENT_GRID_TRIGGER)
_NO_STATUS = '{"IsPastDue": false, "ScheduleStatus": {}, "Schedule": {"AdjustForDST": true}}'
_log = logging.getLogger("host.admin")


class Admin:
    """The admin endpoints of one app."""

    def __init__(self, app: FunctionApp, invoker: Invoker, keys: HostKeys) -> None:
        self._app = app
        self._invoker = invoker
        self._keys = keys
        self._timers = [_timer(function) for function in app.triggered_by(TIMER_TRIGGER)]

    def routes(self) -> list[Route]:
        """The admin routes."""
        return [
            Route("/admin/host/status", self._status, methods=["GET"]),
            Route("/admin/host/timers", self._list_timers, methods=["GET"]),
            Route("/admin/functions/{name}", self._run, methods=["POST"]),
        ]

    async def _status(self, request: Request) -> Response:
        if not self._keys.admit(request, "ADMIN"):
            return Response(status_code=401)
        return JSONResponse(
            {"id": "sandbox", "state": "Running", "processUptime": 0, "functions": [*self._app.functions]}
        )

    async def _list_timers(self, request: Request) -> Response:
        if not self._keys.admit(request, "ADMIN"):
            return Response(status_code=401)
        return JSONResponse(self._timers)

    async def _run(self, request: Request) -> Response:
        """Run it and answer 202 when it has ended, 500 when it raised. The real host answers before it runs; here the
        caller holds the clock meanwhile."""
        if not self._keys.admit(request, "ADMIN"):
            return Response(status_code=401)
        function = self._app.functions.get(request.path_params["name"])
        if function is None or function.trigger not in _RUNNABLE:
            return Response(status_code=404)
        given = json.loads(await request.body() or b"{}").get("input")
        try:
            await self._invoker.invoke(function, meta.Datum(given or _NO_STATUS, "json"))
        except Exception:  # noqa: BLE001 - whatever the app raises, the host goes on
            _log.exception("function %s failed", function.name)
            return Response(status_code=500)
        return Response(status_code=202)


def _timer(function: AppFunction) -> dict[str, object]:
    schedule = resolve_setting(str(function.settings["schedule"]), os.environ)
    return {
        "name": function.name,
        "schedule": schedule,
        "run_on_startup": bool(function.settings.get("runOnStartup")),
    }
