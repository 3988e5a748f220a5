"""Faults on request: what the simulated Azure answers instead, a number of times."""

from dataclasses import dataclass

from sandbox.azure.errors import ArmError, ConnectionDroppedError
from sandbox.azure.operations import Doom
from sandbox.azure.world import FaultSpec

_CODES = {
    400: "InvalidParameter",
    401: "ExpiredAuthenticationToken",
    403: "AuthorizationFailed",
    404: "ResourceNotFound",
    408: "RequestTimeout",
    409: "Conflict",
    412: "PreconditionFailed",
    429: "OperationNotAllowed",
    500: "InternalServerError",
    502: "BadGateway",
    504: "GatewayTimeout",
}


@dataclass
class _Pending:
    spec: FaultSpec
    left: int
    first: int
    """How many requests are answered well before it strikes."""


class Faults:
    """Hands out each fault as often as it was asked for, in the order given."""

    def __init__(self, specs: tuple[FaultSpec, ...]) -> None:
        self._pending = [_Pending(spec, spec.times, spec.after) for spec in specs]

    def add(self, spec: FaultSpec) -> None:
        self._pending.append(_Pending(spec, spec.times, spec.after))

    def take(self, permission: str) -> FaultSpec | None:
        """The fault that this request meets, counted."""
        for pending in self._pending:
            if not pending.left or pending.spec.operation.lower() != permission.lower():
                continue
            if pending.first:
                pending.first -= 1
                continue
            pending.left -= 1
            return pending.spec
        return None


def strike(fault: FaultSpec) -> None:
    """Raises what the caller gets to see."""
    if fault.drop_connection or fault.status is None:
        raise ConnectionDroppedError
    code = fault.code or _CODES.get(fault.status, "")
    message = fault.message or "This answer was ordered by the scenario."
    details = [{"code": "TooManyRequests", "target": "Scenario", "message": "{}"}] if fault.status == 429 else None
    headers = _wait(fault.retry_after)
    raise ArmError(fault.status, code, message, headers=headers, details=details, flat=fault.status == 429)


def doom(fault: FaultSpec) -> Doom:
    """How an accepted operation will end."""
    if fault.canceled:
        return Doom(
            "Canceled", fault.code or "OperationPreempted", fault.message or "Operation execution was preempted."
        )
    return Doom(
        "Failed", fault.code or "InternalExecutionError", fault.message or "An internal execution error occurred."
    )


def _wait(seconds: float | None) -> dict[str, str]:
    """Whole seconds go into Retry-After; a fraction only x-ms-retry-after-ms can tell."""
    if seconds is None:
        return {}
    return (
        {"Retry-After": str(int(seconds))}
        if seconds == int(seconds)
        else {"x-ms-retry-after-ms": str(int(seconds * 1000))}
    )
