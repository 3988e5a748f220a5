"""Which path answers what: the permission that a request needs, and the limit that it counts against."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from sandbox.azure.compute.disk import Kind
from sandbox.azure.compute.disks import DiskService
from sandbox.azure.compute.machines import MachineService
from sandbox.azure.compute.run_commands import RunCommandService
from sandbox.azure.recovery import RecoveryService
from sandbox.azure.subscription import SubscriptionService
from sandbox.azure.wire import Call, Reply

type Handler = Callable[[Call], Reply]

_SUBSCRIPTION = "/subscriptions/{subscription}"
_GROUP = f"{_SUBSCRIPTION}/resourceGroups/{{group}}"
_COMPUTE = "/providers/Microsoft.Compute"
_VM = f"{_GROUP}{_COMPUTE}/virtualMachines/{{vm}}"
_COMMANDS = f"{_VM}/runCommands"
_LOCKS = "/providers/Microsoft.Authorization/locks"


@dataclass(frozen=True)
class Route:
    """One method on one path. `limit` names a bucket of Compute's; None: another provider's request."""

    method: str
    template: str
    permission: str
    handler: Handler
    limit: str | None = None
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.template))
        object.__setattr__(self, "pattern", re.compile(pattern, re.IGNORECASE))


def routes(
    machines: MachineService,
    commands: RunCommandService,
    disks: DiskService,
    subscription: SubscriptionService,
    recovery: RecoveryService,
) -> tuple[Route, ...]:
    """Every route of Resource Manager that is served."""
    return (
        *_machines(machines),
        *_commands(commands),
        *_disks(disks),
        *_subscription(subscription),
        *_network(subscription),
        *_recovery(recovery),
    )


def _machines(service: MachineService) -> tuple[Route, ...]:
    vm = "Microsoft.Compute/virtualMachines"
    return (
        Route("GET", _VM, f"{vm}/read", service.get, "get_vm"),
        Route("PUT", _VM, f"{vm}/write", service.put, "put_vm"),
        Route("PATCH", _VM, f"{vm}/write", service.patch, "update_vm"),
        Route("DELETE", _VM, f"{vm}/delete", service.delete, "delete_vm"),
        Route("GET", f"{_VM}/instanceView", f"{vm}/instanceView/read", service.instance_view, "get_vm"),
        Route("POST", f"{_VM}/deallocate", f"{vm}/deallocate/action", service.deallocate, "delete_vm"),
        Route("POST", f"{_VM}/start", f"{vm}/start/action", service.start, "update_vm"),
        Route("POST", f"{_VM}/powerOff", f"{vm}/powerOff/action", service.power_off, "update_vm"),
        Route(
            "POST",
            f"{_VM}/attachDetachDataDisks",
            f"{vm}/attachDetachDataDisks/action",
            service.attach_detach,
            "update_vm",
        ),
        Route(
            "POST",
            f"{_VM}/retrieveBootDiagnosticsData",
            f"{vm}/retrieveBootDiagnosticsData/action",
            service.boot_diagnostics,
            "get_vm",
        ),
        Route("GET", f"{_GROUP}{_COMPUTE}/virtualMachines", f"{vm}/read", service.list, "list_vms"),
        Route("GET", f"{_SUBSCRIPTION}{_COMPUTE}/virtualMachines", f"{vm}/read", service.list, "list_vms"),
    )


def _commands(service: RunCommandService) -> tuple[Route, ...]:
    permission = "Microsoft.Compute/virtualMachines/runCommands"
    one = f"{_COMMANDS}/{{command}}"
    return (
        Route("PUT", one, f"{permission}/write", service.put, "update_vm"),
        Route("GET", one, f"{permission}/read", service.get, "get_vm"),
        Route("DELETE", one, f"{permission}/delete", service.delete, "update_vm"),
        Route("GET", _COMMANDS, f"{permission}/read", service.list, "get_vm"),
    )


def _disks(service: DiskService) -> tuple[Route, ...]:
    return (
        *_kind_of_disk(service, "disks", "put_disk"),
        *_kind_of_disk(service, "snapshots", "put_snapshot"),
    )


def _kind_of_disk(service: DiskService, kind: Kind, put_limit: str) -> tuple[Route, ...]:
    permission = f"Microsoft.Compute/{kind}"
    one = f"{_GROUP}{_COMPUTE}/{kind}/{{disk}}"
    return (
        Route("PUT", one, f"{permission}/write", partial(service.put, kind), put_limit),
        Route("GET", one, f"{permission}/read", partial(service.get, kind), "get_disk"),
        Route("PATCH", one, f"{permission}/write", partial(service.patch, kind), "put_disk"),
        Route("DELETE", one, f"{permission}/delete", partial(service.delete, kind), "delete_disk"),
        Route("GET", f"{_GROUP}{_COMPUTE}/{kind}", f"{permission}/read", partial(service.list, kind), "get_disk"),
        Route(
            "GET", f"{_SUBSCRIPTION}{_COMPUTE}/{kind}", f"{permission}/read", partial(service.list, kind), "get_disk"
        ),
    )


def _subscription(service: SubscriptionService) -> tuple[Route, ...]:
    location = f"{_SUBSCRIPTION}{_COMPUTE}/locations/{{location}}"
    status = f"{location}/{{family}}/{{operation}}"
    locks, group = "Microsoft.Authorization/locks/read", "Microsoft.Resources/subscriptions/resourceGroups/read"
    usages, skus = "Microsoft.Compute/locations/usages/read", "Microsoft.Compute/skus/read"
    return (
        Route("GET", status, "Microsoft.Compute/locations/{family}/read", service.operation, "get_operation"),
        Route("GET", f"{location}/usages", usages, service.usages, "subscription_info"),
        Route("GET", f"{_SUBSCRIPTION}{_COMPUTE}/skus", skus, service.skus, "subscription_info"),
        *(Route("GET", f"{scope}{_LOCKS}", locks, service.locks) for scope in (_SUBSCRIPTION, _GROUP, _VM)),
        Route("GET", _GROUP, group, service.group),
        Route("GET", f"{_GROUP}/resources", group, service.resources),
        Route("GET", f"{_SUBSCRIPTION}/resources", group, service.resources),
    )


def _recovery(service: RecoveryService) -> tuple[Route, ...]:
    provider = "Microsoft.RecoveryServices/vaults"
    vault = f"{_GROUP}/providers/{provider}/{{vault}}"
    items = f"{provider}/backupFabrics/protectionContainers/protectedItems"
    item = f"{vault}/backupFabrics/Azure/protectionContainers/{{container}}/protectedItems/{{item}}"
    points = f"{items}/recoveryPoints"
    return (
        Route("GET", f"{vault}/backupProtectedItems", f"{provider}/backupProtectedItems/read", service.items),
        Route("GET", f"{item}/recoveryPoints", f"{points}/read", service.points),
        Route("POST", f"{item}/recoveryPoints/{{point}}/restore", f"{points}/restore/action", service.restore),
        Route("GET", f"{item}/operationsStatus/{{operation}}", f"{items}/operationsStatus/read", service.operation),
        Route("GET", f"{vault}/backupJobs", f"{provider}/backupJobs/read", service.jobs),
        Route("GET", f"{vault}/backupJobs/{{job}}", f"{provider}/backupJobs/read", service.job),
    )


def _network(service: SubscriptionService) -> tuple[Route, ...]:
    nics, provider = f"{_GROUP}/providers/Microsoft.Network/networkInterfaces", "Microsoft.Network"
    subnet = f"{_GROUP}/providers/Microsoft.Network/virtualNetworks/{{network}}/subnets/{{subnet}}"
    return (
        Route("GET", subnet, f"{provider}/virtualNetworks/subnets/read", service.subnet),
        Route("GET", f"{nics}/{{nic}}", f"{provider}/networkInterfaces/read", service.nic),
        Route("GET", nics, f"{provider}/networkInterfaces/read", service.nics),
    )
