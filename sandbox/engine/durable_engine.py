"""Microsoft's in-memory durable backend, mended where it could lie or lose work, and driven by the virtual clock."""

# ruff: noqa: N802, ARG002 - the names and the signatures are the gRPC protocol's and the backend's

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import grpc
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.internal.orchestrator_service_pb2_grpc import add_TaskHubSidecarServiceServicer_to_server
from durabletask.testing.in_memory_backend import OrchestrationInstance

from sandbox.clock import VirtualClock
from sandbox.engine.delivery import DeliveringBackend
from sandbox.engine.executions import Observer
from sandbox.engine.work import Counts, InstanceView, status_name

# A parked stream and a waiting client each hold a thread.
_THREADS = 32
_SERVER_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),
)


class DurableEngine(DeliveringBackend):
    """The durable backend on a virtual clock, behind gRPC on a free port of 127.0.0.1.

    It is busy, and so holds the clock, while an episode or an activity is queued or handed out; with no worker
    connected, queued work holds the clock too, until a worker comes.
    """

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        clock.add_idle_check(self.idle)

    def start(self) -> str:
        """Serve on a free port of 127.0.0.1; returns `host:port`."""
        self._shutdown_event.clear()
        server = grpc.server(ThreadPoolExecutor(_THREADS, "durable-engine"), options=_SERVER_OPTIONS)
        add_TaskHubSidecarServiceServicer_to_server(self, server)  # type: ignore[no-untyped-call]
        self._port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self._server = server
        return f"127.0.0.1:{self._port}"

    def stop(self, grace: float | None = None) -> None:
        """Close every stream and stop serving. Waiting timers never fire."""
        with self._lock:
            self._shutdown_event.set()
            for alarm in itertools.chain.from_iterable(self._alarms.values()):
                alarm.cancel()
            self._alarms.clear()
            self._wake.notify_all()
        super().stop(grace)

    def idle(self) -> bool:
        """Whether no episode and no activity is queued or handed out. Takes no lock."""
        return self._idle

    def instances(self) -> list[InstanceView]:
        """Every instance, in the order in which they were created."""
        with self._lock:
            return [_view(instance) for instance in self._instances.values()]

    def history(self, instance_id: str) -> list[pb.HistoryEvent]:
        """A copy of the current execution's history. Raises KeyError when there is no such instance."""
        with self._lock:
            return [self._clone_history_event(event) for event in self._instances[instance_id].history]

    def past_histories(self, instance_id: str) -> list[list[pb.HistoryEvent]]:
        """The histories of the executions that ended by continue-as-new, oldest first."""
        with self._lock:
            return [[self._clone_history_event(event) for event in past] for past in self._past.get(instance_id, [])]

    def counts(self) -> Counts:
        """How much work was handed out so far."""
        with self._lock:
            return replace(self._counts)

    def subscribe(self, observer: Observer) -> None:
        """Call `observer(instance_id, event)` for each event committed to a history, in order, outside the lock.

        The worker's answer that brought the event is not acknowledged before the observer returns.
        """
        with self._lock:
            self._observers.append(observer)

    def RaiseEvent(self, request: pb.RaiseEventRequest, context: grpc.ServicerContext) -> pb.RaiseEventResponse:
        """Buffer an external event; NOT_FOUND when the instance does not exist."""
        with self._change(request.instanceId):
            return super().RaiseEvent(request, context)

    def TerminateInstance(self, request: pb.TerminateRequest, context: grpc.ServicerContext) -> pb.TerminateResponse:
        """Terminate an instance and, when asked to, the sub-orchestrations that it waits for."""
        with self._change():
            return super().TerminateInstance(request, context)

    def SuspendInstance(self, request: pb.SuspendRequest, context: grpc.ServicerContext) -> pb.SuspendResponse:
        """Suspend an instance: its events wait until it is resumed."""
        with self._change(request.instanceId):
            return super().SuspendInstance(request, context)

    def ResumeInstance(self, request: pb.ResumeRequest, context: grpc.ServicerContext) -> pb.ResumeResponse:
        """Resume a suspended instance."""
        with self._change(request.instanceId):
            return super().ResumeInstance(request, context)

    def PurgeInstances(
        self, request: pb.PurgeInstancesRequest, context: grpc.ServicerContext
    ) -> pb.PurgeInstancesResponse:
        """Forget instances that have ended."""
        with self._change():
            response = super().PurgeInstances(request, context)
            for instance_id in self._past.keys() - self._instances.keys():
                del self._past[instance_id]
            return response

    def RestartInstance(
        self, request: pb.RestartInstanceRequest, context: grpc.ServicerContext
    ) -> pb.RestartInstanceResponse:
        """Run an instance that has ended once more, with its input."""
        with self._change():
            return super().RestartInstance(request, context)

    def RewindInstance(
        self, request: pb.RewindInstanceRequest, context: grpc.ServicerContext
    ) -> pb.RewindInstanceResponse:
        """Refused: the timers of the failed execution are gone, so that a rewound one could wait for ever."""
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "the sandbox's engine does not rewind an instance")
        return pb.RewindInstanceResponse()

    def SignalEntity(self, request: pb.SignalEntityRequest, context: grpc.ServicerContext) -> pb.SignalEntityResponse:
        """Refused: see EntitiesUnsupportedError."""
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "the sandbox's engine has no durable entities")
        return pb.SignalEntityResponse()


def _view(instance: OrchestrationInstance) -> InstanceView:
    failure = instance.failure_details
    return InstanceView(
        instance_id=instance.instance_id,
        name=instance.name,
        status=status_name(instance.status),
        created_at=instance.created_at,
        last_updated_at=instance.last_updated_at,
        completed_at=instance.completed_at,
        input=instance.input or None,
        output=instance.output or None,
        custom_status=instance.custom_status or None,
        failure=f"{failure.errorType}: {failure.errorMessage}" if failure else None,
    )
