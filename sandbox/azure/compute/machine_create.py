"""A new VM by one PUT: from an image, with its network interface inline (Virtual Machines - Create Or Update)."""

import re
from collections.abc import Iterator
from functools import partial

from sandbox.azure.account import Account
from sandbox.azure.compute.disk import Disk
from sandbox.azure.compute.machine import Machine, NicSlot, OsSlot
from sandbox.azure.compute.machine_shape import machine_shape
from sandbox.azure.compute.power import mount
from sandbox.azure.compute.sizes import Size, not_available, require_quota, size_named
from sandbox.azure.compute.windows_images import image_id, image_of, read_image
from sandbox.azure.errors import ArmError, OperationFailedError, invalid
from sandbox.azure.network import Nic
from sandbox.azure.operations import Order
from sandbox.azure.wire import Call, Json, Reply
from sandbox.windows import Screenshot, SourceVm, SourceWindows, build_os_disk

WRITE = "Microsoft.Compute/virtualMachines/write"


def sizes_in_use(account: Account, location: str) -> Iterator[Size]:
    """The sizes of the region's VMs: allocated or not, each takes its vCPUs of the quota (vCPU quotas)."""
    return (size_named(machine.size) for machine in account.machines.values() if machine.location == location)


def create(account: Account, wanted: str, call: Call) -> Reply:
    """201 with the VM as it is being made. Nothing is made when the request is refused."""
    body = call.json()
    properties = body.get("properties") or {}
    os, generation = read_image((properties.get("storageProfile") or {}).get("imageReference") or {})
    _check_profile(properties, generation)
    machine = _machine(account, wanted, call, body, (os, generation))
    _check_capacity(account, machine)
    account.operations.require_free(machine.key)
    nic = _nic(account, machine, properties, call)
    disk = _os_disk(account, machine)
    account.nics[nic.key] = nic
    account.disks[disk.key] = disk
    account.machines[machine.key] = machine
    order = Order(
        kind=WRITE,
        target=machine.id,
        location=machine.location,
        seconds=account.durations.draw("create_vm", machine.group),
        finish=partial(_created, account, machine),
        holds=(machine.key, disk.key),
        abandon=partial(_failed, machine),
    )
    operation = account.operations.begin(order, call.query["api-version"])
    headers = {"ETag": f'"{machine.etag}"', **account.operations.accepted(operation, call, location=False)}
    return Reply(201, machine_shape(machine, account.now()), headers)


def _created(account: Account, machine: Machine) -> None:
    """For a Windows image the PUT ends when the guest has reported: the agent is Ready."""
    now = account.now()
    if machine.os_disk.disk_id.lower() not in account.disks:
        raise OperationFailedError("NotFound", f"Disk {machine.os_disk.name} is not found.")
    machine.provisioning, machine.provisioned_at = "Succeeded", now
    machine.power, machine.powered_at = "running", now
    machine.agent.ready_from = now
    machine.screen = Screenshot("login")
    machine.changed()
    account.disks[machine.os_disk.disk_id.lower()].own(machine.id, "Attached", now)
    mount(account, machine, machine.os_disk.disk_id)


def _failed(machine: Machine) -> None:
    machine.provisioning, machine.failure = "Failed", "VMStartFailed"
    machine.power = "stopped"


def _check_profile(properties: Json, generation: str) -> None:
    profile = properties.get("osProfile") or {}
    name, password = str(profile.get("computerName", "")), str(profile.get("adminPassword", ""))
    if not re.fullmatch(r"(?!\d+$)[A-Za-z0-9][-A-Za-z0-9]{0,14}", name):
        raise invalid(
            "computerName", "Windows computer name cannot be more than 15 characters long, or entirely numeric."
        )
    kinds = sum(bool(re.search(kind, password)) for kind in (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z0-9]"))
    if not 12 <= len(password) <= 123 or kinds < 3:
        raise invalid("adminPassword", "The supplied password must be between 12-123 characters long and of 3 kinds.")
    if str(profile.get("adminUsername", "")).lower() in ("", "administrator", "admin", "user", "root", "test"):
        raise invalid("adminUsername", "The Admin Username specified is not allowed.")
    security = (properties.get("securityProfile") or {}).get("securityType", "Standard")
    if security == "TrustedLaunch" and generation == "V1":
        raise ArmError(400, "BadRequest", "Use of TrustedLaunch setting is not supported for the provided image.")


def _machine(account: Account, wanted: str, call: Call, body: Json, image: tuple[str, str]) -> Machine:
    properties = body["properties"]
    size = size_named((properties.get("hardwareProfile") or {}).get("vmSize", ""))
    slot = properties["storageProfile"].get("osDisk") or {}
    patching = (properties["osProfile"].get("windowsConfiguration") or {}).get("patchSettings") or {}
    boot_diagnostics = (properties.get("diagnosticsProfile") or {}).get("bootDiagnostics") or {}
    now = account.now()
    return Machine(
        id=wanted,
        name=call.parts["vm"],
        group=call.parts["group"],
        location=str(body.get("location", "")).lower().replace(" ", ""),
        zone=(body.get("zones") or [None])[0],
        size=size.name,
        memory_gb=size.memory_gb,
        vm_id=account.unique(),
        created_at=now,
        os=image[0],
        image={**image_of(*image), **properties["storageProfile"]["imageReference"]},
        generation=image[1],
        security=(properties.get("securityProfile") or {}).get("securityType", "Standard"),
        controller=properties["storageProfile"].get("diskControllerType", "SCSI"),
        computer_name=properties["osProfile"]["computerName"],
        admin=properties["osProfile"]["adminUsername"],
        os_disk=_os_slot(account, call, slot),
        screen=Screenshot("boot"),
        tags=dict(body.get("tags") or {}),
        power="starting",
        powered_at=now,
        provisioning="Creating",
        provisioned_at=now,
        boot_diagnostics=bool(boot_diagnostics.get("enabled", False)),
        patch_mode=patching.get("patchMode", "AutomaticByOS"),
        made_by_caller=True,
    )


def _os_slot(account: Account, call: Call, wanted: Json) -> OsSlot:
    name = wanted.get("name") or f"{call.parts['vm']}_OsDisk_1_{account.unique().replace('-', '')}"
    return OsSlot(
        name=name,
        disk_id=account.spec.compute_id(call.parts["group"], "disks", name),
        size_gb=int(wanted.get("diskSizeGB", 127)),
        sku=(wanted.get("managedDisk") or {}).get("storageAccountType", "Standard_LRS"),
        caching=wanted.get("caching", "ReadWrite"),
        delete_option=wanted.get("deleteOption", "Detach"),
    )


def _check_capacity(account: Account, machine: Machine) -> None:
    size = size_named(machine.size)
    if size.name in account.spec.restricted:
        raise not_available(size.name, machine.location)
    if machine.controller not in (size.controllers or "SCSI"):
        raise invalid("diskControllerType", f"The VM size {size.name} has no disk controller {machine.controller}.")
    if machine.generation not in size.generations:
        raise invalid("vmSize", f"The VM size {size.name} cannot boot hypervisor generation {machine.generation}.")
    require_quota(size, sizes_in_use(account, machine.location), account.spec.cores, machine.location)


def _nic(account: Account, machine: Machine, properties: Json, call: Call) -> Nic:
    """The network interface that the body describes. Joining its subnet needs a right on the subnet."""
    network = properties.get("networkProfile") or {}
    if network.get("networkInterfaces") or len(network.get("networkInterfaceConfigurations") or []) != 1:
        raise invalid("networkProfile", "One networkInterfaceConfigurations element is served here, and no other NIC.")
    if "networkApiVersion" not in network:
        raise invalid("networkApiVersion", "networkApiVersion is required with networkInterfaceConfigurations.")
    wanted = network["networkInterfaceConfigurations"][0]
    inside = wanted.get("properties") or {}
    addresses = inside.get("ipConfigurations") or [{}]
    subnet = str(((addresses[0].get("properties") or {}).get("subnet") or {}).get("id", ""))
    allowed = account.assignments.require_linked
    allowed("Microsoft.Network/virtualNetworks/subnets/join/action", subnet, while_doing=WRITE, on=machine.id)
    known = (account.spec.subnet_id(region).lower() for region in account.spec.regions_with_subnet)
    if subnet.lower() not in known or subnet.lower() != account.spec.subnet_id(machine.location).lower():
        raise ArmError(
            400,
            "InvalidResourceReference",
            f"Resource {subnet} referenced by resource {machine.id} was not found. Please make sure that the referenced "
            "resource exists, and that both resources are in the same region.",
        )
    name = wanted.get("name") or f"{machine.name}-nic"
    nic_id = f"{account.spec.group_id(call.parts['group'])}/providers/Microsoft.Network/networkInterfaces/{name}"
    for right in ("write", "join/action"):
        allowed(f"Microsoft.Network/networkInterfaces/{right}", nic_id, while_doing=WRITE, on=machine.id)
    allowed("Microsoft.Compute/disks/write", machine.os_disk.disk_id, while_doing=WRITE, on=machine.id)
    machine.nics.append(NicSlot(nic_id, inside.get("deleteOption", "Detach")))
    tags = dict(wanted.get("tags") or {})
    return Nic(
        id=nic_id,
        name=name,
        group=machine.group,
        location=machine.location,
        subnet_id=subnet,
        tags=tags,
        made_by_caller=True,
    )


def _os_disk(account: Account, machine: Machine) -> Disk:
    """The OS disk made from the image. Compute gives it no tags of the VM."""
    if machine.os_disk.disk_id.lower() in account.disks:
        raise ArmError(409, "ResourceExists", f"A disk {machine.os_disk.name} exists already.")
    content = build_os_disk(
        SourceVm(name=machine.name, generation="V1" if machine.generation == "V1" else "V2", os=machine.os),
        SourceWindows(fault="none"),
        now=account.now(),
    )
    return Disk(
        id=machine.os_disk.disk_id,
        kind="disks",
        name=machine.os_disk.name,
        group=machine.group,
        location=machine.location,
        zone=machine.zone,
        sku=machine.os_disk.sku,
        size_gb=machine.os_disk.size_gb,
        creation={"createOption": "FromImage", "imageReference": {"id": image_id(machine.image, machine.location)}},
        created_at=account.now(),
        unique_id=account.unique(),
        content=content,
        generation=machine.generation,
        security=machine.security,
        managed_by=machine.id,
        state="Attached",
        owned_at=account.now(),
        made_by_caller=True,
    )
