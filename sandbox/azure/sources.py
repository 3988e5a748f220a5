"""The source VMs as they stand when the world begins: they have run before, and have shown it."""

from datetime import datetime, timedelta

from sandbox.azure.account import Account
from sandbox.azure.compute.disk import Disk
from sandbox.azure.compute.machine import DataSlot, Machine, NicSlot, OsSlot
from sandbox.azure.compute.power import catch_up, power_off, power_on
from sandbox.azure.compute.sizes import size_named
from sandbox.azure.compute.windows_images import image_id, image_of
from sandbox.azure.network import Nic
from sandbox.azure.world import SourceSpec
from sandbox.windows import Screenshot, build_data_disk, build_os_disk

_AGE = timedelta(days=200)
_LAST_WELL = timedelta(minutes=40)
_POWERED = timedelta(minutes=12)


def add_source(account: Account, spec: SourceSpec) -> Machine:
    """Put one source VM with its disks, its NIC and its locks into the subscription; its Windows has booted already."""
    now = account.now()
    machine = _machine(account, spec, now - _AGE)
    for disk in (_os_disk(account, spec, machine), *_data_disks(account, spec, machine)):
        account.disks[disk.key] = disk
    account.machines[machine.key] = machine
    _add_nic(account, spec, machine)
    machine.agent.last_ready = now - _LAST_WELL
    power_on(account, machine, now - _POWERED)
    catch_up(account, machine)
    if spec.power == "deallocated":
        power_off(account, machine, deallocated=True)
    for lock in spec.locks:
        account.locks.add(lock.level, machine.id if lock.scope == "vm" else account.spec.group_id(spec.group))
    return machine


def _machine(account: Account, spec: SourceSpec, made: datetime) -> Machine:
    size = size_named(spec.size)
    name = f"{spec.vm.name}_OsDisk_1"
    return Machine(
        id=account.spec.compute_id(spec.group, "virtualMachines", spec.vm.name),
        name=spec.vm.name,
        group=spec.group,
        location=spec.location,
        zone=spec.zone,
        size=size.name,
        memory_gb=size.memory_gb,
        vm_id=account.unique(),
        created_at=made,
        os=spec.vm.os,
        image=image_of(spec.vm.os, spec.vm.generation),
        generation=spec.vm.generation,
        security=spec.security,
        controller=spec.controller,
        computer_name=spec.vm.name[:15],
        admin="azureadmin",
        os_disk=OsSlot(
            name=name,
            disk_id=account.spec.compute_id(spec.group, "disks", name),
            size_gb=spec.vm.os_disk.size_gb,
            sku=spec.vm.os_disk.sku,
            caching="ReadOnly" if spec.ephemeral_os_disk else "ReadWrite",
            ephemeral=spec.ephemeral_os_disk,
        ),
        screen=Screenshot("boot"),
        tags=dict(spec.tags),
        powered_at=made,
        provisioned_at=made,
        boot_diagnostics=spec.boot_diagnostics,
        stale_agent=account.spec.stale_agent,
        encrypted_by_ade=spec.vm.encryption == "ade",
    )


def _os_disk(account: Account, spec: SourceSpec, machine: Machine) -> Disk:
    controllers = spec.disk_controllers or (("NVMe",) if spec.controller == "NVMe" else None)
    return Disk(
        id=machine.os_disk.disk_id,
        kind="disks",
        name=machine.os_disk.name,
        group=spec.group,
        location=spec.location,
        zone=None if spec.vm.os_disk.sku.endswith("ZRS") else spec.zone,
        sku=spec.vm.os_disk.sku,
        size_gb=spec.vm.os_disk.size_gb,
        creation={"createOption": "FromImage", "imageReference": {"id": image_id(machine.image, machine.location)}},
        created_at=machine.created_at,
        unique_id=account.unique(),
        content=build_os_disk(spec.vm, spec.windows, now=account.now()),
        generation=spec.vm.generation,
        security=spec.security,
        controllers=controllers,
        encrypted_by_ade=spec.vm.encryption == "ade",
    )


def _data_disks(account: Account, spec: SourceSpec, machine: Machine) -> list[Disk]:
    disks = []
    for wanted in spec.vm.data_disks:
        name, size = f"{spec.vm.name}_DataDisk_{wanted.lun}", int(wanted.free_gb) + 2
        disk = Disk(
            id=account.spec.compute_id(spec.group, "disks", name),
            kind="disks",
            name=name,
            group=spec.group,
            location=spec.location,
            zone=spec.zone,
            sku="Premium_LRS",
            size_gb=size,
            creation={"createOption": "Empty"},
            created_at=machine.created_at,
            unique_id=account.unique(),
            content=build_data_disk(spec.vm, wanted),
            os_type=None,
        )
        disks.append(disk)
        machine.data_disks.append(DataSlot(wanted.lun, disk.id, name, size, disk.sku, caching="ReadOnly"))
    return disks


def _add_nic(account: Account, spec: SourceSpec, machine: Machine) -> None:
    home = f"{account.spec.group_id(spec.group)}/providers/Microsoft.Network"
    name = f"{spec.vm.name}-nic"
    subnet = f"{home}/virtualNetworks/vnet-prod-{spec.location}/subnets/default"
    nic_id = f"{home}/networkInterfaces/{name}"
    nic = Nic(id=nic_id, name=name, group=spec.group, location=spec.location, subnet_id=subnet)
    account.nics[nic.key] = nic
    machine.nics.append(NicSlot(nic.id))
