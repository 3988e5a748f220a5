"""Operations: their headers and URLs, how they are looked at, and how they fail."""

from collections.abc import Callable

import pytest

from sandbox.azure import FaultSpec, WorldSpec
from tests.azure.driver import REPAIR_GROUP, SOURCE_GROUP, Cloud
from tests.azure.test_repair_by_hand import VM

type InCloud = Callable[..., Cloud]

DEALLOCATE = "Microsoft.Compute/virtualMachines/deallocate/action"


def test_the_urls_are_long_signed_and_looked_at_once_a_request(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        begun = await cloud.begin(cloud.client.virtual_machines.begin_deallocate, SOURCE_GROUP, VM)
        assert (begun.status_code, begun.headers["Retry-After"]) == (202, "10")
        url = begun.headers["Azure-AsyncOperation"]
        assert 3000 < len(url) < 3600
        assert "monitor=true" in begun.headers["Location"]
        status = await cloud.look(begun)
        assert status.keys() == {"startTime", "status", "name"}
        assert (await cloud.send("GET", begun.headers["Location"])).status_code == 202
        assert (await cloud.send("GET", url.replace("&s=", "&s=0"))).status_code == 403
        status = await cloud.finish(begun)
        assert status.keys() == {"startTime", "endTime", "status", "name"}
        assert (await cloud.send("GET", begun.headers["Location"])).status_code == 204
        cloud.sim.forget_operations()
        assert (await cloud.send("GET", url)).status_code == 404

    in_cloud(scene)


def test_an_operation_that_fails_tells_its_code_and_leaves_the_vm_failed(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        machines = cloud.client.virtual_machines
        begun = await cloud.begin(machines.begin_create_or_update, REPAIR_GROUP, "bm-1", cloud.repair_vm())
        status = await cloud.finish(begun)
        assert status["status"] == "Failed"
        assert status["error"]["code"] == "AllocationFailed"
        vm = await machines.get(REPAIR_GROUP, "bm-1")
        assert vm.provisioning_state == "Failed"
        await cloud.run(machines.begin_delete, REPAIR_GROUP, "bm-1")

    fault = FaultSpec(operation="Microsoft.Compute/virtualMachines/write", code="AllocationFailed", in_operation=True)
    cloud = in_cloud(scene, WorldSpec(faults=(fault,)))
    assert not [resource for resource in cloud.sim.resources() if resource.made_by_caller]


def test_a_failed_start_leaves_the_vm_deallocated(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        machines = cloud.client.virtual_machines
        await cloud.run(machines.begin_deallocate, SOURCE_GROUP, VM)
        status = await cloud.finish(await cloud.begin(machines.begin_start, SOURCE_GROUP, VM))
        assert status["error"]["code"] == "AllocationFailed"
        assert cloud.sim.vm(VM).state().power == "deallocated"

    operation = "Microsoft.Compute/virtualMachines/start/action"
    fault = FaultSpec(operation=operation, code="AllocationFailed", in_operation=True)
    in_cloud(scene, WorldSpec(faults=(fault,)))


@pytest.mark.parametrize(("profile", "low", "high"), [("median", 34, 48), ("p90", 107, 145)])
def test_durations_follow_the_table(in_cloud: InCloud, profile: str, low: float, high: float) -> None:
    async def scene(cloud: Cloud) -> None:
        began = cloud.clock.now()
        await cloud.run(cloud.client.virtual_machines.begin_deallocate, SOURCE_GROUP, VM)
        assert low < (cloud.clock.now() - began).total_seconds() < high

    in_cloud(scene, profile=profile)


def test_deallocating_twice_is_quick_and_harmless(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        for _ in range(2):
            await cloud.run(cloud.client.virtual_machines.begin_deallocate, SOURCE_GROUP, VM)
        assert cloud.sim.vm(VM).state().power == "deallocated"

    in_cloud(scene)


def test_ownership_times_move_with_deallocation_start_and_swap(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        machines, disk_id = cloud.client.virtual_machines, cloud.sim.vm(VM).state().os_disk_id
        seen = []
        for call in (machines.begin_deallocate, machines.begin_start):
            await cloud.run(call, SOURCE_GROUP, VM)
            body = (await cloud.get(cloud.sim.url + disk_id, "2026-03-02")).json()
            seen.append((body["properties"]["diskState"], body["properties"]["LastOwnershipUpdateTime"]))
        assert [state for state, _ in seen] == ["Reserved", "Attached"]
        assert seen[0][1] < seen[1][1]

    in_cloud(scene)


def test_two_runs_leave_the_same_trace(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        machines = cloud.client.virtual_machines
        await cloud.run(machines.begin_deallocate, SOURCE_GROUP, VM)
        await cloud.run(machines.begin_create_or_update, REPAIR_GROUP, "bm-1", cloud.repair_vm())
        await cloud.run(machines.begin_start, SOURCE_GROUP, VM)
        cloud.pass_time(minutes=10)

    first, second = (in_cloud(scene) for _ in range(2))
    rows = [[(r.time, r.method, r.path, r.operation, r.status) for r in cloud.sim.trace] for cloud in (first, second)]
    assert rows[0] == rows[1]
    assert rows[0][0][3] == DEALLOCATE
    assert first.sim.vm(VM).state() == second.sim.vm(VM).state()
