"""What is asked of the subscription as a whole: operations, sizes, quota, locks, the network, and what there is."""

import re
from collections.abc import Iterator

from sandbox.azure.account import Account
from sandbox.azure.compute.disk import Disk
from sandbox.azure.compute.machine import Machine
from sandbox.azure.compute.machine_create import sizes_in_use
from sandbox.azure.compute.sizes import SIZES, sku_shape, usage_shapes
from sandbox.azure.errors import ArmError, not_found
from sandbox.azure.network import Nic, subnet_shape
from sandbox.azure.wire import Call, Json, Reply

_TAG_FILTER = re.compile(r"tagName eq '([^']*)'(?: and tagValue eq '([^']*)')?", re.IGNORECASE)


class SubscriptionService:
    """Answers for everything that is not one VM, disk or run command."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def operation(self, call: Call) -> Reply:
        return self._account.operations.look(call)

    def skus(self, call: Call) -> Reply:
        """Resource Skus - List. Without the location filter Azure answers with every region: here one is needed."""
        found = re.fullmatch(r"location eq '([^']+)'", call.query.get("$filter", ""))
        if not found:
            raise ArmError(400, "InvalidParameter", "Only the filter location eq '…' is served here.", target="$filter")
        location = found[1].lower()
        restricted = self._account.spec.restricted
        return Reply(200, {"value": [sku_shape(s, location, restricted=s.name in restricted) for s in SIZES.values()]})

    def usages(self, call: Call) -> Reply:
        location = call.parts["location"].lower()
        return Reply(200, {"value": usage_shapes(sizes_in_use(self._account, location), self._account.spec.cores)})

    def locks(self, call: Call) -> Reply:
        """Management Locks - List, at the subscription, a group or a VM."""
        scope = re.sub(r"/providers/Microsoft.Authorization/locks$", "", call.path, flags=re.IGNORECASE)
        return Reply(200, {"value": self._account.locks.seen_from(scope)})

    def subnet(self, call: Call) -> Reply:
        """Only the regions that the world was given have a repair subnet."""
        for region in self._account.spec.regions_with_subnet:
            if self._account.spec.subnet_id(region).lower() == call.path.lower():
                return Reply(200, subnet_shape(self._account.spec.subnet_id(region)))
        raise not_found("Microsoft.Network/virtualNetworks", call.parts["network"], call.parts["group"])

    def nic(self, call: Call) -> Reply:
        nic = self._account.nics.get(call.path.lower())
        if nic is None:
            raise not_found("Microsoft.Network/networkInterfaces", call.parts["nic"], call.parts["group"])
        owner = self._account.owner_of(nic)
        return Reply(200, nic.shape(owner.id if owner else None))

    def nics(self, call: Call) -> Reply:
        shown = [
            nic.shape(owner.id if (owner := self._account.owner_of(nic)) else None)
            for nic in self._account.nics.values()
            if nic.group.lower() == call.parts["group"].lower()
        ]
        return Reply(200, {"value": shown})

    def group(self, call: Call) -> Reply:
        group = call.parts["group"]
        body: Json = {
            "id": self._account.spec.group_id(group),
            "name": group,
            "type": "Microsoft.Resources/resourceGroups",
        }
        return Reply(200, {**body, "location": "westeurope", "properties": {"provisioningState": "Succeeded"}})

    def resources(self, call: Call) -> Reply:
        """Resources - List, by group and by tag. Of the subscription only what the caller may read is shown."""
        group = call.parts.get("group")
        shown = [
            resource
            for owner, resource in self._all()
            if (group is None or owner.lower() == group.lower()) and _matches(resource, call.query.get("$filter", ""))
        ]
        if group is None:
            permits = self._account.assignments.permits
            shown = [resource for resource in shown if permits(f"{resource['type']}/read", resource["id"])]
        return Reply(200, {"value": shown})

    def _all(self) -> Iterator[tuple[str, Json]]:
        account = self._account
        things: list[tuple[Machine | Disk | Nic, str]] = [
            *((machine, "Microsoft.Compute/virtualMachines") for machine in account.machines.values()),
            *((disk, f"Microsoft.Compute/{disk.kind}") for disk in account.disks.values()),
            *((nic, "Microsoft.Network/networkInterfaces") for nic in account.nics.values()),
        ]
        for thing, kind in things:
            body: Json = {"id": thing.id, "name": thing.name, "type": kind, "location": thing.location}
            yield thing.group, {**body, "tags": dict(thing.tags)}


def _matches(resource: Json, wanted: str) -> bool:
    if not wanted:
        return True
    found = _TAG_FILTER.fullmatch(wanted)
    if not found:
        raise ArmError(400, "InvalidFilterInQueryString", f"The filter '{wanted}' is not served here.")
    value = resource["tags"].get(found[1])
    return value is not None and found[2] in (None, value)
