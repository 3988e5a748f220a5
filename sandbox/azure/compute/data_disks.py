"""Attaching and detaching: which disk fits which VM, and what the VM's running Windows gains and loses."""

from dataclasses import dataclass

from sandbox.azure.account import Account
from sandbox.azure.compute.disk import Disk
from sandbox.azure.compute.machine import DataSlot, Machine
from sandbox.azure.compute.power import cut_off, flush, mount
from sandbox.azure.errors import ArmError, invalid, not_allowed
from sandbox.azure.wire import Json, parse_id

WRITE = "Microsoft.Compute/virtualMachines/write"


@dataclass(frozen=True)
class Change:
    """What goes and what comes."""

    attach: tuple[DataSlot, ...]
    detach: tuple[DataSlot, ...]

    def keys(self) -> tuple[str, ...]:
        """Keys of all disks concerned."""
        return tuple(slot.disk_id.lower() for slot in (*self.attach, *self.detach))


def disk_to_use(account: Account, machine: Machine, disk_id: str, action: str) -> Disk:
    """The disk that a request names, if this VM may have it. Raises ArmError with the reason if not."""
    try:
        wanted = parse_id(disk_id)
    except ValueError as error:
        raise invalid("managedDisk.id", str(error)) from None
    account.assignments.require_linked("Microsoft.Compute/disks/write", disk_id, while_doing=action, on=machine.id)
    disk = account.disks.get(wanted.key)
    if disk is None or disk.kind != "disks":
        raise ArmError(404, "NotFound", f"Disk {wanted.name} is not found.", target="managedDisk.id")
    if disk.provisioning != "Succeeded":
        raise not_allowed(f"Disk {disk.name} is in state {disk.provisioning} and cannot be attached.")
    if disk.managed_by is not None and disk.managed_by.lower() != machine.key:
        raise ArmError(
            409,
            "ConflictingUserInput",
            f"Disk '{disk.name}' cannot be attached as the disk is already owned by VM '{disk.managed_by}'.",
        )
    _require_place(machine, disk)
    if machine.controller not in (disk.controllers or ("SCSI",)):
        raise ArmError(
            409,
            "InvalidParameter",
            f"Disk '{disk.name}' supports disk controller types {', '.join(disk.controllers or ())}: it cannot be attached "
            f"to VM '{machine.name}', whose disk controller type is {machine.controller}.",
        )
    return disk


def slot_for(account: Account, machine: Machine, wanted: Json, lun: int, action: str) -> DataSlot:
    """The data disk that an attach request describes."""
    disk = disk_to_use(account, machine, str(wanted.get("diskId", "")), action)
    if any(slot.lun == lun for slot in machine.data_disks):
        raise ArmError(409, "InvalidParameter", f"LUN {lun} of VM '{machine.name}' is in use already.", target="lun")
    if disk.key in {disk_id.lower() for disk_id in machine.disk_ids()}:
        raise ArmError(409, "AttachDiskWhileBeingDetached", f"Disk '{disk.name}' is attached to this VM already.")
    return DataSlot(
        lun=lun,
        disk_id=disk.id,
        name=disk.name,
        size_gb=disk.size_gb,
        sku=disk.sku,
        caching=wanted.get("caching", "None"),
        delete_option=wanted.get("deleteOption", "Detach"),
    )


def apply(account: Account, machine: Machine, change: Change) -> None:
    """The disks change hands. A script that worked on one is cut off first."""
    now = account.now()
    for slot in change.detach:
        for command in machine.run_commands.values():
            cut_off(machine, command.name, now)
        flush(account, machine, slot.disk_id)
        machine.data_disks.remove(slot)
        account.disks[slot.disk_id.lower()].own(None, "Unattached", now)
    for slot in change.attach:
        machine.data_disks.append(slot)
        account.disks[slot.disk_id.lower()].own(machine.id, "Attached" if machine.is_on else "Reserved", now)
        if machine.is_on:
            mount(account, machine, slot.disk_id)


def _require_place(machine: Machine, disk: Disk) -> None:
    if disk.location != machine.location:
        raise ArmError(400, "BadRequest", f"Disk {disk.name} is in {disk.location}, and the VM in {machine.location}.")
    if disk.zone is not None and disk.zone != machine.zone:
        raise ArmError(
            400,
            "BadRequest",
            f"Disk {disk.name} cannot be attached to the VM because it is not in zone '{machine.zone}'.",
        )
