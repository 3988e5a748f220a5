"""Virtual machines: read, create or update, power, attach and detach, boot diagnostics, delete."""

from collections.abc import Callable
from functools import partial

from sandbox.azure.account import Account
from sandbox.azure.blobs import BlobService
from sandbox.azure.compute import data_disks, machine_create, machine_update
from sandbox.azure.compute.machine import Machine, Power
from sandbox.azure.compute.machine_shape import instance_view_shape, machine_shape, storage_shape
from sandbox.azure.compute.power import catch_up, cut_off, flush, power_off, power_on
from sandbox.azure.errors import ArmError, invalid, not_allowed, precondition_failed
from sandbox.azure.operations import Order
from sandbox.azure.wire import Call, Json, Reply

_TYPE = "Microsoft.Compute/virtualMachines"


class MachineService:
    """Answers for Microsoft.Compute/virtualMachines."""

    def __init__(self, account: Account, blobs: BlobService) -> None:
        self._account = account
        self._blobs = blobs

    def get(self, call: Call) -> Reply:
        machine = self._current(call)
        expand = call.query.get("$expand", "").lower() == "instanceview"
        if expand:
            self._account.assignments.require(f"{_TYPE}/instanceView/read", machine.id)
        return Reply(200, machine_shape(machine, self._account.now(), instance_view=expand))

    def instance_view(self, call: Call) -> Reply:
        return Reply(200, instance_view_shape(self._current(call), self._account.now()))

    def list(self, call: Call) -> Reply:
        """Of a resource group, or of the subscription where no group is named."""
        group = call.parts.get("group")
        machines = [m for m in self._account.machines.values() if group is None or m.group.lower() == group.lower()]
        return Reply(200, {"value": [machine_shape(machine, self._account.now()) for machine in machines]})

    def put(self, call: Call) -> Reply:
        """Create the VM, or change the one that is there."""
        wanted = self._account.spec.compute_id(call.parts["group"], "virtualMachines", call.parts["vm"])
        machine = self._account.machines.get(wanted.lower())
        if machine is None:
            if "if-match" in call.headers:
                raise precondition_failed()
            return machine_create.create(self._account, wanted, call)
        catch_up(self._account, machine)
        return machine_update.put(self._account, machine, call)

    def patch(self, call: Call) -> Reply:
        return machine_update.patch(self._account, self._current(call), call)

    def deallocate(self, call: Call) -> Reply:
        """The disks have what was written only when this has ended."""
        machine = self._current(call)
        if machine.power == "deallocated":
            return self._act(machine, "deallocate", "nothing_to_do", call)
        done = partial(power_off, self._account, machine, deallocated=True)
        return self._act(machine, "deallocate", "deallocate", call, through="deallocating", done=done)

    def power_off(self, call: Call) -> Reply:
        machine = self._current(call)
        if machine.power != "running":
            return self._act(machine, "powerOff", "nothing_to_do", call)
        done = partial(power_off, self._account, machine, deallocated=False)
        return self._act(machine, "powerOff", "power_off", call, through="stopping", done=done)

    def start(self, call: Call) -> Reply:
        """Ends when the power is on: Windows boots after that."""
        machine = self._current(call)
        if machine.power == "running":
            return self._act(machine, "start", "nothing_to_do", call)

        def done() -> None:
            power_on(self._account, machine, self._account.now())

        return self._act(machine, "start", "start", call, through="starting", done=done)

    def attach_detach(self, call: Call) -> Reply:
        """Attach or detach data disks without a PUT of the whole VM (Attach Detach Data Disks)."""
        machine = self._current(call)
        self._account.operations.require_free(machine.key)
        change = self._wanted_change(machine, call.json())
        self._account.operations.require_free(*change.keys())

        def done() -> Json:
            data_disks.apply(self._account, machine, change)
            machine.changed()
            return storage_shape(machine.os_disk, machine.data_disks, machine.image, machine.controller)

        action = "attachDetachDataDisks"
        return self._act(machine, action, "attach_detach", call, done=done, holds=change.keys())

    def boot_diagnostics(self, call: Call) -> Reply:
        """Where the screenshot and the serial log are. 409 when boot diagnostics are off."""
        machine = self._current(call)
        if not machine.boot_diagnostics:
            raise not_allowed(f"Boot diagnostics is not enabled for the virtual machine '{machine.name}'.")
        minutes = int(call.query.get("sasUriExpirationTimeInMinutes", "120"))
        if not 1 <= minutes <= 1440:
            raise invalid("sasUriExpirationTimeInMinutes", "The value must be between 1 and 1440.")
        screenshot, serial = self._blobs.urls(machine, call, minutes)
        return Reply(200, {"consoleScreenshotBlobUri": screenshot, "serialConsoleLogBlobUri": serial})

    def delete(self, call: Call) -> Reply:
        """Network interfaces and disks that say deleteOption Delete go with the VM; the others stay."""
        wanted = self._account.spec.compute_id(call.parts["group"], "virtualMachines", call.parts["vm"])
        if wanted.lower() not in self._account.machines:
            return Reply(204)
        machine = self._current(call)
        self._may_delete_with_it(machine)
        done = partial(remove, self._account, machine)
        reply = self._act(machine, "delete", "delete_vm", call, done=done, kind=f"{_TYPE}/delete")
        machine.provisioning = "Deleting"
        return reply

    def _may_delete_with_it(self, machine: Machine) -> None:
        """What goes with the VM needs a right of its own to be deleted."""
        going = {
            slot.id: "Microsoft.Network/networkInterfaces" for slot in machine.nics if slot.delete_option == "Delete"
        }
        if machine.os_disk.delete_option == "Delete":
            going[machine.os_disk.disk_id] = "Microsoft.Compute/disks"
        for resource_id, kind in going.items():
            self._account.assignments.require_linked(
                f"{kind}/delete", resource_id, while_doing=f"{_TYPE}/delete", on=machine.id
            )

    def _current(self, call: Call) -> Machine:
        machine = self._account.machine(call)
        catch_up(self._account, machine)
        return machine

    def _wanted_change(self, machine: Machine, body: Json) -> data_disks.Change:
        action = f"{_TYPE}/attachDetachDataDisks/action"
        detach = []
        for element in body.get("dataDisksToDetach") or []:
            key = str(element.get("diskId", "")).lower()
            slot = next((slot for slot in machine.data_disks if slot.disk_id.lower() == key), None)
            if slot is None:
                raise ArmError(404, "NotFound", f"Disk {element.get('diskId')} is not attached to VM '{machine.name}'.")
            detach.append(slot)
        attach = []
        for element in body.get("dataDisksToAttach") or []:
            lun = int(element.get("lun", next(n for n in range(64) if n not in {s.lun for s in machine.data_disks})))
            attach.append(data_disks.slot_for(self._account, machine, element, lun, action))
        if not attach and not detach:
            raise invalid("dataDisksToAttach", "The request names no disk to attach or detach.")
        return data_disks.Change(tuple(attach), tuple(detach))

    def _act(
        self,
        machine: Machine,
        action: str,
        work: str,
        call: Call,
        *,
        through: Power | None = None,
        done: Callable[[], Json | None] = lambda: None,
        holds: tuple[str, ...] = (),
        kind: str | None = None,
    ) -> Reply:
        """202 for an action on the VM; `through` is the power state while it lasts."""
        before = machine.power

        def finish() -> Json | None:
            output = done()
            machine.provisioning, machine.provisioned_at = "Succeeded", self._account.now()
            return output

        def abandon() -> None:
            machine.power = before
            machine.provisioning, machine.failure = "Failed", "AllocationFailed"

        order = Order(
            kind=kind or f"{_TYPE}/{action}/action",
            target=machine.id,
            location=machine.location,
            seconds=self._account.durations.draw(work, machine.group),
            finish=finish,
            holds=(machine.key, *holds),
            abandon=abandon,
        )
        operation = self._account.operations.begin(order, call.query["api-version"])
        machine.provisioning = "Updating"
        machine.power = through or before
        return Reply(202, None, self._account.operations.accepted(operation, call))


def remove(account: Account, machine: Machine) -> None:
    """The VM is gone, with what is to go with it."""
    now = account.now()
    for command in machine.run_commands.values():
        cut_off(machine, command.name, now)
    for disk_id in machine.disk_ids():
        flush(account, machine, disk_id)
    options = {machine.os_disk.disk_id.lower(): machine.os_disk.delete_option}
    options.update({slot.disk_id.lower(): slot.delete_option for slot in machine.data_disks})
    for key, option in options.items():
        if option == "Delete":
            account.disks.pop(key, None)
        elif key in account.disks:
            account.disks[key].own(None, "Unattached", now)
    for nic in machine.nics:
        if nic.delete_option == "Delete":
            account.nics.pop(nic.id.lower(), None)
    machine.power = "deallocated"
    account.machines.pop(machine.key, None)
