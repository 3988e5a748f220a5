"""A function app of a few lines behind real HTTP: a repair whose steps take virtual time and which asks people."""

import json
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from sandbox.clock import VirtualClock
from sandbox.player.api import RepairApi
from sandbox.scenario_play import Incident

VM_ID = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-prod"
    "/providers/Microsoft.Compute/virtualMachines/vm-web-01"
)
STEPS = ("read_vm", "decide", "approve_repair", "deallocate_source", "execute_plan", "verify_boot", "clean_up")
KEY = "the-function-key"
SYSTEM_KEY = "the-system-key"


@dataclass
class FakeRepair:
    """Goes through STEPS, ten virtual minutes each; `approve_repair` waits for a person, for four hours at most."""

    clock: VirtualClock
    asks: bool = True
    hangs_at: str | None = None
    outcome: str = "repaired"
    reason: str = "seen to boot"
    result_status: int = 200
    leftovers: list[dict[str, str]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    checkpoints: list[dict[str, Any]] = field(default_factory=list)
    awaiting: dict[str, Any] | None = None
    ended: str | None = None
    started: int = 0
    decisions: list[tuple[dict[str, Any], str]] = field(default_factory=list)

    def start(self) -> None:
        self.started += 1
        if self.started == 1:
            self._next(0)

    def _next(self, index: int) -> None:
        if self.ended:
            return
        if index == len(STEPS):
            self.ended = self.outcome
            return
        name = STEPS[index]
        if name == self.hangs_at:
            self.steps.append({"name": name, "started_at": self._now(), "finished_at": None})
        elif name == "approve_repair":
            self._ask(index)
        else:
            step = {"name": name, "started_at": self._now(), "finished_at": None, "result": None}
            self.steps.append(step)
            self._later(timedelta(minutes=10), lambda: self._finish(step, index))

    def _finish(self, step: dict[str, Any], index: int) -> None:
        step |= {"finished_at": self._now(), "result": "done"}
        self._next(index + 1)

    def _ask(self, index: int) -> None:
        if not self.asks:
            self._next(index + 1)
            return
        self.awaiting = {"checkpoint_id": "c-1", "name": "approve_repair", "decisions": ["approve", "reject"]}
        self._later(timedelta(hours=4), lambda: self._time_out(index))

    def _time_out(self, index: int) -> None:
        if self.awaiting:
            self._decided("timed_out", "nobody", index)

    def decide(self, decision: dict[str, Any]) -> None:
        self.decisions.append((decision, self._now()))
        self._decided(decision["decision"], decision["by"], STEPS.index("approve_repair"))

    def _decided(self, decision: str, by: str, index: int) -> None:
        self.awaiting = None
        self.checkpoints.append({"name": "approve_repair", "decision": decision, "by": by, "at": self._now()})
        if decision == "approve":
            self._later(timedelta(seconds=1), lambda: self._next(index + 1))
        else:
            self.ended = "rolled_back"

    def cancel(self) -> None:
        self.ended = "cancelled"

    def status(self) -> dict[str, Any]:
        return {
            "id": "r-1",
            "vm_id": VM_ID,
            "phase": "done" if self.ended else "fix",
            "outcome": self.ended,
            "awaiting": self.awaiting,
            "steps": self.steps,
        }

    def report(self) -> dict[str, Any]:
        return {
            "id": "r-1",
            "vm_id": VM_ID,
            "outcome": self.ended,
            "reason": self.reason,
            "diagnosis": {"kind": "critical_process_died", "stop_code": "0x000000EF"},
            "steps": self.steps,
            "checkpoints": self.checkpoints,
            "leftovers": self.leftovers,
            "kept": [],
        }

    def _now(self) -> str:
        return self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def _later(self, after: timedelta, act: Any) -> None:
        self.clock.call_at(self.clock.now() + after, act, "the fake repair")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # headers and body in one packet: else each answer waits for a delayed ACK
    repair: FakeRepair
    serves_events: bool

    def log_message(self, *args: Any) -> None:
        """Nothing: the test's own output is enough."""

    def do_GET(self) -> None:
        repair = self.repair
        if self.path.startswith("/api/repairs?"):
            return self._answer(200, {"repairs": [repair.status()] if repair.started else []})
        if self.path == "/api/repairs/r-1":
            return self._answer(200, repair.status())
        return self._answer(repair.result_status if repair.ended else 202, repair.report() if repair.ended else {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if f"code={SYSTEM_KEY}" not in self.path and self.headers["x-functions-key"] != KEY:
            return self._answer(401, None)
        if self.path in {"/api/repairs", "/api/alerts"} or self.path.startswith("/runtime/webhooks/EventGrid"):
            if self.path != "/api/repairs" and not self.serves_events:
                return self._answer(404, None)
            self.repair.start()
            return self._answer(
                202, self.repair.status(), {"Location": f"http://{self.headers['Host']}/api/repairs/r-1/result"}
            )
        if self.path.endswith("/cancel"):
            self.repair.cancel()
        elif self.repair.awaiting:
            self.repair.decide(body)
        else:
            return self._answer(409, {"title": "nobody waits"})
        return self._answer(202, self.repair.status())

    def _answer(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


@dataclass(frozen=True)
class FakeRequest:
    method: str
    path: str
    operation: str


class FakeStage:
    """A world with that app in it, and an Azure that says what the test wants."""

    def __init__(self, serves_events: bool = True, **how: Any) -> None:
        self.clock = VirtualClock()
        self.repair = FakeRepair(self.clock, **how)
        self.vm_id = VM_ID
        self.incidents: list[tuple[Incident, str]] = []
        self.restarts: list[list[str]] = []
        self.arm: list[FakeRequest] = []
        self.there: list[str] = []
        self.changes: list[str] = []
        self.settles = True
        handler = type("Handler", (_Handler,), {"repair": self.repair, "serves_events": serves_events})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self.api = RepairApi(f"http://127.0.0.1:{self._server.server_port}", KEY, SYSTEM_KEY)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.api.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def news(self) -> object:
        return object()

    def settle(self, real_seconds: float) -> bool:
        return self.settles

    def restart_host(self) -> None:
        self.restarts.append([step["name"] for step in self.repair.steps if step["finished_at"]])

    def happen(self, incident: Incident) -> None:
        waits = self.repair.awaiting
        self.incidents.append((incident, waits["name"] if waits else ""))

    def requests(self) -> list[FakeRequest]:
        return self.arm

    def unlisted_candidates(self) -> list[str]:
        return self.there

    def changes_of_vm(self) -> list[str]:
        return self.changes

    def os_disk_of_vm(self) -> str:
        return "/disks/original"
