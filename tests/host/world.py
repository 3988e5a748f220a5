"""A world with a clock, an engine and a host that serves the fixture app, and a client for it."""

import http.client
import json
import os
import select
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.internal.orchestrator_service_pb2_grpc import TaskHubSidecarServiceStub

from sandbox.clock import VirtualClock
from sandbox.engine.durable_engine import DurableEngine
from sandbox.engine.work import InstanceView
from sandbox.host.keys import HostKeys
from sandbox.host.process import HostProcess

APPS = Path(__file__).parent / "apps"
KEYS = HostKeys("the-master", "the-function", "the-system")


@dataclass(frozen=True)
class Answer:
    """An HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class World:
    """Everything that a test of the host touches."""

    clock: VirtualClock
    engine: DurableEngine
    host: HostProcess
    effects_file: Path
    client: TaskHubSidecarServiceStub

    def call(
        self, method: str, path: str, body: bytes | str | None = None, key: str = "", headers: Mapping[str, str] = {}
    ) -> Answer:
        """One request to the host."""
        connection = http.client.HTTPConnection(self.host.url.removeprefix("http://"), timeout=10)
        sent = {**headers, **({"x-functions-key": key} if key else {})}
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def start(self, name: str, given: object = None) -> str:
        """Start an orchestration by the app's own HTTP trigger; its instance id."""
        answer = self.call("POST", f"/api/start/{name}", json.dumps(given), KEYS.function)
        assert answer.status == 202, answer
        return str(answer.json()["id"])

    def ended(self, instance_id: str) -> InstanceView:
        """The instance once it has ended."""
        self.client.WaitForInstanceCompletion(pb.GetInstanceRequest(instanceId=instance_id), timeout=20)
        return next(view for view in self.engine.instances() if view.instance_id == instance_id)

    def output(self, instance_id: str) -> Any:
        """What the instance returned, once it has ended well."""
        view = self.ended(instance_id)
        assert view.status == "Completed", view.failure
        return json.loads(view.output or "null")

    def effects(self) -> list[str]:
        """The lines that the app's functions left, oldest first."""
        return self.effects_file.read_text("utf-8").splitlines() if self.effects_file.exists() else []


@contextmanager
def running_world(folder: Path) -> Iterator[World]:
    """A world whose files are in `folder`."""
    clock = VirtualClock()
    engine = DurableEngine(clock)
    address = engine.start()
    effects = folder / "effects"
    environment = {"EFFECTS": str(effects), "SWEEP": "0 */5 * * * *", "LANG": "C.UTF-8"}
    host = HostProcess(APPS / "parts", address, environment, KEYS)
    try:
        with grpc.insecure_channel(address) as channel, host:
            stub = TaskHubSidecarServiceStub(channel)  # type: ignore[no-untyped-call]
            yield World(clock, engine, host, effects, stub)
    finally:
        engine.stop()


@dataclass(frozen=True)
class Standstill:
    """Where a function of the app stands still; see stand_still_once in the app."""

    marker: Path

    @classmethod
    def in_folder(cls, folder: Path) -> "Standstill":
        os.mkfifo(folder / "marker.pipe")
        return cls(folder / "marker")

    def reached(self) -> bool:
        """Wait until the function is there."""
        reader = os.open(f"{self.marker}.pipe", os.O_RDONLY | os.O_NONBLOCK)
        try:
            return bool(select.select([reader], [], [], 10)[0])
        finally:
            os.close(reader)
