"""What the simulated Azure refuses, in Azure's words: status, code, and the body's two shapes."""

from typing import Any

CONCURRENT = (
    "The request failed due to conflict with a concurrent request. To resolve it, please refer to "
    "https://aka.ms/activitylog to get more details on the conflicting requests."
)


class ArmError(Exception):
    """A request is answered with an error. `flat`: without the outer `error`, as Compute answers 429."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: dict[str, str] | None = None,
        details: list[dict[str, Any]] | None = None,
        target: str | None = None,
        flat: bool = False,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}
        self._details = details
        self._target = target
        self._flat = flat

    def body(self) -> dict[str, Any]:
        """The answer's body."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self._target is not None:
            error["target"] = self._target
        if self._details is not None:
            error["details"] = self._details
        return error if self._flat else {"error": error}


class OperationFailedError(Exception):
    """An accepted operation ends Failed with this code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class ConnectionDroppedError(Exception):
    """The connection is closed without an answer."""


def not_found(resource_type: str, name: str, group: str) -> ArmError:
    """404 for a resource that is not there."""
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{resource_type}/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def invalid(target: str, message: str) -> ArmError:
    """400 for a parameter that cannot be."""
    return ArmError(400, "InvalidParameter", message, target=target)


def not_allowed(message: str) -> ArmError:
    """409 for something that the resource's state forbids."""
    return ArmError(409, "OperationNotAllowed", message)


def busy() -> ArmError:
    """409 while another operation holds the resource."""
    return ArmError(409, "Conflict", CONCURRENT)


def unchangeable(name: str) -> ArmError:
    """409 for a property that a PUT may not change."""
    return ArmError(409, "PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed.", target=name)


def precondition_failed() -> ArmError:
    """412 when the ETag does not match."""
    return ArmError(
        412,
        "PreconditionFailed",
        "The condition specified using HTTP conditional header(s) is not met: the resource was changed since it was read.",
    )
