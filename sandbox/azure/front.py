"""The front door of Resource Manager: who calls, what is asked, may it be, is it too much; then the service answers.

The checks come in Azure's order: token, Resource Manager's limits, permission, locks, Compute's limits.
"""

import re
from dataclasses import dataclass, replace

from sandbox.azure.account import Account
from sandbox.azure.errors import ArmError
from sandbox.azure.faults import Faults, doom, strike
from sandbox.azure.identity import Identity
from sandbox.azure.routes import Route
from sandbox.azure.throttling import Throttle
from sandbox.azure.wire import Call, Reply
from sandbox.azure.world import FaultSpec


@dataclass(frozen=True)
class Answer:
    """A reply, and the permission that its request stands for: empty where no route was found."""

    permission: str
    reply: Reply


class Front:
    """Takes calls to Resource Manager one at a time."""

    def __init__(self, account: Account, identity: Identity, faults: Faults, routes: tuple[Route, ...]) -> None:
        self._account = account
        self._identity = identity
        self._faults = faults
        self._routes = routes
        self._throttle = Throttle()

    def answer(self, call: Call) -> Answer:
        """Raises ConnectionDroppedError where the scenario says so; every other fault is a reply."""
        permission, headers = "", dict[str, str]()
        try:
            self._identity.check(call, self._account.now())
            route, call = self._route(call)
            permission = self._permission(route, call)
            headers.update(self._throttle.take_manager(call.method, self._account.now()))
            reply = self._act(route, permission, call, headers)
        except ArmError as fault:
            body = fault.body() if fault.code else None
            return Answer(permission, Reply(fault.status, body, {**headers, **fault.headers}))
        except KeyError as error:
            problem = ArmError(400, "InvalidRequestContent", f"The request content lacks {error}.")
            return Answer(permission, Reply(400, problem.body(), headers))
        return Answer(permission, replace(reply, headers={**headers, **reply.headers}))

    def _act(self, route: Route, permission: str, call: Call, headers: dict[str, str]) -> Reply:
        fault = self._faults.take(permission)
        if fault is not None and not (fault.after_acting or fault.in_operation):
            strike(fault)
        scope = scope_of(call.path)
        self._require_known(call)
        self._account.assignments.require(permission, scope)
        self._account.locks.check(call.method, scope)
        if route.limit is not None:
            headers.update(self._take(route.limit, call))
        return self._carry_out(route, call, fault)

    def _carry_out(self, route: Route, call: Call, fault: FaultSpec | None) -> Reply:
        self._account.operations.doom = doom(fault) if fault is not None and fault.in_operation else None
        try:
            reply = route.handler(call)
        finally:
            self._account.operations.doom = None
        if fault is not None and fault.after_acting:
            strike(fault)
        return reply

    def _route(self, call: Call) -> tuple[Route, Call]:
        found = [(route, match) for route in self._routes if (match := route.pattern.fullmatch(call.path))]
        for route, match in found:
            if route.method == call.method:
                if "api-version" not in call.query:
                    message = "The api-version query parameter (?api-version=) is required for all requests."
                    raise ArmError(400, "MissingApiVersionParameter", message)
                return route, replace(call, parts=match.groupdict())
        if found:
            message = f"The requested resource does not support http method '{call.method}'."
            raise ArmError(405, "UnsupportedHttpMethod", message)
        raise ArmError(404, "InvalidResourceType", f"Nothing is served here under '{call.path}'.")

    @staticmethod
    def _permission(route: Route, call: Call) -> str:
        return route.permission.format(**call.parts) if "{" in route.permission else route.permission

    def _require_known(self, call: Call) -> None:
        if call.parts["subscription"].lower() != self._account.spec.subscription:
            message = f"The subscription '{call.parts['subscription']}' could not be found."
            raise ArmError(404, "SubscriptionNotFound", message)

    def _take(self, limit: str, call: Call) -> dict[str, str]:
        resource, region = self._charged(call)
        if limit == "get_operation" and call.parts["family"].lower() == "diskoperations":
            limit = "get_disk_operation"
        return self._throttle.take_compute(limit, region, resource, self._account.now())

    def _charged(self, call: Call) -> tuple[str, str]:
        """The VM and the region whose buckets a request takes from."""
        operation = self._account.operations.known.get(call.parts.get("operation", "").lower())
        path = operation.order.target if operation else call.path
        found = re.match(r"(.*/virtualMachines/[^/]+)", path, re.IGNORECASE)
        resource = found[1].lower() if found else path.lower()
        holder = self._account.machines.get(resource) or self._account.disks.get(resource)
        return resource, holder.location if holder else "westeurope"


def scope_of(path: str) -> str:
    """What a request is about, as permissions and locks see it: an action's resource, a list's group."""
    if not re.match(r"/subscriptions/[^/]+/resourceGroups/", path, re.IGNORECASE):
        return "/".join(path.split("/")[:3])
    found = re.fullmatch(r"(.+)/providers/(.+)", path, re.IGNORECASE)
    if found is None:
        return "/".join(path.split("/")[:5])
    provider, *rest = found[2].split("/")
    whole = rest[: len(rest) // 2 * 2]
    return "/".join([found[1], "providers", provider, *whole]) if whole else found[1]
