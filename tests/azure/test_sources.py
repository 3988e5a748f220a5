"""Source VMs as a scenario describes them: what Azure shows of each."""

from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from sandbox.azure import SourceSpec, WorldSpec
from sandbox.windows import DataDiskSpec, OsDiskSpec, SourceVm, SourceWindows
from tests.azure.driver import SOURCE_GROUP, Cloud
from tests.azure.test_repair_by_hand import VM, make_copy

type InCloud = Callable[..., Cloud]


async def shown(cloud: Cloud) -> tuple[dict[str, Any], dict[str, Any]]:
    """The VM with its instance view, and its OS disk, as JSON."""
    view = {"$expand": "instanceView"}
    vm = (await cloud.get(cloud.sim.url + cloud.sim.vm(VM).id, "2026-04-01", **view)).json()
    disk = (await cloud.get(cloud.sim.url + cloud.sim.vm(VM).state().os_disk_id, "2026-03-02")).json()
    return vm, disk


def one(**source: Any) -> WorldSpec:
    return WorldSpec(sources=(SourceSpec(**source),))


@pytest.mark.parametrize(
    ("world", "path", "value"),
    [
        (one(vm=SourceVm(generation="V1")), "vm.properties.instanceView.hyperVGeneration", "V1"),
        (one(vm=SourceVm(generation="V1")), "disk.properties.hyperVGeneration", "V1"),
        (one(security="TrustedLaunch"), "disk.properties.securityProfile.securityType", "TrustedLaunch"),
        (one(security="ConfidentialVM"), "vm.properties.securityProfile.securityType", "ConfidentialVM"),
        (one(ephemeral_os_disk=True), "vm.properties.storageProfile.osDisk.diffDiskSettings.option", "Local"),
        (one(controller="NVMe"), "vm.properties.storageProfile.diskControllerType", "NVMe"),
        (one(controller="NVMe"), "disk.properties.supportedCapabilities.diskControllerTypes", "NVMe"),
        (one(vm=SourceVm(encryption="ade")), "disk.properties.encryptionSettingsCollection.enabled", True),
        (one(vm=SourceVm(os_disk=OsDiskSpec(size_gb=64))), "disk.properties.diskSizeBytes", 64 * 1024**3),
        (one(tags={"bootmend:exclude": "yes"}), "vm.tags", {"bootmend:exclude": "yes"}),
        (one(zone="2"), "disk.zones", ["2"]),
        (one(power="deallocated"), "disk.properties.diskState", "Reserved"),
        (one(), "disk.properties.diskState", "Attached"),
        (one(vm=SourceVm(os="Windows11")), "vm.properties.storageProfile.imageReference.offer", "windows-11"),
    ],
)
def test_what_the_scenario_says_is_what_azure_shows(in_cloud: InCloud, world: WorldSpec, path: str, value: Any) -> None:
    async def scene(cloud: Cloud) -> None:
        vm, disk = await shown(cloud)
        found: Any = {"vm": vm, "disk": disk}
        for key in path.split("."):
            found = found[key]
        assert found == value

    in_cloud(scene, world)


def test_a_vm_without_a_zone_has_none_and_its_copy_has_none(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        vm, disk = await shown(cloud)
        assert "zones" not in vm
        assert "zones" not in disk

    in_cloud(scene, one(zone=None))


def test_a_deallocated_vm_shows_no_agent(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        vm, _ = await shown(cloud)
        assert "vmAgent" not in vm["properties"]["instanceView"]
        assert vm["properties"]["instanceView"]["statuses"][1]["code"] == "PowerState/deallocated"

    in_cloud(scene, one(power="deallocated"))


def test_a_broken_vm_runs_and_its_agent_is_not_ready(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        vm, _ = await shown(cloud)
        view = vm["properties"]["instanceView"]
        assert view["statuses"][1]["code"] == "PowerState/running"
        assert view["vmAgent"]["statuses"][0]["code"] == "ProvisioningState/Unavailable"
        assert "osName" not in view

    in_cloud(scene)


def test_an_agent_that_never_reports_is_never_ready(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        cloud.pass_time(hours=2)
        assert not cloud.sim.vm(VM).state().agent_ready
        assert cloud.sim.vm(VM).state().serial.count("SAC started") == 1

    in_cloud(scene, one(windows=SourceWindows(fault="none", agent=False)))


def test_data_disks_are_there_with_their_luns(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        vm, _ = await shown(cloud)
        assert [disk["lun"] for disk in vm["properties"]["storageProfile"]["dataDisks"]] == [0, 3]
        name = vm["properties"]["storageProfile"]["dataDisks"][0]["name"]
        disk = await cloud.client.disks.get(SOURCE_GROUP, name)
        assert (disk.os_type, disk.managed_by) == (None, cloud.sim.vm(VM).id)

    disks = (DataDiskSpec(lun=3, letter="G"), DataDiskSpec(lun=0, letter="F"))
    in_cloud(scene, one(vm=SourceVm(data_disks=disks)))


def test_a_name_that_is_taken_is_not_given_another_source(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        await make_copy(cloud)
        creation = {"createOption": "Copy", "sourceResourceId": cloud.sim.vm(VM).state().os_disk_id}
        body = {"location": "westeurope", "properties": {"creationData": creation}}
        with pytest.raises(HttpResponseError) as caught:
            await cloud.begin(cloud.client.disks.begin_create_or_update, SOURCE_GROUP, "copy", body)
        assert caught.value.status_code == 409

    in_cloud(scene)


def test_tags_of_a_copy_are_replaced(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        await make_copy(cloud)
        await cloud.run(cloud.client.disks.begin_update, SOURCE_GROUP, "copy", {"tags": {"kept": "yes"}})
        assert (await cloud.client.disks.get(SOURCE_GROUP, "copy")).tags == {"kept": "yes"}

    in_cloud(scene)
