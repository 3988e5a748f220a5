"""What is asked of Azure: one method a question, each of them one request (or one a page), nothing changed by any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bootmend.arm import blobs, wire
from bootmend.arm.connection import Answer, Connection
from bootmend.arm.decode import (
    Json,
    disk_facts,
    document,
    lock_facts,
    parse,
    quota_facts,
    run_command_look,
    size_facts,
    vm_facts,
)
from bootmend.arm.errors import ArmError, NotFound, Rejected, error_from
from bootmend.arm.operations import is_on, look_at_location, look_at_resource, look_at_status
from bootmend.arm.records import Blob, BootDiagnostics, Ours
from bootmend.models.azure import (
    DiskFacts,
    LockFacts,
    Operation,
    OperationLook,
    QuotaFacts,
    RunCommandLook,
    SizeFacts,
    VmFacts,
)
from bootmend.names import REPAIR_TAG, ROLE_TAG, SOURCE_TAG, ResourceId

if TYPE_CHECKING:
    from collections.abc import AsyncIterable

    from azure.mgmt.compute import models
    from azure.mgmt.compute.aio import ComputeManagementClient

_LOCKS_VERSION = "2020-05-01"
_NETWORK_VERSION = "2024-05-01"
_SAS_MINUTES = 30
_ABOUT_BOOT_DIAGNOSTICS = re.compile(r"boot\s*-?diagnostics?", re.IGNORECASE)


VM = "Microsoft.Compute/virtualMachines"
DISK = "Microsoft.Compute/disks"
SNAPSHOT = "Microsoft.Compute/snapshots"
SUBNET = "Microsoft.Network/virtualNetworks/subnets"
_SCOPE = re.compile(
    r"/subscriptions/(?P<subscription>[0-9a-f-]{36})(?:/resourceGroups/(?P<group>[\w.()-]{1,90}))?/?",
    re.IGNORECASE | re.ASCII,
)


class Reads(Connection):
    """Ids are full resource ids; a text that is none raises ValueError. All else that fails raises `ArmError`."""

    async def get_vm(self, vm_id: str) -> VmFacts:
        """The VM with its instance view, in one request."""
        vm, etag = await self.vm_model(self.resource(vm_id, VM))
        return vm_facts(vm.as_dict(), etag)

    async def vm_model(self, vm: ResourceId) -> tuple[models.VirtualMachine, str | None]:
        """The SDK's own model of the VM, whole, so that it can be put back changed; and its ETag."""
        etags: list[str | None] = []

        def keep(response: Any) -> None:
            etags.append(response.http_response.headers.get("ETag"))

        model = await self.ask(
            lambda client: client.virtual_machines.get(vm.group, vm.name, expand="instanceView", raw_response_hook=keep)
        )
        return model, model.etag or next(iter(etags), None)

    async def get_disk(self, disk_id: str) -> DiskFacts:
        disk = self.resource(disk_id, DISK)
        return disk_facts((await self.ask(lambda client: client.disks.get(disk.group, disk.name))).as_dict())

    async def list_locks(self, vm_id: str) -> tuple[LockFacts, ...]:
        """The locks in the VM's resource group, on the group itself or on anything in it."""
        group = self.resource(vm_id, VM).group_id
        path = f"{group}/providers/Microsoft.Authorization/locks?api-version={_LOCKS_VERSION}"
        url: str | None = self.endpoint + path
        locks: list[LockFacts] = []
        while url:
            page = parse(wire.Page, document(_good(await self.get(url)).body))
            locks += [lock_facts(lock) for lock in page.value]
            url = page.next_link
        return tuple(locks)

    async def list_sizes(self, location: str, zone: str | None, names: tuple[str, ...]) -> tuple[SizeFacts, ...]:
        """The named VM sizes as the region, and the zone if one is given, has them. Sizes unknown there are left out."""
        wanted = {name.lower() for name in names}
        skus = await self.ask_all(lambda client: client.resource_skus.list(filter=f"location eq '{location}'"))
        sizes = (sku for sku in skus if sku.resource_type == "virtualMachines" and (sku.name or "").lower() in wanted)
        return tuple(size_facts(sku.as_dict(), location, zone) for sku in sizes)

    async def get_quota(self, location: str) -> QuotaFacts:
        usages = await self.ask_all(lambda client: client.usage.list(location))
        return quota_facts(usage.as_dict() for usage in usages)

    async def subnet_exists(self, subnet_id: str) -> bool:
        subnet = self.resource(subnet_id, SUBNET)
        answer = await self.get(f"{self.endpoint}{subnet}?api-version={_NETWORK_VERSION}")
        if answer.status == 404:
            return False
        _good(answer)
        return True

    async def boot_diagnostics(self, vm_id: str) -> BootDiagnostics | None:
        """Links to screenshot and serial log, valid for 30 minutes; None if boot diagnostics are off.

        Azure documents no code for "off", so a refusal that speaks of boot diagnostics is taken for it.
        """
        vm = self.resource(vm_id, VM)
        try:
            links = await self.ask(
                lambda client: client.virtual_machines.retrieve_boot_diagnostics_data(
                    vm.group, vm.name, sas_uri_expiration_time_in_minutes=_SAS_MINUTES
                )
            )
        except ArmError as error:
            if error.status in (400, 404, 409) and _ABOUT_BOOT_DIAGNOSTICS.search(f"{error.code} {error.message}"):
                return None
            raise
        screenshot, serial_log = links.console_screenshot_blob_uri, links.serial_console_log_blob_uri
        return BootDiagnostics(screenshot or None, serial_log or None) if screenshot or serial_log else None

    async def fetch_blob(self, url: str, max_bytes: int, start: int = 0) -> Blob | None:
        """A part of a boot diagnostics blob; see `blobs.fetch_blob`."""
        return await blobs.fetch_blob(url, self.endpoint, max_bytes, start)

    async def get_run_command(self, vm_id: str, name: str) -> RunCommandLook | None:
        """The run command's instance view; None if the VM has no command of that name. A missing VM raises `NotFound`."""
        vm = self.resource(vm_id, VM)
        model = await self.run_command_model(vm, name)
        return run_command_look(model.as_dict()) if model else None

    async def run_command_model(self, vm: ResourceId, name: str) -> models.VirtualMachineRunCommand | None:
        try:
            return await self.ask(
                lambda client: client.virtual_machine_run_commands.get_by_virtual_machine(
                    vm.group, vm.name, name, expand="instanceView"
                )
            )
        except NotFound as error:
            if error.code == "ParentResourceNotFound":
                raise
            return None

    async def look(self, operation: Operation) -> OperationLook:
        """How far an operation is: one request, or two where its URL is gone and the resource itself has to tell."""
        if operation.done:
            return OperationLook(state="succeeded")
        if operation.status_url is not None:
            answer = await self._poll(operation.status_url)
            if answer.status not in (404, 410):
                return look_at_status(answer.headers, _good(answer).body)
        elif operation.location is not None:
            answer = await self._poll(operation.location)
            if answer.status not in (404, 410):
                return look_at_location(answer.status, answer.headers, answer.body)
        return await self._look_at_resource(operation)

    async def list_ours(self, scope: str, repair_id: str | None = None) -> tuple[Ours, ...]:
        """What bears our tag, with `repair_id` that repair's: VMs, disks and snapshots.

        `scope`: a resource group's id, or `/subscriptions/<guid>` for all of them.
        """
        found = _SCOPE.fullmatch(scope)
        if found is None or found["subscription"].lower() != self.subscription:
            raise Rejected(f"{scope} is not in subscription {self.subscription}", "InvalidScope")

        async def gather(client: ComputeManagementClient) -> list[Json]:
            return [item.as_dict() for listing in _listings(client, found["group"]) async for item in listing]

        bearing = (_ours(parse(wire.Tagged, item)) for item in await self.ask(gather))
        return tuple(ours for ours in bearing if ours is not None and repair_id in (None, ours.repair_id))

    async def _poll(self, url: str) -> Answer:
        if not is_on(self.endpoint, url):
            raise Rejected("the operation's URL is not on Azure Resource Manager's host", "ForeignUrl")
        return await self.get(url)

    async def _look_at_resource(self, operation: Operation) -> OperationLook:
        """A VM is read with its instance view, which tells its power and why it failed."""
        is_vm = ResourceId.parse(operation.resource_id).type == "virtualMachines"
        url = operation.resource_url + ("&$expand=instanceView" if is_vm else "")
        answer = await self._poll(url)
        if answer.status != 404:
            _good(answer)
        return look_at_resource(operation, answer.status, answer.headers, answer.body)


def _good(answer: Answer) -> Answer:
    if answer.status >= 300:
        raise error_from(answer.status, answer.body, answer.headers)
    return answer


def _listings(client: ComputeManagementClient, group: str | None) -> tuple[AsyncIterable[Any], ...]:
    if group is None:
        return client.virtual_machines.list_all(), client.disks.list(), client.snapshots.list()
    return (
        client.virtual_machines.list(group),
        client.disks.list_by_resource_group(group),
        client.snapshots.list_by_resource_group(group),
    )


def _ours(resource: wire.Tagged) -> Ours | None:
    tags = {name.lower(): value for name, value in (resource.tags or {}).items()}
    if REPAIR_TAG not in tags:
        return None
    return Ours(
        resource_id=resource.id,
        repair_id=tags[REPAIR_TAG],
        role=tags.get(ROLE_TAG, ""),
        source_vm_id=tags.get(SOURCE_TAG, ""),
        attached_to=resource.managed_by or None,
    )
