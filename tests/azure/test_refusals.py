"""What Azure refuses, and in which words: each with the real SDK's exception."""

from collections.abc import Callable
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError

from sandbox.azure import LockSpec, SourceSpec, WorldSpec
from sandbox.windows import SourceVm
from tests.azure.driver import REPAIR_GROUP, SOURCE_GROUP, Cloud
from tests.azure.test_repair_by_hand import VM, make_copy, swap

type InCloud = Callable[..., Cloud]


async def refused(call: Callable[..., Any], *args: Any, **kwargs: Any) -> HttpResponseError:
    with pytest.raises(HttpResponseError) as caught:
        await call(*args, **kwargs)
    return caught.value


def code(error: HttpResponseError) -> tuple[int | None, str | None]:
    return error.status_code, error.error.code if error.error else None


def world(**source: Any) -> WorldSpec:
    return WorldSpec(sources=(SourceSpec(**source),))


def test_a_swap_needs_a_deallocated_vm(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        copy = await make_copy(cloud)
        assert code(await refused(swap, cloud, copy)) == (409, "OperationNotAllowed")

    in_cloud(scene)


@pytest.mark.parametrize("shape", ["name only", "id only", "another name"])
def test_a_wrong_shaped_swap_succeeds_and_does_nothing(in_cloud: InCloud, shape: str) -> None:
    async def scene(cloud: Cloud) -> None:
        machines = cloud.client.virtual_machines
        await cloud.run(machines.begin_deallocate, SOURCE_GROUP, VM)
        copy = await make_copy(cloud)
        before = cloud.sim.vm(VM).state().os_disk_id
        vm: Any = await machines.get(SOURCE_GROUP, VM)
        os_disk: Any = vm.storage_profile.os_disk
        if shape != "id only":
            os_disk.name = "copy" if shape == "name only" else "something"
        if shape != "name only":
            os_disk.managed_disk.id = copy
        await cloud.run(machines.begin_create_or_update, SOURCE_GROUP, VM, vm)
        assert cloud.sim.vm(VM).state().os_disk_id == before

    in_cloud(scene)


def test_create_option_never_changes(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        vm: Any = await cloud.client.virtual_machines.get(SOURCE_GROUP, VM)
        vm.storage_profile.os_disk.create_option = "Attach"
        put = cloud.client.virtual_machines.begin_create_or_update
        assert code(await refused(cloud.begin, put, SOURCE_GROUP, VM, vm)) == (409, "PropertyChangeNotAllowed")

    in_cloud(scene)


def test_a_swap_of_a_vm_that_was_changed_meanwhile_is_refused_by_its_etag(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        machines = cloud.client.virtual_machines
        vm: Any = await machines.get(SOURCE_GROUP, VM)
        etag = vm.etag
        await cloud.run(machines.begin_update, SOURCE_GROUP, VM, {"tags": {"a": "b"}})
        match = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
        error = await refused(cloud.begin, machines.begin_create_or_update, SOURCE_GROUP, VM, vm, **match)
        assert code(error) == (412, "PreconditionFailed")
        vm = await machines.get(SOURCE_GROUP, VM)
        match["etag"] = vm.etag
        await cloud.run(machines.begin_create_or_update, SOURCE_GROUP, VM, vm, **match)

    in_cloud(scene)


def test_a_busy_vm_and_its_busy_disk_answer_409(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        machines = cloud.client.virtual_machines
        begun = await cloud.begin(machines.begin_deallocate, SOURCE_GROUP, VM)
        assert code(await refused(cloud.begin, machines.begin_start, SOURCE_GROUP, VM)) == (409, "Conflict")
        await cloud.finish(begun)
        await cloud.run(machines.begin_start, SOURCE_GROUP, VM)

    in_cloud(scene)


def test_a_disk_that_a_vm_has_is_not_deleted(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        name = cloud.sim.vm(VM).state().os_disk_id.rsplit("/", 1)[1]
        error = await refused(cloud.begin, cloud.client.disks.begin_delete, SOURCE_GROUP, name)
        assert code(error) == (409, "OperationNotAllowed")
        assert "is attached to VM" in error.message

    in_cloud(scene)


def test_what_is_gone_is_deleted_with_204(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        for delete in (cloud.client.disks.begin_delete, cloud.client.snapshots.begin_delete):
            assert (await cloud.begin(delete, SOURCE_GROUP, "none")).status_code == 204
        assert (await cloud.begin(cloud.client.virtual_machines.begin_delete, REPAIR_GROUP, "no")).status_code == 204

    in_cloud(scene)


@pytest.mark.parametrize("told", [{"hyperVGeneration": "V2"}, {"securityProfile": {"securityType": "TrustedLaunch"}}])
def test_a_copy_is_not_told_what_it_inherits(in_cloud: InCloud, told: dict[str, Any]) -> None:
    async def scene(cloud: Cloud) -> None:
        source = cloud.sim.vm(VM).state().os_disk_id
        properties = {"creationData": {"createOption": "Copy", "sourceResourceId": source}, **told}
        body = {"location": "westeurope", "properties": properties}
        error = await refused(cloud.begin, cloud.client.disks.begin_create_or_update, SOURCE_GROUP, "copy", body)
        assert code(error) == (400, "InvalidParameter")

    in_cloud(scene)


def test_the_copy_inherits_generation_security_and_controllers(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        await make_copy(cloud)
        disk: Any = await cloud.client.disks.get(SOURCE_GROUP, "copy")
        assert disk.hyper_v_generation == "V2"
        assert disk.security_profile.security_type == "TrustedLaunch"
        assert disk.supported_capabilities.disk_controller_types == "SCSI, NVMe"

    in_cloud(scene, world(security="TrustedLaunch", disk_controllers=("SCSI", "NVMe")))


@pytest.mark.parametrize(
    ("source", "works"),
    [
        ({"controller": "NVMe"}, False),
        ({"controller": "NVMe", "disk_controllers": ("SCSI", "NVMe")}, True),
        ({}, True),
    ],
)
def test_an_nvme_only_disk_cannot_be_attached_to_a_scsi_vm(
    in_cloud: InCloud, source: dict[str, Any], works: bool
) -> None:
    async def scene(cloud: Cloud) -> None:
        machines = cloud.client.virtual_machines
        copy = await make_copy(cloud)
        await cloud.run(machines.begin_create_or_update, REPAIR_GROUP, "bm-1", cloud.repair_vm())
        body = {"dataDisksToAttach": [{"diskId": copy, "lun": 0}]}
        if works:
            await cloud.run(machines.begin_attach_detach_data_disks, REPAIR_GROUP, "bm-1", body)
            return
        error = await refused(cloud.begin, machines.begin_attach_detach_data_disks, REPAIR_GROUP, "bm-1", body)
        assert "NVMe" in error.message

    in_cloud(scene, world(**source))


@pytest.mark.parametrize("scope", ["vm", "group"])
def test_a_read_only_lock_blocks_writes_and_actions(in_cloud: InCloud, scope: Any) -> None:
    async def scene(cloud: Cloud) -> None:
        machines = cloud.client.virtual_machines
        assert (await machines.get(SOURCE_GROUP, VM)).name == VM
        for call in (machines.begin_deallocate, machines.begin_start):
            error = await refused(cloud.begin, call, SOURCE_GROUP, VM)
            assert code(error) == (409, "ScopeLocked")
        answer = await cloud.get(
            f"{cloud.sim.url}/subscriptions/{cloud.subscription}/resourceGroups/{SOURCE_GROUP}"
            "/providers/Microsoft.Authorization/locks",
            "2020-05-01",
        )
        assert [lock["properties"]["level"] for lock in answer.json()["value"]] == ["ReadOnly"]

    in_cloud(scene, world(locks=(LockSpec(level="ReadOnly", scope=scope),)))


def test_a_cannot_delete_lock_blocks_deletes_only(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        await make_copy(cloud)
        error = await refused(cloud.begin, cloud.client.snapshots.begin_delete, SOURCE_GROUP, "copy-snap")
        assert code(error) == (409, "ScopeLocked")

    in_cloud(scene, world(locks=(LockSpec(level="CanNotDelete", scope="group"),)))


def test_a_vm_beyond_the_quota_is_refused_and_leaves_nothing(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        put = cloud.client.virtual_machines.begin_create_or_update
        error = await refused(cloud.begin, put, REPAIR_GROUP, "bm-1", cloud.repair_vm())
        assert code(error) == (409, "OperationNotAllowed")
        assert "Total Regional Cores quota" in error.message

    cloud = in_cloud(scene, WorldSpec(cores=3))
    assert not [resource for resource in cloud.sim.resources() if resource.made_by_caller]


def test_a_restricted_size_shows_it_and_is_refused(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        skus = cloud.client.resource_skus.list(filter="location eq 'westeurope'")
        restricted = {sku.name async for sku in skus if sku.restrictions}
        assert restricted == {"Standard_D2s_v5"}
        put = cloud.client.virtual_machines.begin_create_or_update
        error = await refused(cloud.begin, put, REPAIR_GROUP, "bm-1", cloud.repair_vm())
        assert code(error) == (409, "SkuNotAvailable")

    in_cloud(scene, WorldSpec(restricted=("Standard_D2s_v5",)))


def test_an_ade_vm_does_not_swap(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        await cloud.run(cloud.client.virtual_machines.begin_deallocate, SOURCE_GROUP, VM)
        copy = await make_copy(cloud)
        error = await refused(swap, cloud, copy)
        assert code(error) == (409, "OSDiskSwapNotSupportedForVMsUsingDiskEncryption")

    in_cloud(scene, world(vm=SourceVm(encryption="ade")))


def test_a_subnet_of_another_region_is_refused(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        body = {**cloud.repair_vm(), "location": "eastus"}
        put = cloud.client.virtual_machines.begin_create_or_update
        assert code(await refused(cloud.begin, put, REPAIR_GROUP, "bm-1", body)) == (400, "InvalidResourceReference")
        for region, status in (("westeurope", 200), ("northeurope", 200), ("eastus", 404)):
            subnet = cloud.sim.repair_subnets()["westeurope"].replace("westeurope", region)
            assert (await cloud.get(cloud.sim.url + subnet)).status_code == status

    in_cloud(scene)
