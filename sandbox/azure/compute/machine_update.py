"""A PUT or PATCH on a VM that exists: tags, size, data disks, and the swap of the OS disk."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from sandbox.azure.account import Account
from sandbox.azure.compute.data_disks import WRITE, Change, apply, disk_to_use, slot_for
from sandbox.azure.compute.disk import Disk
from sandbox.azure.compute.machine import Machine, OsSlot
from sandbox.azure.compute.machine_shape import machine_shape
from sandbox.azure.compute.sizes import size_named
from sandbox.azure.errors import ArmError, not_allowed, precondition_failed, unchangeable
from sandbox.azure.operations import Order
from sandbox.azure.wire import Call, Json, Reply


def put(account: Account, machine: Machine, call: Call) -> Reply:
    """200 with what will be. Refused with 412 when If-Match is not the VM's ETag."""
    expected = call.headers.get("if-match")
    if expected not in (None, "*", f'"{machine.etag}"') or call.headers.get("if-none-match") == "*":
        raise precondition_failed()
    account.operations.require_free(machine.key)
    body = call.json()
    _require_unchanged(machine, body)
    _join_nics(account, machine)
    storage = (body.get("properties") or {}).get("storageProfile") or {}
    new_disk = _swapped_disk(account, machine, storage.get("osDisk") or {})
    change = _data_disk_change(account, machine, storage.get("dataDisks"))
    size = ((body.get("properties") or {}).get("hardwareProfile") or {}).get("vmSize", machine.size)
    if size.lower() != machine.size.lower() and machine.power != "deallocated":
        raise not_allowed("The VM size can be changed here only while the VM is deallocated.")
    target = replace(
        machine,
        size=size_named(size).name,
        memory_gb=size_named(size).memory_gb,
        tags=dict(body.get("tags", machine.tags) or {}),
        os_disk=machine.os_disk if new_disk is None else _slot(machine.os_disk, new_disk),
        data_disks=[*(slot for slot in machine.data_disks if slot not in change.detach), *change.attach],
        provisioning="Updating",
        etag=machine.etag + 1,
    )
    work = "swap_os_disk" if new_disk else "attach_detach" if change.keys() else "update_vm"
    held = change.keys() if new_disk is None else (*change.keys(), new_disk.key, machine.os_disk.disk_id.lower())
    finish = partial(_updated, account, machine, target, new_disk, change)
    headers = begin_update(account, machine, work, finish, held, call)
    return Reply(200, machine_shape(target, account.now()), {"ETag": f'"{target.etag}"', **headers})


def patch(account: Account, machine: Machine, call: Call) -> Reply:
    """Change tags: those given replace those there. Other properties are not served by PATCH here."""
    account.operations.require_free(machine.key)
    body = call.json()
    if body.get("properties"):
        raise ArmError(400, "InvalidParameter", "PATCH is served here for tags only.", target="properties")
    target = replace(machine, tags=dict(body.get("tags", machine.tags)), provisioning="Updating", etag=machine.etag + 1)
    finish = partial(_updated, account, machine, target, None, Change((), ()))
    headers = begin_update(account, machine, "update_vm", finish, (), call)
    return Reply(200, machine_shape(target, account.now()), {"ETag": f'"{target.etag}"', **headers})


def begin_update(
    account: Account, machine: Machine, work: str, finish: Callable[[], None], held: tuple[str, ...], call: Call
) -> dict[str, str]:
    """Begin an operation that writes the VM; the headers that accept it. A failure leaves provisioningState Failed."""
    order = Order(
        kind=WRITE,
        target=machine.id,
        location=machine.location,
        seconds=account.durations.draw(work, machine.group),
        finish=finish,
        holds=(machine.key, *held),
        abandon=partial(_failed, machine),
    )
    operation = account.operations.begin(order, call.query["api-version"])
    machine.provisioning = "Updating"
    machine.changed()
    return account.operations.accepted(operation, call, location=False)


def _updated(account: Account, machine: Machine, target: Machine, new_disk: Disk | None, change: Change) -> None:
    now = account.now()
    if new_disk is not None:
        account.disks[machine.os_disk.disk_id.lower()].own(None, "Unattached", now)
        machine.os_disk = target.os_disk
        new_disk.own(machine.id, "Reserved", now)
    apply(account, machine, change)
    machine.size, machine.memory_gb, machine.tags = target.size, target.memory_gb, target.tags
    machine.provisioning, machine.provisioned_at = "Succeeded", now


def _failed(machine: Machine) -> None:
    machine.provisioning, machine.failure = "Failed", "InternalExecutionError"


def _require_unchanged(machine: Machine, body: Json) -> None:
    """What a PUT may not change, it may leave out, or must give as it is."""
    properties = body.get("properties") or {}
    storage = properties.get("storageProfile") or {}
    given = {
        "location": (body.get("location"), machine.location),
        "osDisk.createOption": ((storage.get("osDisk") or {}).get("createOption"), machine.os_disk.create_option),
        "osDisk.osType": ((storage.get("osDisk") or {}).get("osType"), "Windows"),
        "imageReference.sku": ((storage.get("imageReference") or {}).get("sku"), machine.image["sku"]),
        "osProfile.computerName": ((properties.get("osProfile") or {}).get("computerName"), machine.computer_name),
        "zones": ((body.get("zones") or [None])[0], machine.zone),
        "diskControllerType": (storage.get("diskControllerType"), machine.controller),
    }
    for name, (new, old) in given.items():
        if new is not None and str(new).lower() != str(old).lower():
            raise unchangeable(name)


def _join_nics(account: Account, machine: Machine) -> None:
    for slot in machine.nics:
        action = "Microsoft.Network/networkInterfaces/join/action"
        account.assignments.require_linked(action, slot.id, while_doing=WRITE, on=machine.id)


def _swapped_disk(account: Account, machine: Machine, wanted: Json) -> Disk | None:
    """The new OS disk, if the body names one by name *and* id.

    With only one of the two Azure answers 200 and changes nothing (Swap the OS disk): who swaps must read back.
    """
    name, disk_id = wanted.get("name"), (wanted.get("managedDisk") or {}).get("id")
    if not name or not disk_id or str(disk_id).lower() == machine.os_disk.disk_id.lower() or machine.loses_swaps:
        return None
    if str(name).lower() != str(disk_id).rsplit("/", 1)[-1].lower():
        return None
    if machine.power != "deallocated":
        raise not_allowed(
            f"Changing property 'osDisk' of VM '{machine.name}' is not allowed while it is in power state "
            f"'{machine.power}'. Deallocate the VM first."
        )
    if machine.encrypted_by_ade:
        code = "OSDiskSwapNotSupportedForVMsUsingDiskEncryption"
        raise ArmError(409, code, "OS disk swap is not supported for VMs that use Azure Disk Encryption.")
    disk = disk_to_use(account, machine, str(disk_id), WRITE)
    _require_bootable(machine, disk)
    account.operations.require_free(disk.key)
    return disk


def _require_bootable(machine: Machine, disk: Disk) -> None:
    reasons = {
        "it is the VM's data disk": disk.key in {slot.disk_id.lower() for slot in machine.data_disks},
        "it holds no operating system": disk.os_type is None,
        f"its hypervisor generation is {disk.generation}": disk.generation != machine.generation,
        f"its security type is {disk.security}": disk.security != machine.security,
    }
    for reason, applies in reasons.items():
        if applies:
            raise ArmError(
                409, "OperationNotAllowed", f"Disk '{disk.name}' cannot be the OS disk of this VM: {reason}."
            )


def _slot(old: OsSlot, disk: Disk) -> OsSlot:
    return replace(old, name=disk.name, disk_id=disk.id, size_gb=disk.size_gb, sku=disk.sku)


def _data_disk_change(account: Account, machine: Machine, wanted: list[Json] | None) -> Change:
    """The difference between the data disks that the body lists and those there. No list: no change."""
    if wanted is None:
        return Change((), ())
    stay = {
        str((element.get("managedDisk") or {}).get("id", "")).lower(): element
        for element in wanted
        if not element.get("toBeDetached")
    }
    there = {slot.disk_id.lower() for slot in machine.data_disks}
    detach = tuple(slot for slot in machine.data_disks if slot.disk_id.lower() not in stay)
    attach = tuple(
        slot_for(account, machine, {**element, "diskId": element["managedDisk"]["id"]}, int(element["lun"]), WRITE)
        for key, element in stay.items()
        if key not in there
    )
    account.operations.require_free(*Change(attach, detach).keys())
    return Change(attach, detach)
