"""The durable engine in the hands of a crash: answers get lost, activities are run twice, the host is killed at a step."""

# ruff: noqa: N802 - the names are the gRPC protocol's

import json
from collections.abc import Callable

import grpc
from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.azure import TraceRow
from sandbox.clock import VirtualClock
from sandbox.engine.durable_engine import DurableEngine
from sandbox.faults.mishap import Crash

READING_POST = "Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action"


class TroubledEngine(DurableEngine):
    """Without a crash it is the engine as it is. `struck`: how often the crash took effect; `called`: the activities so far.

    A step is known from the repair's custom status, which each episode carries, so that also a step without any wait is met.
    """

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.struck = 0
        self.called: set[str] = set()
        self._crash: Crash | None = None
        self._kill: Callable[[], None] = lambda: None
        self._armed = False
        self._spent = False
        self._first_answers: dict[str, pb.ActivityResponse] = {}

    def expect(self, crash: Crash, kill: Callable[[], None]) -> None:
        """From now on this crash may happen. `kill` ends the host's process."""
        self._crash, self._kill = crash, kill
        self._armed = crash.step is None and crash.activity is None

    def written(self, row: TraceRow) -> None:
        """To be told of each request to Azure before its answer is sent."""
        crash = self._crash
        if crash is None or crash.manner != "amid" or row.method == "GET" or row.operation == READING_POST:
            return
        if self._armed or (crash.activity is not None and crash.activity in self._running()):
            self._strike()

    def CompleteOrchestratorTask(
        self, request: pb.OrchestratorResponse, context: grpc.ServicerContext
    ) -> pb.CompleteTaskResponse:
        """Notices the step that begins or ends with this episode."""
        ended = self._notice(request)
        response = super().CompleteOrchestratorTask(request, context)
        if ended and self._crash is not None and self._crash.manner == "after":
            self._strike()
        return response

    def CompleteActivityTask(
        self, request: pb.ActivityResponse, context: grpc.ServicerContext
    ) -> pb.CompleteTaskResponse:
        """Takes the answer, unless the crash takes it."""
        crash, name = self._crash, self._name(request.completionToken)
        self.called.update(filter(None, [name]))
        if crash is None or name is None or not (self._armed or crash.activity == name):
            return super().CompleteActivityTask(request, context)
        if crash.manner in ("amid", "before_answer") and not self._spent:
            self._strike()
            return pb.CompleteTaskResponse()
        if crash.manner in ("twice", "lost"):
            first = self._first_answers.get(request.completionToken)
            if first is None:
                self._once_more(request)
                return pb.CompleteTaskResponse()
            return super().CompleteActivityTask(first if crash.manner == "twice" else request, context)
        return super().CompleteActivityTask(request, context)

    def _notice(self, request: pb.OrchestratorResponse) -> bool:
        """Arms while the crash's step is under way; whether it has just ended."""
        if self._crash is None or self._crash.step is None or not request.HasField("customStatus"):
            return False
        status = json.loads(request.customStatus.value)
        steps = status.get("steps") if isinstance(status, dict) else None
        if steps is None:
            return False
        found = [step for step in steps if step["name"] == self._crash.step]
        self._armed = any(step["finished_at"] is None for step in found)
        return bool(found) and not self._armed

    def _strike(self) -> None:
        if not self._spent:
            self._spent = True
            self.struck += 1
            self._kill()

    def _once_more(self, answer: pb.ActivityResponse) -> None:
        with self._change():
            if self._forget_activity(answer.completionToken):
                self.struck += 1
                self._first_answers[answer.completionToken] = answer
                self._take_back_activity(answer.completionToken)

    def _name(self, token: str) -> str | None:
        scheduled = self._activities.get(token)
        return scheduled.item.name if scheduled else None

    def _running(self) -> set[str]:
        """The activities that are handed out now. Takes no lock: it is asked while Azure answers one of them."""
        held = [token for stream in tuple(self._streams) for token in tuple(stream.activities)]
        return {name for token in held if (name := self._name(token)) is not None}
