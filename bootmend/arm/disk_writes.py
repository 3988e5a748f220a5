"""Begins what makes and removes disks and snapshots, and removes the repair VM. Nothing here waits.

Safe to begin twice: what exists and is ours is not written again, what is gone counts as removed, and what is not ours is
not touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootmend.arm import wire
from bootmend.arm.connection import Connection
from bootmend.arm.decode import parse
from bootmend.arm.errors import NotFound, NotOurs, Rejected
from bootmend.arm.operations import existing, finished
from bootmend.arm.reads import DISK, SNAPSHOT, VM
from bootmend.arm.records import CopyOrder, SnapshotOrder
from bootmend.models.azure import Operation
from bootmend.names import TAG_PREFIX, ResourceId, is_ours, repair_of

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from azure.mgmt.compute import models
    from azure.mgmt.compute.aio import ComputeManagementClient

    from bootmend.arm.pipeline import Begun


class DiskWrites(Connection):
    async def begin_snapshot(self, order: SnapshotOrder) -> Operation:
        """A full snapshot of the source disk."""
        snapshot, write = self.resource(order.id, SNAPSHOT), f"{SNAPSHOT}/write"
        if made := await self.made_before(write, snapshot, order.tags):
            return made
        from bootmend.arm import bodies

        body = bodies.snapshot(order)
        return await self.begin(
            write,
            snapshot,
            lambda client, begun: client.snapshots.begin_create_or_update(
                snapshot.group, snapshot.name, body, polling=begun
            ),
        )

    async def begin_copy(self, order: CopyOrder) -> Operation:
        """A disk from the snapshot."""
        disk, write = self.resource(order.id, DISK), f"{DISK}/write"
        if made := await self.made_before(write, disk, order.tags):
            return made
        from bootmend.arm import bodies

        body = bodies.copied_disk(order)
        return await self.begin(
            write,
            disk,
            lambda client, begun: client.disks.begin_create_or_update(disk.group, disk.name, body, polling=begun),
        )

    async def begin_delete(self, resource_id: str, repair_id: str) -> Operation:
        """Deletes a VM, disk or snapshot that this repair made.

        Raises `NotOurs` if it lacks our tag or bears another repair's, and `Rejected` for a disk that is still attached.
        """
        resource = _deletable(self, resource_id)
        name = f"{resource.full_type}/delete"
        found = await self.tagged(resource)
        if found is None:
            return finished(name, self.endpoint, resource, "DELETE")
        refuse_others(found, repair_id)
        holders = [holder for holder in (found.managed_by, *(found.managed_by_extended or ())) if holder]
        if resource.full_type == DISK and holders:
            raise Rejected(f"{resource.name} is still attached to {holders[0]}", "StillAttached")
        try:
            return await self.begin(name, resource, lambda client, begun: _delete(client, resource, begun))
        except NotFound:
            return finished(name, self.endpoint, resource, "DELETE")

    async def begin_untag_disk(self, disk_id: str, repair_id: str) -> Operation:
        """Takes our tags off a disk that this repair made and that now lives on; other tags stay.

        Raises `NotFound` if the disk is gone, `NotOurs` if another repair's tag is on it.
        """
        disk, write = self.resource(disk_id, DISK), f"{DISK}/write"
        found = await self.tagged(disk)
        if found is None:
            raise NotFound(f"{disk} is gone", "ResourceNotFound", 404)
        tags = found.tags or {}
        kept = {name: value for name, value in tags.items() if not name.lower().startswith(TAG_PREFIX)}
        if kept == tags:
            return finished(write, self.endpoint, disk, "PATCH")
        refuse_others(found, repair_id)
        from azure.mgmt.compute import models

        update = models.DiskUpdate(tags=kept)
        return await self.begin(
            write, disk, lambda client, begun: client.disks.begin_update(disk.group, disk.name, update, polling=begun)
        )

    async def made_before(self, name: str, resource: ResourceId, tags: dict[str, str]) -> Operation | None:
        """The operation that made the resource, if an earlier call began it; None if nothing is there.

        Raises `NotOurs` if something is there that this repair did not make.
        """
        repair_id = repair_of(tags)
        if repair_id is None:
            raise NotOurs(f"{resource} was ordered without our tag: it could never be removed", "NoTag")
        found = await self.tagged(resource)
        if found is None:
            return None
        refuse_others(found, repair_id)
        state = found.properties.provisioning_state if found.properties else ""
        return existing(name, self.endpoint, resource, state)

    async def tagged(self, resource: ResourceId) -> wire.Tagged | None:
        """Whose the resource is; None if it does not exist."""
        try:
            model = await self.ask(lambda client: _read(client, resource))
        except NotFound:
            return None
        return parse(wire.Tagged, model.as_dict())


def _read(
    client: ComputeManagementClient, resource: ResourceId
) -> Awaitable[models.VirtualMachine | models.Disk | models.Snapshot]:
    match resource.full_type:
        case "Microsoft.Compute/virtualMachines":
            return client.virtual_machines.get(resource.group, resource.name)
        case "Microsoft.Compute/disks":
            return client.disks.get(resource.group, resource.name)
        case _:
            return client.snapshots.get(resource.group, resource.name)


def _delete(client: ComputeManagementClient, resource: ResourceId, begun: Begun) -> Awaitable[object]:
    match resource.full_type:
        case "Microsoft.Compute/virtualMachines":
            return client.virtual_machines.begin_delete(resource.group, resource.name, polling=begun)
        case "Microsoft.Compute/disks":
            return client.disks.begin_delete(resource.group, resource.name, polling=begun)
        case _:
            return client.snapshots.begin_delete(resource.group, resource.name, polling=begun)


def _deletable(connection: Connection, text: str) -> ResourceId:
    for full_type in (VM, DISK):
        try:
            return connection.resource(text, full_type)
        except Rejected:
            continue
    return connection.resource(text, SNAPSHOT)


def refuse_others(found: wire.Tagged, repair_id: str) -> None:
    """Raises `NotOurs` unless this very repair made the resource."""
    tags = found.tags or {}
    if not is_ours(tags, repair_id):
        whose = repair_of(tags)
        says = f"bears the tag of repair {whose}" if whose else "does not bear our tag"
        raise NotOurs(f"{found.id} {says}, so repair {repair_id} does not touch it", "NotOurs")
