"""Faults on request, and what people do behind the app's back."""

from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError, ServiceResponseError

from sandbox.azure import FaultSpec, WorldSpec
from tests.azure.driver import SOURCE_GROUP, Cloud
from tests.azure.test_repair_by_hand import VM, power_of

type InCloud = Callable[..., Cloud]

DEALLOCATE = "Microsoft.Compute/virtualMachines/deallocate/action"


async def deallocate(cloud: Cloud) -> None:
    await cloud.begin(cloud.client.virtual_machines.begin_deallocate, SOURCE_GROUP, VM)


def headers(error: HttpResponseError) -> dict[str, str]:
    response: Any = error.response
    return dict(response.headers)


def test_a_fault_strikes_as_often_as_asked_and_nothing_is_done(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        for _ in range(2):
            with pytest.raises(HttpResponseError) as caught:
                await deallocate(cloud)
            assert caught.value.status_code == 429
            assert headers(caught.value)["Retry-After"] == "7"
            assert await power_of(cloud) == "PowerState/running"
        await deallocate(cloud)

    in_cloud(scene, WorldSpec(faults=(FaultSpec(operation=DEALLOCATE, status=429, retry_after=7, times=2),)))


def test_a_503_has_no_body_and_a_fraction_of_a_second_goes_into_milliseconds(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        with pytest.raises(HttpResponseError) as caught:
            await deallocate(cloud)
        assert "error" not in caught.value.message
        assert headers(caught.value)["x-ms-retry-after-ms"] == "1500"

    in_cloud(scene, WorldSpec(faults=(FaultSpec(operation=DEALLOCATE, status=503, retry_after=1.5),)))


@pytest.mark.parametrize("dropped", [True, False])
def test_after_acting_the_answer_hides_what_was_done(in_cloud: InCloud, dropped: bool) -> None:
    async def scene(cloud: Cloud) -> None:
        with pytest.raises(AzureError):
            await deallocate(cloud)
        assert await power_of(cloud) == "PowerState/deallocating"

    status = None if dropped else 500
    fault = FaultSpec(operation=DEALLOCATE, status=status, after_acting=True, drop_connection=dropped)
    in_cloud(scene, WorldSpec(faults=(fault,)))


def test_a_dropped_connection_gives_no_answer(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        with pytest.raises((ServiceRequestError, ServiceResponseError)):
            await deallocate(cloud)
        assert await power_of(cloud) == "PowerState/running"

    in_cloud(scene, WorldSpec(faults=(FaultSpec(operation=DEALLOCATE, drop_connection=True),)))


def test_somebody_swaps_the_disk(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        await cloud.run(cloud.client.virtual_machines.begin_deallocate, SOURCE_GROUP, VM)
        before: Any = await cloud.client.virtual_machines.get(SOURCE_GROUP, VM)
        new = cloud.sim.vm(VM).swap_os_disk_behind_our_back()
        after: Any = await cloud.client.virtual_machines.get(SOURCE_GROUP, VM)
        assert after.storage_profile.os_disk.managed_disk.id == new
        assert after.etag != before.etag
        assert await power_of(cloud) == "PowerState/deallocated"

    in_cloud(scene)


def test_the_vm_recovers(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        offset = len(cloud.sim.vm(VM).state().serial)
        cloud.sim.vm(VM).recover()
        cloud.pass_time(minutes=10)
        state = cloud.sim.vm(VM).state()
        assert state.agent_ready
        assert "BLUESCREEN" not in state.serial[offset:]

    in_cloud(scene)


def test_the_vm_is_deleted_and_its_disk_stays(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        vm = cloud.sim.vm(VM)
        disk = vm.state().os_disk_id.rsplit("/", 1)[1]
        vm.delete()
        with pytest.raises(HttpResponseError) as caught:
            await cloud.client.virtual_machines.get(SOURCE_GROUP, VM)
        assert (caught.value.status_code, caught.value.error and caught.value.error.code) == (404, "ResourceNotFound")
        assert (await cloud.client.disks.get(SOURCE_GROUP, disk)).disk_state == "Unattached"
        assert not vm.exists()

    in_cloud(scene)


def test_locks_come_and_go(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        cloud.sim.vm(VM).set_lock("ReadOnly", "group")
        with pytest.raises(HttpResponseError):
            await deallocate(cloud)
        cloud.sim.vm(VM).clear_locks("group")
        await deallocate(cloud)

    in_cloud(scene)
