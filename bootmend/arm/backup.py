"""Azure Backup: a VM's recovery points, and the restore of its OS disk as a new managed disk.

Spoken over the compute client's own connection: docs/adr/0004-azure-backup-without-its-sdk.md. REST reference: Backup
Protected Items - List, Recovery Points - List, Restores - Trigger, Backup Jobs - List, Job Details - Get.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from bootmend.arm import backup_wire as wire
from bootmend.arm.connection import Answer
from bootmend.arm.decode import disk_facts, document, parse
from bootmend.arm.disk_writes import refuse_others
from bootmend.arm.errors import NotFound, NotOurs, Rejected, error_from
from bootmend.arm.operations import finished
from bootmend.arm.reads import DISK
from bootmend.arm.records import RestoreOrder
from bootmend.arm.wire import Page
from bootmend.models.azure import DiskFacts, Operation
from bootmend.models.backup import RecoveryPoint, RestoreBegun, RestoreLook
from bootmend.names import ResourceId, is_ours, repair_of, same_id

if TYPE_CHECKING:
    from azure.mgmt.compute.aio import ComputeManagementClient

    from bootmend.arm.client import Azure

VAULT = "Microsoft.RecoveryServices/vaults"
RESTORED_TAG = "RSVaultBackup"
"""Azure Backup puts it on every disk that it restores; its value is the name of the job."""
_VERSION = "2025-08-01"
_VMS_ALONE = "backupManagementType eq 'AzureIaasVM' and itemType eq 'VM'"
_ITEM = re.compile(
    r"/backupFabrics/[\w-]+/protectionContainers/[\w;.()-]+/protectedItems/[\w;.()-]+", re.ASCII | re.IGNORECASE
)
_NAME = re.compile(r"[\w-]{1,100}", re.ASCII)


class Backups:
    """Asks the vaults of one subscription. Raises `ArmError` and nothing else, but for ids that are none (ValueError)."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure

    async def protected_item(self, vault_id: str, vm_id: str) -> str | None:
        """The id under which the vault protects this VM; None if it does not."""
        vault = self._azure.resource(vault_id, VAULT)
        async for entry in self._pages(f"{vault}/backupProtectedItems", _VMS_ALONE):
            item = parse(wire.ProtectedItem, entry)
            known = item.properties.virtual_machine_id or item.properties.source_resource_id
            if same_id(known, vm_id):
                return self._item(vault_id, item.id)
        return None

    async def recovery_points(self, vault_id: str, item_id: str) -> tuple[RecoveryPoint, ...]:
        """Every recovery point of a protected item, in the vault's order."""
        pages = self._pages(f"{self._item(vault_id, item_id)}/recoveryPoints")
        return tuple([parse(wire.RecoveryPoint, entry).facts() async for entry in pages])

    async def begin_restore(self, order: RestoreOrder) -> RestoreBegun:
        """Restores the OS disk of a recovery point as a new disk. An earlier attempt's restore is taken for this one.

        The request bears no name of our own, so a second one would make a second disk: it is sent once and never repeated
        here, and before it the vault is asked for a restore of this VM that began since `order.not_before`.
        """
        begun = await self._begun_before(order)
        if begun is not None:
            return begun
        item = self._item(order.vault_id, order.item_id)
        url = self._url(f"{item}/recoveryPoints/{_named(order.point_id)}/restore")
        answer = _good(await self._post(url, wire.restore_request(order)))
        status_url = {name.lower(): value for name, value in answer.headers.items()}.get("azure-asyncoperation")
        if status_url is None:
            raise Rejected("Azure Backup accepted the restore and told no way to follow it", "UnreadableAnswer")
        return RestoreBegun(status_url=status_url)

    async def look(self, vault_id: str, begun: RestoreBegun) -> RestoreLook:
        """How far a restore is: the operation tells the job's id and ends at once, the job ends when the disk is there."""
        if begun.job_id is not None:
            return await self._look_at_job(vault_id, begun.job_id)
        if begun.status_url is None:
            raise ValueError("a restore that was begun has a job or a status URL")
        answer = _good(await self._azure.get(begun.status_url))
        operation = parse(wire.Operation, document(answer.body))
        if operation.job_id is None:
            return operation.look()
        return await self._look_at_job(vault_id, operation.job_id)

    async def restored_disks(self, group_id: str, job_id: str) -> tuple[DiskFacts, ...]:
        """The disks in a resource group that this restore job made, those with an operating system first."""
        group = group_id.rsplit("/", 1)[-1]
        disks = await self._azure.ask_all(lambda client: client.disks.list_by_resource_group(group))
        bodies = [disk.as_dict() for disk in disks if _tag(disk.tags or {}, RESTORED_TAG) == job_id]
        bodies.sort(key=lambda body: not wire.holds_an_os(body))
        return tuple(disk_facts(body) for body in bodies)

    async def begin_claim(self, disk_id: str, tags: dict[str, str], job_id: str) -> Operation:
        """Adds our tags to a disk that a restore made, so that it counts as this repair's; those that are there stay.

        Raises `NotOurs` for a disk that the job did not make, or that another repair has claimed.
        """
        disk, write = self._azure.resource(disk_id, DISK), f"{DISK}/write"
        found = await self._azure.tagged(disk)
        if found is None:
            raise NotFound(f"{disk} is gone", "ResourceNotFound", 404)
        there = found.tags or {}
        if _tag(there, RESTORED_TAG) != job_id:
            raise NotOurs(f"{disk} was not made by the restore job {job_id}", "NotOurs")
        if repair_of(there) is not None:
            refuse_others(found, repair_of(tags) or "")
        if is_ours(there, repair_of(tags)):
            return finished(write, self._azure.endpoint, disk, "PATCH")
        return await self._retag(disk, write, {**there, **tags})

    async def _retag(self, disk: ResourceId, write: str, tags: dict[str, str]) -> Operation:
        from azure.mgmt.compute import models

        update = models.DiskUpdate(tags=tags)
        return await self._azure.begin(
            write, disk, lambda client, begun: client.disks.begin_update(disk.group, disk.name, update, polling=begun)
        )

    async def _begun_before(self, order: RestoreOrder) -> RestoreBegun | None:
        since = order.not_before
        wanted = f"backupManagementType eq 'AzureIaasVM' and operation eq 'Restore' and startTime eq '{_stamp(since)}'"
        vault = self._azure.resource(order.vault_id, VAULT)
        async for entry in self._pages(f"{vault}/backupJobs", wanted):
            job = parse(wire.Job, entry)
            if job.is_restore_of(ResourceId.parse(order.vm_id)) and job.began_since(since):
                return RestoreBegun(job_id=job.name)
        return None

    async def _look_at_job(self, vault_id: str, job_id: str) -> RestoreLook:
        vault = self._azure.resource(vault_id, VAULT)
        answer = _good(await self._azure.get(self._url(f"{vault}/backupJobs/{_named(job_id)}")))
        return parse(wire.Job, document(answer.body)).look()

    async def _post(self, url: str, body: wire.Json) -> Answer:
        async def send(client: ComputeManagementClient) -> Answer:
            from azure.core.rest import HttpRequest

            response = await client.send_request(HttpRequest("POST", url, json=body), retry_total=0)
            return Answer(response.status_code, dict(response.headers), response.content)

        return await self._azure.ask(send)

    async def _pages(self, path: str, wanted: str = "") -> AsyncIterator[object]:
        url: str | None = self._url(path) + (f"&$filter={quote(wanted)}" if wanted else "")
        while url:
            page = parse(Page, document(_good(await self._azure.get(url)).body))
            for entry in page.value:
                yield entry
            url = page.next_link

    def _url(self, path: str) -> str:
        return f"{self._azure.endpoint}{path}?api-version={_VERSION}"

    def _item(self, vault_id: str, item_id: str) -> str:
        """Checks that the id names an item of this vault: it becomes a part of URLs that change something."""
        vault = str(self._azure.resource(vault_id, VAULT))
        if not item_id.lower().startswith(vault.lower()) or _ITEM.fullmatch(item_id[len(vault) :]) is None:
            raise Rejected(f"{item_id[:300]} is not an item of vault {vault}", "InvalidResourceId")
        return vault + item_id[len(vault) :]


def _named(text: str) -> str:
    if _NAME.fullmatch(text) is None:
        raise Rejected(f"{text[:100]!r} is not the name of a recovery point or a job", "InvalidResourceId")
    return text


def _tag(tags: dict[str, str], wanted: str) -> str | None:
    """Azure does not tell tag names apart by case (Use tags to organize your Azure resources)."""
    return next((value for name, value in tags.items() if name.lower() == wanted.lower()), None)


def _stamp(moment: datetime) -> str:
    """As the filter of Backup Jobs - List wants it: UTC, twelve hours."""
    return moment.strftime("%Y-%m-%d %I:%M:%S %p")


def _good(answer: Answer) -> Answer:
    if answer.status >= 300:
        raise error_from(answer.status, answer.body, answer.headers)
    return answer
