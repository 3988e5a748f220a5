"""The whole repair, request by request, with the real SDK: what the product will do, done by hand."""

from collections.abc import Callable
from typing import Any

from sandbox.azure import SourceSpec, WorldSpec
from sandbox.windows import SourceWindows
from tests.azure.driver import REPAIR_GROUP, SOURCE_GROUP, Cloud

VM = "vm-web-01"


async def power_of(cloud: Cloud) -> str:
    view: Any = await cloud.client.virtual_machines.instance_view(SOURCE_GROUP, VM)
    return next(str(s.code) for s in view.statuses or [] if s.code and s.code.startswith("PowerState"))


async def make_copy(cloud: Cloud, name: str = "copy") -> str:
    client = cloud.client
    vm: Any = await client.virtual_machines.get(SOURCE_GROUP, VM)
    source = vm.storage_profile.os_disk.managed_disk.id
    body = {"location": vm.location, "sku": {"name": "Premium_LRS"}, "tags": {"bootmend:repair": "r1"}}
    creation = {"createOption": "Copy", "sourceResourceId": source}
    snapshot = {**body, "properties": {"creationData": creation, "incremental": False}}
    await cloud.run(client.snapshots.begin_create_or_update, SOURCE_GROUP, f"{name}-snap", snapshot)
    creation = {"createOption": "Copy", "sourceResourceId": cloud.id(SOURCE_GROUP, "snapshots", f"{name}-snap")}
    disk = {**body, "zones": ["1"], "properties": {"creationData": creation}}
    await cloud.run(client.disks.begin_create_or_update, SOURCE_GROUP, name, disk)
    return cloud.id(SOURCE_GROUP, "disks", name)


async def swap(cloud: Cloud, disk_id: str) -> None:
    client = cloud.client
    vm: Any = await client.virtual_machines.get(SOURCE_GROUP, VM)
    vm.storage_profile.os_disk.name = disk_id.rsplit("/", 1)[1]
    vm.storage_profile.os_disk.managed_disk.id = disk_id
    await cloud.run(client.virtual_machines.begin_create_or_update, SOURCE_GROUP, VM, vm)


def test_from_deallocation_to_clean_up(in_cloud: Callable[..., Cloud]) -> None:
    async def scene(cloud: Cloud) -> None:
        machines = cloud.client.virtual_machines
        assert await power_of(cloud) == "PowerState/running"
        await cloud.run(machines.begin_deallocate, SOURCE_GROUP, VM)
        assert await power_of(cloud) == "PowerState/deallocated"
        copy = await make_copy(cloud)

        begun = await cloud.begin(machines.begin_create_or_update, REPAIR_GROUP, "bm-1", cloud.repair_vm())
        assert begun.status_code == 201
        assert (await cloud.finish(begun))["status"] == "Succeeded"
        view: Any = await machines.instance_view(REPAIR_GROUP, "bm-1")
        assert view.vm_agent.statuses[0].display_status == "Ready"

        attach = {"dataDisksToAttach": [{"diskId": copy, "lun": 0}]}
        status = await cloud.run(machines.begin_attach_detach_data_disks, REPAIR_GROUP, "bm-1", attach)
        assert status["properties"]["output"]["dataDisks"][0]["managedDisk"]["id"] == copy
        disk: Any = await cloud.client.disks.get(SOURCE_GROUP, "copy")
        assert disk.disk_state == "Attached"
        assert disk.managed_by == cloud.id(REPAIR_GROUP, "virtualMachines", "bm-1")

        detach = {"dataDisksToDetach": [{"diskId": copy}]}
        await cloud.run(machines.begin_attach_detach_data_disks, REPAIR_GROUP, "bm-1", detach)
        await swap(cloud, copy)
        vm: Any = await machines.get(SOURCE_GROUP, VM)
        assert vm.storage_profile.os_disk.managed_disk.id == copy

        await cloud.run(machines.begin_start, SOURCE_GROUP, VM)
        assert await power_of(cloud) == "PowerState/running"
        await cloud.run(machines.begin_delete, REPAIR_GROUP, "bm-1")
        await cloud.run(cloud.client.snapshots.begin_delete, SOURCE_GROUP, "copy-snap")

    cloud = in_cloud(scene)
    left = {resource.id.rsplit("/", 1)[1] for resource in cloud.sim.resources() if resource.made_by_caller}
    assert left == {"copy"}


def test_a_mended_copy_boots_and_its_agent_reports(in_cloud: Callable[..., Cloud]) -> None:
    async def scene(cloud: Cloud) -> None:
        await cloud.run(cloud.client.virtual_machines.begin_deallocate, SOURCE_GROUP, VM)
        copy = await make_copy(cloud)
        content = cloud.sim.vm(VM).disk_content(copy)
        assert content is not None
        mend(content)
        await swap(cloud, copy)
        await cloud.run(cloud.client.virtual_machines.begin_start, SOURCE_GROUP, VM)
        before = cloud.sim.vm(VM).state()
        assert not before.agent_ready
        cloud.pass_time(minutes=10)
        after = cloud.sim.vm(VM).state()
        assert after.agent_ready
        assert "The CMD command is now available." in after.serial[len(before.serial) :]

    in_cloud(scene)


def test_a_copy_that_was_not_mended_crashes_again_every_two_minutes(in_cloud: Callable[..., Cloud]) -> None:
    async def scene(cloud: Cloud) -> None:
        await cloud.run(cloud.client.virtual_machines.begin_deallocate, SOURCE_GROUP, VM)
        await swap(cloud, await make_copy(cloud))
        offset = len(cloud.sim.vm(VM).state().serial)
        await cloud.run(cloud.client.virtual_machines.begin_start, SOURCE_GROUP, VM)
        cloud.pass_time(minutes=10)
        state = cloud.sim.vm(VM).state()
        assert state.serial[offset:].count("BLUESCREEN") == 5
        assert not state.agent_ready

    in_cloud(scene)


def test_what_a_running_vm_wrote_is_on_its_disk_only_after_deallocation(in_cloud: Callable[..., Cloud]) -> None:
    async def scene(cloud: Cloud) -> None:
        early = await make_copy(cloud, "early")
        await cloud.run(cloud.client.virtual_machines.begin_deallocate, SOURCE_GROUP, VM)
        late = await make_copy(cloud, "late")
        vm = cloud.sim.vm(VM)
        assert boots(vm.disk_content(early)) == 0
        assert boots(vm.disk_content(late)) > 0

    in_cloud(scene)


def test_a_healthy_vm_reports_with_a_time_that_moves_on(in_cloud: Callable[..., Cloud]) -> None:
    async def scene(cloud: Cloud) -> None:
        times = []
        for _ in range(2):
            view: Any = await cloud.client.virtual_machines.instance_view(SOURCE_GROUP, VM)
            status = view.vm_agent.statuses[0]
            assert status.code == "ProvisioningState/succeeded"
            times.append(status.time)
            cloud.pass_time(minutes=5)
        assert times[1] > times[0]
        assert view.os_name == "Windows Server 2022 Datacenter"

    in_cloud(scene, WorldSpec(sources=(SourceSpec(windows=SourceWindows(fault="none")),)))


def test_a_stale_agent_stays_ready_with_the_old_time(in_cloud: Callable[..., Cloud]) -> None:
    async def scene(cloud: Cloud) -> None:
        began = cloud.clock.now()
        cloud.pass_time(minutes=5)
        view: Any = await cloud.client.virtual_machines.instance_view(SOURCE_GROUP, VM)
        status = view.vm_agent.statuses[0]
        assert status.display_status == "Ready"
        assert status.time < began

    in_cloud(scene, WorldSpec(stale_agent=True))


def boots(content: Any) -> int:
    assert content is not None
    return int(content.boots)


def mend(content: Any) -> None:
    """What SFC would do."""
    for volume in content.volumes:
        for file in volume.files.values():
            if hasattr(file.content, "healthy"):
                file.content.healthy = True
