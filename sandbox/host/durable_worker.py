"""Durable work: items come from the engine's stream, go to the registered functions, and are answered.

This is the part of the Durable Functions extension that lies between the engine and the language worker.
"""

import asyncio
import base64
import logging
import traceback
from collections.abc import Coroutine

import grpc
from azure.functions import meta
from durabletask.internal import helpers
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.internal.orchestrator_service_pb2_grpc import TaskHubSidecarServiceStub

from sandbox.host.functions import ACTIVITY_TRIGGER, ORCHESTRATION_TRIGGER, FunctionApp
from sandbox.host.invocation import Invoker, converter

_AT_ONCE = 16
_RECONNECT_SECONDS = 0.05
_log = logging.getLogger("host.durable")


class DurableWorker:
    """Serves an app's orchestrations and activities until it is cancelled; each kind at most 16 at once."""

    def __init__(self, app: FunctionApp, invoker: Invoker, engine: TaskHubSidecarServiceStub) -> None:
        self._orchestrations = app.durable(ORCHESTRATION_TRIGGER)
        self._activities = app.durable(ACTIVITY_TRIGGER)
        self._invoker = invoker
        self._engine = engine
        self._episodes_at_once = asyncio.Semaphore(_AT_ONCE)
        self._activities_at_once = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Read the stream for ever, and open it again when it breaks: what was lost, the engine hands out again."""
        try:
            while True:
                try:
                    async for item in self._engine.GetWorkItems(pb.GetWorkItemsRequest()):
                        self._accept(item)
                except grpc.aio.AioRpcError as error:
                    _log.warning("the stream of work broke: %s", error.code().name)
                await asyncio.sleep(_RECONNECT_SECONDS)
        finally:
            for task in self._tasks:
                task.cancel()

    def _accept(self, item: pb.WorkItem) -> None:
        if item.HasField("orchestratorRequest"):
            self._spawn(self._episode(item))
        elif item.HasField("activityRequest"):
            self._spawn(self._activity(item))
        else:
            _log.error("a work item of kind %s cannot be served here", item.WhichOneof("request"))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.warning("an answer did not reach the engine: %s", error)

    async def _episode(self, item: pb.WorkItem) -> None:
        async with self._episodes_at_once:
            response = await self._run_episode(item.orchestratorRequest)
        response.completionToken = item.completionToken
        await self._engine.CompleteOrchestratorTask(response)

    async def _run_episode(self, request: pb.OrchestratorRequest) -> pb.OrchestratorResponse:
        name = _orchestration_name(request)
        function = self._orchestrations.get(name.lower())
        if function is None:
            return _failed_episode(request, unknown_function("orchestrator", name))
        body = base64.b64encode(request.SerializeToString()).decode("ascii")
        try:
            encoded = await self._invoker.invoke(function, meta.Datum(body, "string"))
            response = pb.OrchestratorResponse()
            response.ParseFromString(base64.b64decode(encoded))
        except Exception as error:  # noqa: BLE001 - whatever the app raises, the host goes on
            _log.exception("orchestrator %s failed outside its own code", name)
            return _failed_episode(request, failure_details(error))
        return response

    async def _activity(self, item: pb.WorkItem) -> None:
        request = item.activityRequest
        answer = pb.ActivityResponse(
            instanceId=request.orchestrationInstance.instanceId,
            taskId=request.taskId,
            completionToken=item.completionToken,
        )
        async with self._activities_at_once:
            await self._run_activity(request, answer)
        await self._engine.CompleteActivityTask(answer)

    async def _run_activity(self, request: pb.ActivityRequest, answer: pb.ActivityResponse) -> None:
        function = self._activities.get(request.name.lower())
        if function is None:
            answer.failureDetails.CopyFrom(unknown_function("activity", request.name))
            return
        datum = meta.Datum(request.input.value or "null", "json")
        try:
            result = await self._invoker.invoke(function, datum)
            encoded = converter(ACTIVITY_TRIGGER).encode(result, expected_type=None).value
            answer.result.CopyFrom(helpers.get_string_value(encoded))
        except Exception as error:  # noqa: BLE001 - whatever the app raises, the host goes on
            _log.warning("activity %s failed", request.name, exc_info=True)
            answer.failureDetails.CopyFrom(failure_details(error))


def failure_details(error: Exception) -> pb.TaskFailureDetails:
    """A failure as an orchestration sees it in Azure: the class without its module, and the message's first line.

    The extension parses them from the worker's "Type: message" text and keeps the first line only (OutOfProcMiddleware
    of azure-functions-durable-extension).
    """
    text = str(error)
    return pb.TaskFailureDetails(
        errorType=type(error).__name__,
        errorMessage=text.splitlines()[0].rstrip() if text.strip() else "",
        stackTrace=helpers.get_string_value("".join(traceback.format_exception(error))),
    )


def unknown_function(kind: str, name: str) -> pb.TaskFailureDetails:
    """The failure of a call to a function that the app does not have."""
    return pb.TaskFailureDetails(
        errorType="FunctionNotFound",
        errorMessage=f"the {kind} function {name!r} does not exist, is disabled, or is not an {kind} function",
        isNonRetriable=True,
    )


def _orchestration_name(request: pb.OrchestratorRequest) -> str:
    for event in (*request.pastEvents, *request.newEvents):
        if event.HasField("executionStarted"):
            return str(event.executionStarted.name)
    return ""


def _failed_episode(request: pb.OrchestratorRequest, details: pb.TaskFailureDetails) -> pb.OrchestratorResponse:
    action = helpers.new_complete_orchestration_action(-1, pb.ORCHESTRATION_STATUS_FAILED, None, details)
    return pb.OrchestratorResponse(instanceId=request.instanceId, actions=[action])
