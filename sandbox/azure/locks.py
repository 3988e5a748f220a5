"""Management locks (Azure Resource Manager, Lock your resources): ReadOnly blocks writes and POST actions, CanNotDelete deletes."""

from dataclasses import dataclass
from typing import Literal

from sandbox.azure.errors import ArmError
from sandbox.azure.wire import Json

Level = Literal["ReadOnly", "CanNotDelete"]


@dataclass(frozen=True)
class Lock:
    """A lock at `scope`, the id of a resource group or of a resource."""

    level: Level
    name: str
    scope: str

    def shape(self) -> Json:
        """Management Locks - List."""
        return {
            "name": self.name,
            "id": f"{self.scope}/providers/Microsoft.Authorization/locks/{self.name}",
            "type": "Microsoft.Authorization/locks",
            "properties": {"level": self.level},
        }


class Locks:
    """Every lock of the subscription."""

    def __init__(self) -> None:
        self._locks: list[Lock] = []

    def add(self, level: Level, scope: str) -> None:
        """Put a lock on a scope."""
        self._locks.append(Lock(level, f"lock-{len(self._locks) + 1}", scope))

    def remove(self, scope: str) -> None:
        """Take every lock off a scope."""
        self._locks = [lock for lock in self._locks if lock.scope.lower() != scope.lower()]

    def check(self, method: str, target: str) -> None:
        """Raises 409 ScopeLocked if a lock at the target or above forbids the method."""
        if method == "GET":
            return
        doing = "delete" if method == "DELETE" else "write"
        levels = ("ReadOnly", "CanNotDelete") if doing == "delete" else ("ReadOnly",)
        for lock in self._locks:
            if lock.level in levels and within(target, lock.scope):
                raise ArmError(
                    409,
                    "ScopeLocked",
                    f"The scope '{target}' cannot perform {doing} operation because following scope(s) are locked: "
                    f"'{lock.scope}'. Please remove the lock and try again.",
                )

    def seen_from(self, scope: str) -> list[Json]:
        """What a list at this scope shows: the locks on it, above it and below it."""
        return [lock.shape() for lock in self._locks if within(lock.scope, scope) or within(scope, lock.scope)]


def within(inner: str, outer: str) -> bool:
    """Whether a scope is another or lies below it."""
    return inner.lower() == outer.lower() or inner.lower().startswith(outer.lower().rstrip("/") + "/")
