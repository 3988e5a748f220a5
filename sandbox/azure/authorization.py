"""Who may do what: the role definitions that are deployed, assigned at the scopes that the deployment assigns them.

A call is authorized as Azure does it (Azure RBAC): some role assigned at the scope or above must name the action, and
not take it away again under NotActions.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from sandbox.azure.errors import ArmError

ROLES = Path(__file__).resolve().parents[2] / "infra" / "roles"
CLIENT_ID = "00000000-0000-0000-0000-0000000000c1"
OBJECT_ID = "00000000-0000-0000-0000-0000000000b1"


@dataclass(frozen=True)
class Role:
    """A role definition: Azure's custom-role JSON."""

    file: str
    name: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    data_actions: tuple[str, ...] = ()

    def allows(self, action: str, *, is_data: bool = False) -> bool:
        """Whether the role grants the action; `*` stands for anything, and case does not matter. Data has actions of its own."""
        if is_data:
            return _any_matches(self.data_actions, action)
        return _any_matches(self.actions, action) and not _any_matches(self.not_actions, action)


@dataclass(frozen=True)
class Grant:
    """An action that was used, and the role that allowed it."""

    action: str
    role: str
    scope: str


def load_roles(folder: Path = ROLES) -> dict[str, Role]:
    """Every role definition in the folder, by file name without .json."""
    roles = {}
    for path in sorted(folder.glob("*.json")):
        body = json.loads(path.read_text(encoding="utf-8"))
        roles[path.stem] = Role(path.stem, body["Name"], tuple(body["Actions"]), tuple(body["NotActions"]))
    return roles


class Assignments:
    """The roles of the app's identity, each at its scopes. `used` records what was asked for and granted."""

    def __init__(self, roles: dict[str, Role]) -> None:
        self._roles = roles
        self._assigned: list[tuple[Role, str]] = []
        self.used: set[Grant] = set()

    def assign(self, role: str, scope: str) -> None:
        """Assign a role at a scope. KeyError when there is no such definition."""
        pair = (self._roles[role], scope.lower())
        if pair not in self._assigned:
            self._assigned.append(pair)

    def permits(self, action: str, scope: str, *, is_data: bool = False) -> bool:
        """Whether the identity may do this there; recorded if so."""
        for role, assigned in self._assigned:
            if _covers(assigned, scope) and role.allows(action, is_data=is_data):
                self.used.add(Grant(action, role.file, assigned))
                return True
        return False

    def require(self, action: str, scope: str) -> None:
        """Raises 403 AuthorizationFailed that names the action and the scope."""
        if not self.permits(action, scope):
            raise ArmError(
                403,
                "AuthorizationFailed",
                f"The client '{CLIENT_ID}' with object id '{OBJECT_ID}' does not have authorization to perform action "
                f"'{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please "
                "refresh your credentials.",
            )

    def require_linked(self, action: str, linked: str, *, while_doing: str, on: str) -> None:
        """Raises 403 LinkedAuthorizationFailed: a request that names another resource needs a right on that one too."""
        if not self.permits(action, linked):
            raise ArmError(
                403,
                "LinkedAuthorizationFailed",
                f"The client '{CLIENT_ID}' with object id '{OBJECT_ID}' has permission to perform action '{while_doing}' "
                f"on scope '{on}'; however, it does not have permission to perform action '{action}' on the linked "
                f"scope(s) '{linked}' or the linked scope(s) are invalid.",
            )


def _covers(assigned: str, scope: str) -> bool:
    return scope.lower() == assigned or scope.lower().startswith(assigned.rstrip("/") + "/")


def _any_matches(patterns: tuple[str, ...], action: str) -> bool:
    return any(
        re.fullmatch(".*".join(re.escape(piece) for piece in pattern.split("*")), action, re.IGNORECASE)
        for pattern in patterns
    )
