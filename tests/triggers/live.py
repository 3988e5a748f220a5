"""The function app in a sandbox world, reached as Event Grid, Azure Monitor, a person and a Logic App reach it."""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.scenario import Scenario
from sandbox.world import World

SAMPLES = Path(__file__).parents[1] / "fixtures" / "events"
EVENTS = "/runtime/webhooks/EventGrid?functionName=on_vm_health_event"
REAL_SECONDS = 60.0
NOTIFICATION = {"aeg-event-type": "Notification"}


@dataclass(frozen=True)
class Reply:
    """An HTTP answer; `body` is decoded JSON, or None."""

    status: int
    headers: dict[str, str]
    body: Any


class Live:
    """A running world, with time that passes on request."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.vm_id = world.vm_id

    def call(self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """One request with the function key; `url` may be absolute, as in a Location."""
        host = urlsplit(self.world.host_url)
        connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=REAL_SECONDS)
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        given = {"x-functions-key": self.world.keys.function, "Content-Type": "application/json", **(headers or {})}
        parts = urlsplit(url)
        connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, data, given)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        is_json = "json" in answer.headers.get("Content-Type", "")
        received = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, received, json.loads(text) if is_json and text else None)

    def event(self, body: Any, kind: str = "Notification") -> Reply:
        """A delivery by Event Grid, as an action of its own webhook."""
        headers = {"aeg-event-type": kind, "x-functions-key": self.world.keys.system}
        return self.call("POST", EVENTS, body, headers)

    def repairs(self, vm_id: str | None = None) -> list[dict[str, Any]]:
        query = f"?vm_id={vm_id}" if vm_id else ""
        listed: list[dict[str, Any]] = self.call("GET", f"/api/repairs{query}").body["repairs"]
        return listed

    def pass_time(self, until: Callable[[], bool], limit: timedelta = timedelta(days=2)) -> None:
        """Lets the clock jump until something is so. Raises AssertionError when nothing more can happen before."""
        give_up_at = self.world.clock.now() + limit
        while True:
            assert self.world.settle(REAL_SECONDS), "\n".join(self.world.host_log())
            if until():
                return
            due = self.world.clock.next_at()
            assert due is not None, "nothing is left that could happen: " + "\n".join(self.world.host_log()[-20:])
            assert due < give_up_at, "\n".join(self.world.host_log()[-20:])
            self.world.clock.advance_to_next()

    def wait(self, span: timedelta) -> None:
        """Lets that much time pass, with all that happens in it."""
        until = self.world.clock.now() + span
        self.world.clock.call_at(until, lambda: None, "the test waits")
        self.pass_time(lambda: self.world.clock.now() >= until)

    def triages(self) -> dict[str, dict[str, Any] | None]:
        """Every triage by instance id, with its custom status: what came of it, None while it settles."""
        views = (view for view in self.world.engine.instances() if view.instance_id.startswith("triage-"))
        return {view.instance_id: json.loads(view.custom_status) if view.custom_status else None for view in views}


@contextmanager
def live(settings: Mapping[str, str] | None = None, **scenario: Any) -> Iterator[Live]:
    """A world of one scenario; its sections as keyword arguments."""
    given = {"settings": dict(settings or {}), **scenario}
    with World(Scenario.model_validate_json(json.dumps(given))) as world:
        yield Live(world)


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def about(document: Any, vm_id: str) -> Any:
    """A sample, told of another VM; each spelling keeps its case."""
    text = json.dumps(document)
    known = (
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-prod"
        "/providers/Microsoft.Compute/virtualMachines/vm-web-01"
    )
    return json.loads(text.replace(known, vm_id).replace(known.lower(), vm_id.lower()))
