"""The faults of Azure that a run must bear, each with the requests that it can hit and the outcomes that are honest after it."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.azure import FaultSpec

FOR_EVER = 10_000
OPERATIONS = ("Microsoft.Compute/locations/operations/read", "Microsoft.Compute/locations/diskOperations/read")
VM_WRITE = "Microsoft.Compute/virtualMachines/write"
START = "Microsoft.Compute/virtualMachines/start/action"
READING_POST = "Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action"

AS_NORMAL_OR_UNDONE = frozenset({"repaired", "escalated", "refused", "rolled_back", "failed"})
"""A fault that stays ends honestly anywhere here: at a clean-up even `repaired`, with leftovers. The invariants judge the rest."""
UNDONE = frozenset({"rolled_back"})


@dataclass(frozen=True)
class Use:
    """How a base uses one operation: its method, and how often it asks for it."""

    operation: str
    method: str
    calls: int

    @property
    def writes(self) -> bool:
        return self.method != "GET" and self.operation != READING_POST


@dataclass(frozen=True)
class Kind:
    """`passing`: gone after a while. `hits`: which uses it can strike; `first_only`: only at the operation's first call."""

    make: Callable[[str, int], FaultSpec]
    hits: Callable[[Use], bool]
    passing: bool
    outcomes: frozenset[str] = AS_NORMAL_OR_UNDONE
    first_only: bool = False


def _any(use: Use) -> bool:
    return use.calls > 0


def _writes(use: Use) -> bool:
    return use.writes


def _operations(use: Use) -> bool:
    return use.operation in OPERATIONS


def _only(operation: str) -> Callable[[Use], bool]:
    return lambda use: use.operation == operation


def _status(status: int, times: int, code: str | None = None, **more: object) -> Callable[[str, int], FaultSpec]:
    message = str(more.get("message") or "") or None
    wait = more.get("retry_after")
    return lambda operation, after: FaultSpec(
        operation=operation,
        after=after,
        status=status,
        times=times,
        code=code,
        message=message,
        retry_after=float(str(wait)) if wait is not None else None,
        after_acting=bool(more.get("after_acting")),
    )


def _reset(times: int, *, after_acting: bool = False) -> Callable[[str, int], FaultSpec]:
    return lambda operation, after: FaultSpec(
        operation=operation, after=after, drop_connection=True, times=times, after_acting=after_acting
    )


def _ends(code: str, times: int = 1, *, canceled: bool = False) -> Callable[[str, int], FaultSpec]:
    return lambda operation, after: FaultSpec(
        operation=operation, after=after, in_operation=True, canceled=canceled, code=code, times=times
    )


_QUOTA = "Operation could not be completed as it results in exceeding approved Total Regional Cores quota."

KINDS: dict[str, Kind] = {
    "429 with Retry-After": Kind(_status(429, 2, retry_after=7), _any, passing=True),
    "409 Conflict": Kind(_status(409, 2, "Conflict"), _writes, passing=True),
    "500": Kind(_status(500, 4), _any, passing=True),
    "503": Kind(_status(503, 4), _any, passing=True),
    "connection reset": Kind(_reset(3), _any, passing=True),
    "expired token": Kind(_status(401, 1), _any, passing=True),
    "time-out after acting": Kind(_status(504, 1, after_acting=True), _writes, passing=True),
    "reset after acting": Kind(_reset(1, after_acting=True), _writes, passing=True),
    "operation URL gone once": Kind(_status(404, 1, "NotFound"), _operations, passing=True),
    "operation URLs gone": Kind(_status(404, FOR_EVER, "NotFound"), _operations, passing=True, first_only=True),
    "SkuNotAvailable in one size": Kind(
        _status(409, 1, "SkuNotAvailable"), _only(VM_WRITE), passing=True, first_only=True
    ),
    "AllocationFailed in one size": Kind(_ends("AllocationFailed"), _only(VM_WRITE), passing=True, first_only=True),
    "operation ends Failed": Kind(_ends("InternalExecutionError"), _writes, passing=False),
    "operation ends Canceled": Kind(_ends("OperationPreempted", canceled=True), _writes, passing=False),
    "403 for ever": Kind(_status(403, FOR_EVER), _any, passing=False),
    "500 for ever": Kind(_status(500, FOR_EVER), _any, passing=False),
    "policy denial": Kind(_status(403, FOR_EVER, "RequestDisallowedByPolicy"), _writes, passing=False),
    "SkuNotAvailable in every size": Kind(
        _status(409, 6, "SkuNotAvailable"), _only(VM_WRITE), passing=False, outcomes=UNDONE, first_only=True
    ),
    "quota": Kind(
        _status(409, 6, "OperationNotAllowed", message=_QUOTA),
        _only(VM_WRITE),
        passing=False,
        outcomes=UNDONE,
        first_only=True,
    ),
    "subnet gone": Kind(
        _status(400, 1, "InvalidResourceReference"), _only(VM_WRITE), passing=False, outcomes=UNDONE, first_only=True
    ),
    "OS provisioning timed out": Kind(
        _ends("OSProvisioningTimedOut"), _only(VM_WRITE), passing=False, outcomes=UNDONE, first_only=True
    ),
    "AllocationFailed at the source's start": Kind(
        _ends("AllocationFailed"), _only(START), passing=False, outcomes=frozenset({"rolled_back", "escalated"})
    ),
    "AllocationFailed at every start of the source": Kind(
        _ends("AllocationFailed", FOR_EVER), _only(START), passing=False, outcomes=frozenset({"failed", "escalated"})
    ),
}
