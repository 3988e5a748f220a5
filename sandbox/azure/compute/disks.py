"""Disks and snapshots: create from a copy, read, tag, delete, list."""

import re
from functools import partial

from sandbox.azure.account import Account
from sandbox.azure.compute.disk import Disk, Kind
from sandbox.azure.errors import ArmError, invalid, not_allowed, not_found, unchangeable
from sandbox.azure.operations import Finish, Order
from sandbox.azure.wire import Call, Json, Reply, parse_id

_NAME = re.compile(r"[A-Za-z0-9]([-\w.]{0,78}\w)?")
_SKUS = ("Premium_LRS", "Premium_ZRS", "StandardSSD_LRS", "StandardSSD_ZRS", "Standard_LRS", "Standard_ZRS")


class DiskService:
    """Answers for Microsoft.Compute/disks and /snapshots."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def put(self, kind: Kind, call: Call) -> Reply:
        """Create a copy. Asynchronous: 202 with what will be, provisioningState Updating."""
        body = call.json()
        wanted = self._id(kind, call)
        existing = self._account.disks.get(wanted.lower())
        if existing is not None:
            _require_same_source(existing, body)
            return self._retag(existing, body.get("tags") or {}, call)
        disk = self._copy(kind, wanted, call, body)
        self._account.disks[disk.key] = disk
        shown = self._echo(disk, body)
        work = "snapshot" if kind == "snapshots" else "disk"
        return Reply(202, shown, self._begin(disk, work, "write", partial(self._created, disk), call))

    def get(self, kind: Kind, call: Call) -> Reply:
        return Reply(200, self._find(kind, call).shape())

    def patch(self, kind: Kind, call: Call) -> Reply:
        """Change tags: those given replace those there."""
        disk = self._find(kind, call)
        return self._retag(disk, call.json().get("tags", disk.tags), call)

    def delete(self, kind: Kind, call: Call) -> Reply:
        """204 when it is gone already; 409 while a VM has it."""
        disk = self._account.disks.get(self._id(kind, call).lower())
        if disk is None:
            return Reply(204)
        if disk.managed_by is not None:
            raise not_allowed(f"Disk {disk.name} is attached to VM {disk.managed_by}.")
        return Reply(202, None, self._begin(disk, "delete_disk", "delete", partial(self._deleted, disk), call))

    def list(self, kind: Kind, call: Call) -> Reply:
        """Of a resource group, or of the subscription where no group is named."""
        group = call.parts.get("group")
        shown = [
            disk.shape()
            for disk in self._account.disks.values()
            if disk.kind == kind and (group is None or disk.group.lower() == group.lower())
        ]
        return Reply(200, {"value": shown})

    def _id(self, kind: Kind, call: Call) -> str:
        return self._account.spec.compute_id(call.parts["group"], kind, call.parts["disk"])

    def _find(self, kind: Kind, call: Call) -> Disk:
        disk = self._account.disks.get(self._id(kind, call).lower())
        if disk is None:
            raise not_found(f"Microsoft.Compute/{kind}", call.parts["disk"], call.parts["group"])
        return disk

    def _copy(self, kind: Kind, wanted: str, call: Call, body: Json) -> Disk:
        """What the body asks for, checked. The content is cloned now: a copy is of one moment."""
        properties = body.get("properties") or {}
        source = self._source(kind, wanted, properties.get("creationData") or {})
        sku, zones = _checked(kind, call.parts["disk"], body, source)
        return Disk(
            id=wanted,
            kind=kind,
            name=call.parts["disk"],
            group=call.parts["group"],
            location=source.location,
            zone=zones[0] if zones else None,
            sku=sku,
            size_gb=int(properties.get("diskSizeGB", source.size_gb)),
            creation={
                "createOption": "Copy",
                "sourceResourceId": source.id,
                "sourceUniqueId": source.unique_id,
            },
            created_at=self._account.now(),
            unique_id=self._account.unique(),
            content=None if source.content is None else source.content.clone(),
            tags=dict(body.get("tags") or {}),
            os_type=source.os_type,
            generation=source.generation,
            security=source.security,
            controllers=source.controllers,
            encrypted_by_ade=source.encrypted_by_ade,
            provisioning="Updating",
            made_by_caller=True,
        )

    def _source(self, kind: Kind, wanted: str, creation: Json) -> Disk:
        """The disk or snapshot that is copied. Reading it needs a right of its own (LinkedAuthorizationFailed)."""
        source_id = str(creation.get("sourceResourceId", ""))
        if creation.get("createOption") != "Copy" or not source_id:
            raise invalid("creationData", "Only createOption Copy with a sourceResourceId is served here.")
        try:
            source = parse_id(source_id)
        except ValueError as error:
            raise invalid("sourceResourceId", str(error)) from None
        action = f"Microsoft.Compute/{source.kind.rsplit('/', 1)[1]}/beginGetAccess/action"
        doing = f"Microsoft.Compute/{kind}/write"
        self._account.assignments.require_linked(action, source_id, while_doing=doing, on=wanted)
        disk = self._account.disks.get(source.key)
        if disk is None:
            raise ArmError(404, "NotFound", f"Resource {source.name} is not found.")
        if disk.provisioning != "Succeeded":
            raise not_allowed(f"The source {disk.name} is in state {disk.provisioning} and cannot be copied.")
        return disk

    @staticmethod
    def _echo(disk: Disk, body: Json) -> Json:
        """The PUT's answer: what was asked for, with name, id, type and the state (samples of disk PUTs)."""
        properties = {**(body.get("properties") or {}), "provisioningState": "Updating"}
        shown: Json = {
            "name": disk.name,
            "id": disk.id,
            "type": f"Microsoft.Compute/{disk.kind}",
            "location": disk.location,
        }
        shown["tags"] = dict(disk.tags)
        shown["sku"] = {"name": disk.sku}
        return {**shown, "properties": properties}

    def _retag(self, disk: Disk, tags: dict[str, str], call: Call) -> Reply:
        def done() -> Json:
            disk.tags = dict(tags)
            return disk.shape()

        headers = self._begin(disk, "disk_tags", "write", done, call)
        return Reply(202, {**disk.shape(), "tags": dict(tags)}, headers)

    def _begin(self, disk: Disk, work: str, verb: str, finish: Finish, call: Call) -> dict[str, str]:
        order = Order(
            kind=f"Microsoft.Compute/{disk.kind}/{verb}",
            target=disk.id,
            location=disk.location,
            seconds=self._account.durations.draw(work, disk.group),
            finish=finish,
            holds=(disk.key,),
            abandon=partial(self._failed, disk),
        )
        operation = self._account.operations.begin(order, call.query["api-version"])
        return self._account.operations.accepted(operation, call)

    @staticmethod
    def _failed(disk: Disk) -> None:
        if disk.provisioning != "Succeeded":
            disk.provisioning = "Failed"

    def _created(self, disk: Disk) -> Json:
        disk.provisioning = "Succeeded"
        return disk.shape()

    def _deleted(self, disk: Disk) -> None:
        self._account.disks.pop(disk.key, None)


def _checked(kind: Kind, name: str, body: Json, source: Disk) -> tuple[str, list[str]]:
    """Sku and zones of the copy. Raises 400 for what a copy cannot be."""
    for told in ("hyperVGeneration", "securityProfile", "osType", "supportedCapabilities"):
        if told in (body.get("properties") or {}):
            raise invalid(told, f"Parameter '{told}' is not allowed for a copy: it is that of the source.")
    if not _NAME.fullmatch(name):
        raise invalid("name", f"The resource name {name} is invalid: at most 80 letters, digits, _ . -")
    if str(body.get("location", "")).lower().replace(" ", "") != source.location:
        raise invalid("location", f"The source is in {source.location}: a copy cannot be in {body.get('location')}.")
    sku = (body.get("sku") or {}).get("name", "Standard_LRS")
    if sku not in _SKUS:
        raise invalid("sku", f"The value {sku} of parameter sku.name is invalid.")
    zones = list(body.get("zones") or [])
    if zones and (kind == "snapshots" or sku.endswith("ZRS")):
        raise invalid("zones", "Snapshots and zone-redundant disks are of no zone.")
    return sku, zones


def _require_same_source(disk: Disk, body: Json) -> None:
    creation = (body.get("properties") or {}).get("creationData") or {}
    given, there = creation.get("sourceResourceId"), disk.creation.get("sourceResourceId")
    if given is not None and str(given).lower() != str(there).lower():
        raise unchangeable("creationData.sourceResourceId")
