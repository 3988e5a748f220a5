"""The HTTP API of the Durable Functions extension ("HTTP APIs in Durable Functions"), and the client binding.

All routes lie below `/runtime/webhooks/durabletask` and need the system key.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from durabletask.internal import helpers
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.internal.orchestrator_service_pb2_grpc import TaskHubSidecarServiceStub
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.host.keys import HostKeys

PREFIX = "/runtime/webhooks/durabletask"
_STATUS_NAMES = {
    pb.ORCHESTRATION_STATUS_PENDING: "Pending",
    pb.ORCHESTRATION_STATUS_RUNNING: "Running",
    pb.ORCHESTRATION_STATUS_SUSPENDED: "Suspended",
    pb.ORCHESTRATION_STATUS_COMPLETED: "Completed",
    pb.ORCHESTRATION_STATUS_FAILED: "Failed",
    pb.ORCHESTRATION_STATUS_TERMINATED: "Terminated",
}
_STATUSES = {name.lower(): status for status, name in _STATUS_NAMES.items()}
_ENDED = {"Completed", "Failed", "Terminated"}
_MESSAGE_LIMIT = 2**31 - 1

type Handler = Callable[[Request], Awaitable[Response]]


def client_binding(engine: str, base_url: str, system_key: str) -> str:
    """The JSON text of a durable client binding. `engine` is `host:port`, `base_url` the host's own address."""
    root, query = f"{base_url}{PREFIX}", f"code={system_key}"
    instance = f"{root}/instances/INSTANCEID"
    binding = {
        "taskHubName": "Sandbox",
        "creationUrls": {"createNewInstancePostUri": f"{root}/orchestrators/{{functionName}}[/{{instanceId}}]?{query}"},
        "managementUrls": {
            "id": "INSTANCEID",
            "statusQueryGetUri": f"{instance}?{query}",
            "sendEventPostUri": f"{instance}/raiseEvent/{{eventName}}?{query}",
            "terminatePostUri": f"{instance}/terminate?reason={{text}}&{query}",
            "suspendPostUri": f"{instance}/suspend?reason={{text}}&{query}",
            "resumePostUri": f"{instance}/resume?reason={{text}}&{query}",
            "purgeHistoryDeleteUri": f"{instance}?{query}",
        },
        "baseUrl": root,
        "httpBaseUrl": root,
        "rpcBaseUrl": f"http://{engine}",
        "requiredQueryStringParameters": query,
        "maxGrpcMessageSizeInBytes": _MESSAGE_LIMIT,
    }
    return json.dumps(binding)


class DurableWebhook:
    """The management API of instances."""

    def __init__(self, engine: Callable[[], TaskHubSidecarServiceStub], keys: HostKeys) -> None:
        """`engine` gives the stub once the event loop runs."""
        self._engine = engine
        self._keys = keys

    def routes(self) -> list[Route]:
        """The routes, each behind the system key."""
        instance = f"{PREFIX}/instances/{{id}}"
        return [
            self._route(f"{PREFIX}/instances", "GET", self._list),
            self._route(instance, "GET", self._status),
            self._route(instance, "DELETE", self._purge),
            self._route(f"{instance}/raiseEvent/{{event}}", "POST", self._raise_event),
            self._route(f"{instance}/terminate", "POST", self._terminate),
            self._route(f"{instance}/suspend", "POST", self._suspend),
            self._route(f"{instance}/resume", "POST", self._resume),
        ]

    def _route(self, path: str, method: str, handler: Handler) -> Route:
        async def guarded(request: Request) -> Response:
            if not self._keys.admit(request, "SYSTEM"):
                return Response(status_code=401)
            return await handler(request)

        return Route(path, guarded, methods=[method])

    async def _state(self, request: Request) -> pb.OrchestrationState | None:
        query = pb.GetInstanceRequest(instanceId=request.path_params["id"], getInputsAndOutputs=True)
        answer = await self._engine().GetInstance(query)
        return answer.orchestrationState if answer.exists else None

    async def _status(self, request: Request) -> Response:
        state = await self._state(request)
        if state is None:
            return Response(status_code=404)
        body = state_body(state, show_input=request.query_params.get("showInput", "true").lower() != "false")
        status = body["runtimeStatus"]
        if status not in _ENDED:
            return JSONResponse(body, 202, {"Location": str(request.url), "Retry-After": "10"})
        as_error = request.query_params.get("returnInternalServerErrorOnFailure", "false").lower() == "true"
        return JSONResponse(body, 500 if status == "Failed" and as_error else 200)

    async def _list(self, request: Request) -> Response:
        names = [name for name in request.query_params.get("runtimeStatus", "").split(",") if name]
        unknown = [name for name in names if name.lower() not in _STATUSES]
        if unknown:
            return JSONResponse({"Message": f"unknown runtimeStatus {', '.join(unknown)}"}, 400)
        query = pb.InstanceQuery(
            runtimeStatus=[_STATUSES[name.lower()] for name in names],
            instanceIdPrefix=helpers.get_string_value(request.query_params.get("instanceIdPrefix")),
            continuationToken=helpers.get_string_value(request.headers.get("x-ms-continuation-token")),
            maxInstanceCount=int(request.query_params.get("top", "100")),
            fetchInputsAndOutputs=True,
        )
        answer = await self._engine().QueryInstances(pb.QueryInstancesRequest(query=query))
        show_input = request.query_params.get("showInput", "true").lower() != "false"
        headers = {"x-ms-continuation-token": answer.continuationToken.value} if answer.continuationToken.value else {}
        return JSONResponse([state_body(state, show_input) for state in answer.orchestrationState], 200, headers)

    async def _raise_event(self, request: Request) -> Response:
        try:
            payload = json.dumps(json.loads(await request.body() or b"null"))
        except ValueError:
            return JSONResponse({"Message": "the body of the event is not valid JSON"}, 400)
        raised = pb.RaiseEventRequest(
            instanceId=request.path_params["id"],
            name=request.path_params["event"],
            input=helpers.get_string_value(payload),
        )
        return await self._order(request, lambda: self._engine().RaiseEvent(raised))

    async def _terminate(self, request: Request) -> Response:
        reason = helpers.get_string_value(json.dumps(request.query_params.get("reason")))
        order = pb.TerminateRequest(instanceId=request.path_params["id"], output=reason, recursive=True)
        return await self._order(request, lambda: self._engine().TerminateInstance(order))

    async def _suspend(self, request: Request) -> Response:
        reason = helpers.get_string_value(request.query_params.get("reason"))
        order = pb.SuspendRequest(instanceId=request.path_params["id"], reason=reason)
        return await self._order(request, lambda: self._engine().SuspendInstance(order))

    async def _resume(self, request: Request) -> Response:
        reason = helpers.get_string_value(request.query_params.get("reason"))
        order = pb.ResumeRequest(instanceId=request.path_params["id"], reason=reason)
        return await self._order(request, lambda: self._engine().ResumeInstance(order))

    async def _order(self, request: Request, order: Callable[[], Awaitable[Any]]) -> Response:
        """202 when the order is accepted, 404 for an unknown instance, 410 for one that has ended."""
        state = await self._state(request)
        if state is None:
            return Response(status_code=404)
        if _STATUS_NAMES[state.orchestrationStatus] in _ENDED:
            return Response(status_code=410)
        await order()
        return Response(status_code=202)

    async def _purge(self, request: Request) -> Response:
        order = pb.PurgeInstancesRequest(instanceId=request.path_params["id"])
        answer = await self._engine().PurgeInstances(order)
        if not answer.deletedInstanceCount:
            return Response(status_code=404)
        return JSONResponse({"instancesDeleted": answer.deletedInstanceCount})


def state_body(state: pb.OrchestrationState, show_input: bool) -> dict[str, Any]:
    """An instance in the extension's JSON shape. A failed instance's output is its failure's message."""
    failed = state.HasField("failureDetails")
    return {
        "name": state.name,
        "instanceId": state.instanceId,
        "runtimeStatus": _STATUS_NAMES[state.orchestrationStatus],
        "input": _parsed(state.input.value) if show_input else None,
        "customStatus": _parsed(state.customStatus.value),
        "output": state.failureDetails.errorMessage if failed else _parsed(state.output.value),
        "createdTime": _zulu(state.createdTimestamp.ToDatetime()),
        "lastUpdatedTime": _zulu(state.lastUpdatedTimestamp.ToDatetime()),
    }


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def _zulu(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
