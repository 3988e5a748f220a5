"""Long-running operations: accepted at once, finished by the virtual clock, looked at under a signed URL.

The URLs are as long as Azure's own (about 3.2 KB), and bear a signature without which they are refused.
"""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from typing import Literal
from urllib.parse import urlencode

from sandbox.azure.errors import ArmError, OperationFailedError, busy
from sandbox.azure.wire import Call, Json, Reply, stamp
from sandbox.clock import VirtualClock

type Finish = Callable[[], Json | None]

_SIGNATURE = {"c": 2700, "s": 344, "h": 43}


@dataclass(frozen=True)
class Order:
    """What is to be done. `holds` are the keys of the resources that nothing else may change meanwhile."""

    kind: str
    target: str
    location: str
    seconds: float
    finish: Finish
    holds: tuple[str, ...]
    abandon: Callable[[], None] = lambda: None
    """Called when the operation fails: leaves the resource as a failure leaves it."""


@dataclass(frozen=True)
class Doom:
    """How an operation will end whatever its work is."""

    status: Literal["Failed", "Canceled"]
    code: str
    message: str


@dataclass
class Operation:
    """One operation, as its status shows it."""

    id: str
    order: Order
    family: str
    started: datetime
    query: dict[str, str]
    ended: datetime | None = None
    error: tuple[str, str] | None = None
    canceled: bool = False
    output: Json | None = None

    def shape(self) -> Json:
        """The body of a status GET."""
        body: Json = {"startTime": stamp(self.started)}
        if self.ended is not None:
            body["endTime"] = stamp(self.ended)
        bad = "Canceled" if self.canceled else "Failed"
        body["status"] = "InProgress" if self.ended is None else bad if self.error else "Succeeded"
        if self.error is not None:
            body["error"] = {"code": self.error[0], "message": self.error[1]}
        elif self.output is not None:
            body["properties"] = {"output": self.output}
        return {**body, "name": self.id}

    @property
    def retry_after(self) -> dict[str, str]:
        return {"Retry-After": "10" if self.family == "operations" else "2"}


@dataclass
class Operations:
    """All operations of the subscription, by id."""

    clock: VirtualClock
    lock: RLock
    subscription: str
    seed: int
    known: dict[str, Operation] = field(default_factory=dict)
    busy: dict[str, Operation] = field(default_factory=dict)
    begun: int = 0
    doom: Doom | None = None
    """How the next operation to begin will end, if not by its work."""

    def require_free(self, *keys: str) -> None:
        """Raises 409 Conflict while one of the resources is being changed."""
        if any(key in self.busy for key in keys):
            raise busy()

    def begin(self, order: Order, api_version: str) -> Operation:
        """Accept it. Its end runs on the clock, under the simulator's lock."""
        self.require_free(*order.holds)
        self.begun += 1
        identity = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.seed}/{self.begun}/{order.kind}"))
        family = "DiskOperations" if "virtualMachines" not in order.kind else "operations"
        query = {"p": str(uuid.uuid5(uuid.NAMESPACE_URL, self.subscription)), "api-version": api_version}
        query["t"] = str(int(self.clock.now().timestamp() * 10_000_000) + 621_355_968_000_000_000)
        query.update({name: _letters(f"{self.seed}/{identity}/{name}", size) for name, size in _SIGNATURE.items()})
        operation = Operation(identity, order, family, self.clock.now(), query)
        doom, self.doom = self.doom, None
        self.known[identity] = operation
        self.busy.update(dict.fromkeys(order.holds, operation))
        self.clock.call_after(order.seconds, lambda: self._end(operation, doom), f"{order.kind} {order.target}")
        return operation

    def _end(self, operation: Operation, doom: Doom | None) -> None:
        with self.lock:
            for key in operation.order.holds:
                self.busy.pop(key, None)
            operation.ended = self.clock.now()
            try:
                if doom is not None:
                    operation.canceled = doom.status == "Canceled"
                    raise OperationFailedError(doom.code, doom.message)
                operation.output = operation.order.finish()
            except OperationFailedError as failure:
                operation.error = (failure.code, str(failure).removeprefix(f"{failure.code}: "))
                operation.order.abandon()

    def accepted(self, operation: Operation, call: Call, *, location: bool = True) -> dict[str, str]:
        """The headers of the answer that accepts it."""
        headers = {"Azure-AsyncOperation": self._url(operation, call, monitor=False), **operation.retry_after}
        if operation.family == "operations":
            headers["Azure-AsyncNotification"] = "Enabled"
        if location:
            headers["Location"] = self._url(operation, call, monitor=True)
        return headers

    def look(self, call: Call) -> Reply:
        """GET of a status URL, or of a Location (monitor=true)."""
        operation = self.known.get(call.parts["operation"].lower())
        if operation is None or operation.family.lower() != call.parts["family"].lower():
            raise ArmError(404, "NotFound", "The entity was not found in this Azure location.")
        if any(call.query.get(name) != operation.query[name] for name in ("p", "t", *_SIGNATURE)):
            raise ArmError(403, "AuthorizationFailed", "The signature of the operation's URL does not match.")
        waiting = operation.retry_after if operation.ended is None else {}
        if call.query.get("monitor") != "true":
            return Reply(200, operation.shape(), dict(waiting))
        if operation.ended is None:
            again = {"Location": self._url(operation, call, monitor=True)}
            return Reply(202, None, {**again, **waiting})
        if operation.error is not None:
            raise ArmError(409, *operation.error)
        return Reply(200, operation.output) if operation.output is not None else Reply(204)

    def forget(self) -> None:
        """Drop the records of what has ended: their URLs answer 404 from now on."""
        self.known = {key: operation for key, operation in self.known.items() if operation.ended is None}

    def _url(self, operation: Operation, call: Call, *, monitor: bool) -> str:
        home = f"{call.origin}/subscriptions/{self.subscription}/providers/Microsoft.Compute"
        query = {**operation.query, "monitor": "true"} if monitor else operation.query
        path = f"{home}/locations/{operation.order.location}/{operation.family}/{operation.id}"
        return f"{path}?{urlencode(query)}"


def _letters(text: str, size: int) -> str:
    """`size` characters that follow from the text: what a signature looks like in a URL."""
    blocks = (hashlib.sha256(f"{text}/{n}".encode()).hexdigest() for n in range(size // 64 + 1))
    return "".join(blocks)[:size]
