"""Begins what changes a VM: power, data disks, the swap of the OS disk, run commands, and the repair VM itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootmend.arm.decode import run_command_look, vm_facts
from bootmend.arm.disk_writes import DiskWrites
from bootmend.arm.errors import NotFound, NotOurs, PreconditionFailed, Rejected, Transient
from bootmend.arm.operations import existing, finished
from bootmend.arm.reads import DISK, VM, Reads
from bootmend.arm.records import RepairVmOrder, RunCommandOrder
from bootmend.models.azure import DiskFacts, Operation, Power, SourceMark, VmFacts
from bootmend.names import ResourceId, is_ours, repair_of, same_id

if TYPE_CHECKING:
    from azure.mgmt.compute import models

_ATTACH = f"{VM}/attachDetachDataDisks/action"
_RUN = f"{VM}/runCommands"


class VmWrites(DiskWrites, Reads):
    async def begin_deallocate(self, vm_id: str) -> Operation:
        """One that another call began is followed, not asked for again."""
        vm, action = self.resource(vm_id, VM), f"{VM}/deallocate/action"
        try:
            return await self.begin(
                action,
                vm,
                lambda client, begun: client.virtual_machines.begin_deallocate(vm.group, vm.name, polling=begun),
            )
        except Transient as busy:
            return await self._under_way(vm, action, ("deallocating", "deallocated"), busy)

    async def begin_start(self, vm_id: str) -> Operation:
        """One that another call began is followed, not asked for again."""
        vm, action = self.resource(vm_id, VM), f"{VM}/start/action"
        try:
            return await self.begin(
                action,
                vm,
                lambda client, begun: client.virtual_machines.begin_start(vm.group, vm.name, polling=begun),
            )
        except Transient as busy:
            return await self._under_way(vm, action, ("starting", "running"), busy)

    async def _under_way(self, vm: ResourceId, action: str, powers: tuple[Power, Power], busy: Transient) -> Operation:
        """The operation whose answer was lost, if the VM's power shows that it was begun; else raises `busy`."""
        power = (await self.get_vm(str(vm))).power
        if power not in powers:
            raise busy
        return existing(action, self.endpoint, vm, "Succeeded" if power == powers[1] else "Updating")

    async def begin_repair_vm(self, order: RepairVmOrder, password: str) -> Operation:
        """One request makes VM, NIC and OS disk. `password` goes into that request and nowhere else."""
        vm, write = self.resource(order.id, VM), f"{VM}/write"
        if made := await self.made_before(write, vm, order.tags):
            return made
        from bootmend.arm import bodies

        return await self._put_vm(vm, bodies.repair_vm(order, password), None)

    async def begin_attach(self, vm_id: str, disk_id: str, lun: int) -> Operation:
        """Attaches a disk at a LUN. Raises `Rejected` if the LUN holds another disk or the disk another LUN."""
        vm, disk = self.resource(vm_id, VM), self.resource(disk_id, DISK)
        facts = await self.get_vm(vm_id)
        for held in facts.data_disks:
            if same_id(held.id, str(disk)) and held.lun == lun:
                return existing(_ATTACH, self.endpoint, vm, facts.provisioning_state)
            if same_id(held.id, str(disk)) or held.lun == lun:
                raise Rejected(f"{vm.name} has the disk {held.name} at LUN {held.lun}", "LunTaken")
        from bootmend.arm import bodies

        return await self._attach_detach(vm, bodies.attach(str(disk), lun))

    async def begin_detach(self, vm_id: str, disk_id: str) -> Operation:
        """Detaches a disk; done at once if the VM is gone or does not have it."""
        vm, disk = self.resource(vm_id, VM), self.resource(disk_id, DISK)
        try:
            facts = await self.get_vm(vm_id)
        except NotFound:
            return finished(_ATTACH, self.endpoint, vm, "POST")
        if not any(same_id(held.id, str(disk)) for held in facts.data_disks):
            # A VM that failed by something else does not hold the disk either.
            state = "Succeeded" if facts.provisioning_state == "Failed" else facts.provisioning_state
            return existing(_ATTACH, self.endpoint, vm, state)
        from bootmend.arm import bodies

        return await self._attach_detach(vm, bodies.detach(str(disk)))

    async def begin_swap(self, vm_id: str, disk_id: str, mark: SourceMark) -> Operation:
        """Makes `disk_id` the VM's OS disk, if the VM is still as `mark` recorded it after its deallocation.

        Raises `PreconditionFailed`, which says what is different. Read the VM again afterwards: a wrong-shaped request
        succeeds without effect (Swap the OS disk of a VM).
        """
        vm, disk = self.resource(vm_id, VM), self.resource(disk_id, DISK)
        model, etag = await self.vm_model(vm)
        facts = vm_facts(model.as_dict(), etag)
        if same_id(facts.os_disk.id, str(disk)):
            return existing(f"{VM}/write", self.endpoint, vm, facts.provisioning_state)
        await self._require(facts, mark)
        _replace_os_disk(model, disk)
        try:
            return await self._put_vm(vm, model, facts.etag)
        except PreconditionFailed as error:
            return await self._swapped_meanwhile(vm, disk, error)

    async def begin_run_command(self, order: RunCommandOrder, protected: dict[str, str] | None = None) -> Operation:
        """Starts a script by a managed run command; one of that name that is ours is not started again.

        `protected`: parameters that Azure keeps secret. The operation ends when the script has *started*.
        """
        vm, repair_id = self.resource(order.vm_id, VM), repair_of(order.tags)
        command, write = vm.child("runCommands", order.name), f"{_RUN}/write"
        found = await self.run_command_model(vm, order.name)
        if found is not None:
            if repair_id is None or not is_ours(found.tags or {}, repair_id):
                raise NotOurs(f"the run command {order.name} of {vm.name} is not ours", "NotOurs")
            return existing(write, self.endpoint, command, run_command_look(found.as_dict()).provisioning_state)
        from bootmend.arm import bodies

        body = bodies.run_command(order, protected or {})
        return await self.begin(
            write,
            command,
            lambda client, begun: client.virtual_machine_run_commands.begin_create_or_update(
                vm.group, vm.name, order.name, body, polling=begun
            ),
        )

    async def begin_delete_run_command(self, vm_id: str, name: str) -> Operation:
        """Removes a run command, which ends its script; done at once if it or the VM is gone."""
        vm, delete = self.resource(vm_id, VM), f"{_RUN}/delete"
        command = vm.child("runCommands", name)
        try:
            return await self.begin(
                delete,
                command,
                lambda client, begun: client.virtual_machine_run_commands.begin_delete(
                    vm.group, vm.name, name, polling=begun
                ),
            )
        except NotFound:
            return finished(delete, self.endpoint, command, "DELETE")

    async def _put_vm(self, vm: ResourceId, body: models.VirtualMachine, etag: str | None) -> Operation:
        from azure.core import MatchConditions

        condition = MatchConditions.IfNotModified if etag else None
        return await self.begin(
            f"{VM}/write",
            vm,
            lambda client, begun: client.virtual_machines.begin_create_or_update(
                vm.group, vm.name, body, etag=etag, match_condition=condition, polling=begun
            ),
        )

    async def _attach_detach(self, vm: ResourceId, body: models.AttachDetachDataDisksRequest) -> Operation:
        return await self.begin(
            _ATTACH,
            vm,
            lambda client, begun: client.virtual_machines.begin_attach_detach_data_disks(
                vm.group, vm.name, body, polling=begun
            ),
        )

    async def _require(self, vm: VmFacts, mark: SourceMark) -> None:
        if not same_id(vm.os_disk.id, mark.os_disk_id):
            raise _changed(vm, f"its OS disk is {vm.os_disk.id}, not {mark.os_disk_id}")
        differences = _differences(vm, await self.get_disk(mark.os_disk_id), mark)
        if differences:
            raise _changed(vm, "; ".join(differences))

    async def _swapped_meanwhile(self, vm: ResourceId, disk: ResourceId, error: PreconditionFailed) -> Operation:
        """A PUT that azure-core sent again after a lost answer finds its own change: the ETag is new, the disk is ours."""
        facts = await self.get_vm(str(vm))
        if same_id(facts.os_disk.id, str(disk)):
            return existing(f"{VM}/write", self.endpoint, vm, facts.provisioning_state)
        if facts.provisioning_state.lower() == "updating":
            # Our own request may be at work, its answer lost: to call it somebody else's would leave the swap unseen.
            raise Transient("the VM is being changed", "AnotherOperationInProgress") from error
        raise _changed(facts, "it was changed while the swap was asked for") from error


def _differences(vm: VmFacts, disk: DiskFacts, mark: SourceMark) -> list[str]:
    """What forbids the swap, in words. A disk whose ownership changed was started or attached elsewhere in between."""
    found = []
    if vm.power != "deallocated" or mark.power != "deallocated":
        found.append(f"its power is {vm.power} and was recorded as {mark.power}; both must be deallocated")
    if disk.last_ownership_update_time != mark.last_ownership_update_time:
        now, then = disk.last_ownership_update_time, mark.last_ownership_update_time
        found.append(f"its OS disk's last ownership update is {now}, not {then}")
    return found


def _changed(vm: VmFacts, how: str) -> PreconditionFailed:
    return PreconditionFailed(f"{vm.name} is not as it was recorded: {how}", "SourceChanged")


def _replace_os_disk(vm: models.VirtualMachine, disk: ResourceId) -> None:
    """Name and id change together, `createOption` never. The SDK leaves out what is read-only."""
    storage = vm.properties.storage_profile if vm.properties else None
    if storage is None or storage.os_disk is None or storage.os_disk.managed_disk is None:
        raise Rejected("the VM has no managed OS disk", "UnmanagedDisk")
    storage.os_disk.name = disk.name
    storage.os_disk.managed_disk.id = str(disk)
