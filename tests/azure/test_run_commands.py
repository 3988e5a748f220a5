"""Managed run commands: what is shown while a script runs, and what one that is cut off leaves behind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from bootmend.articles.article import Machine
from bootmend.articles.critical_process_died import plan
from bootmend.guest.commands import GuestScript, execute_script, inspect_script
from bootmend.guest.output import read_facts, read_progress, read_transcript
from bootmend.models.guest import GuestFacts, Plan
from tests.azure.driver import REPAIR_GROUP, SOURCE_GROUP, Cloud
from tests.azure.test_repair_by_hand import VM, make_copy, swap

type InCloud = Callable[..., Cloud]


def body(script: GuestScript, **changes: Any) -> dict[str, Any]:
    parameters = [{"name": name, "value": value} for name, value in script.parameters.items()]
    properties = {
        "source": {"script": script.script},
        "parameters": parameters,
        "protectedParameters": [{"name": "Secret", "value": "hidden"}] if changes.pop("secret", False) else [],
        "asyncExecution": True,
        "timeoutInSeconds": script.timeout_seconds,
        **changes,
    }
    return {"location": "westeurope", "properties": properties}


async def repair_vm_with_copy(cloud: Cloud) -> str:
    machines = cloud.client.virtual_machines
    await cloud.run(machines.begin_deallocate, SOURCE_GROUP, VM)
    copy = await make_copy(cloud)
    await cloud.run(machines.begin_create_or_update, REPAIR_GROUP, "bm-1", cloud.repair_vm())
    attach = {"dataDisksToAttach": [{"diskId": copy, "lun": 0}]}
    await cloud.run(machines.begin_attach_detach_data_disks, REPAIR_GROUP, "bm-1", attach)
    return copy


async def detach(cloud: Cloud, copy: str) -> None:
    call = cloud.client.virtual_machines.begin_attach_detach_data_disks
    await cloud.run(call, REPAIR_GROUP, "bm-1", {"dataDisksToDetach": [{"diskId": copy}]})


async def order(cloud: Cloud, name: str, content: dict[str, Any]) -> dict[str, Any]:
    commands = cloud.client.virtual_machine_run_commands
    return await cloud.run(commands.begin_create_or_update, REPAIR_GROUP, "bm-1", name, content)


async def look(cloud: Cloud, name: str) -> Any:
    commands = cloud.client.virtual_machine_run_commands
    found = await commands.get_by_virtual_machine(REPAIR_GROUP, "bm-1", name, expand="instanceView")
    return found.instance_view


async def facts_of(cloud: Cloud) -> GuestFacts:
    await order(cloud, "inspect", body(inspect_script(0)))
    cloud.pass_time(minutes=3)
    return read_facts((await look(cloud, "inspect")).output)


async def plan_of(cloud: Cloud) -> Plan:
    made = plan(await facts_of(cloud), Machine(memory_gb=8, generation="V2", is_client=False))
    assert isinstance(made, Plan)
    return made


def healthy(cloud: Cloud, copy: str) -> bool:
    content = cloud.sim.vm(VM).disk_content(copy)
    assert content is not None
    files = [file.content for volume in content.volumes for file in volume.files.values()]
    return all(getattr(file, "healthy", True) for file in files)


def test_a_whole_repair_with_the_shipped_scripts(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        copy = await repair_vm_with_copy(cloud)
        script = execute_script(await plan_of(cloud))
        status = await order(cloud, "execute", body(script))
        assert status["status"] == "Succeeded"
        view = await look(cloud, "execute")
        assert view.execution_state == "Running"
        cloud.pass_time(minutes=10)
        progress = read_progress((await look(cloud, "execute")).output)
        assert progress is not None
        assert 0 < (progress.percent or 0) < 100
        cloud.pass_time(minutes=30)
        view = await look(cloud, "execute")
        assert (view.execution_state, view.exit_code) == ("Succeeded", 0)
        assert read_transcript(view.output).commands
        await detach(cloud, copy)
        assert healthy(cloud, copy)
        await swap(cloud, copy)
        await cloud.run(cloud.client.virtual_machines.begin_start, SOURCE_GROUP, VM)
        cloud.pass_time(minutes=10)
        assert cloud.sim.vm(VM).state().agent_ready

    in_cloud(scene)


@pytest.mark.parametrize("ended_by", ["delete", "detach"])
def test_a_script_that_is_cut_off_leaves_the_disk_as_it_was(
    in_cloud: InCloud, wider_roles: Path, ended_by: str
) -> None:
    async def scene(cloud: Cloud) -> None:
        copy = await repair_vm_with_copy(cloud)
        await order(cloud, "execute", body(execute_script(await plan_of(cloud))))
        cloud.pass_time(minutes=5)
        if ended_by == "delete":
            delete = cloud.client.virtual_machine_run_commands.begin_delete
            await cloud.run(delete, REPAIR_GROUP, "bm-1", "execute")
        await detach(cloud, copy)
        assert not healthy(cloud, copy)

    in_cloud(scene, roles=wider_roles)


def test_the_time_limit_ends_a_script(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        copy = await repair_vm_with_copy(cloud)
        script = execute_script(await plan_of(cloud))
        await order(cloud, "execute", body(script, timeoutInSeconds=300))
        cloud.pass_time(minutes=4)
        assert (await look(cloud, "execute")).execution_state == "Running"
        cloud.pass_time(minutes=2)
        assert (await look(cloud, "execute")).execution_state == "TimedOut"
        await detach(cloud, copy)
        assert not healthy(cloud, copy)

    in_cloud(scene)


def test_a_script_that_is_not_shipped_fails(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        await repair_vm_with_copy(cloud)
        await order(cloud, "other", body(GuestScript(script="Get-Disk", timeout_seconds=60)))
        cloud.pass_time(minutes=1)
        view = await look(cloud, "other")
        assert (view.execution_state, view.exit_code) == ("Failed", 1)
        assert view.error

    in_cloud(scene)


def test_it_starts_some_seconds_after_the_order_and_hides_protected_parameters(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        await repair_vm_with_copy(cloud)
        commands = cloud.client.virtual_machine_run_commands
        content = body(inspect_script(0), secret=True)
        ordered = cloud.clock.now()
        begun = await cloud.begin(commands.begin_create_or_update, REPAIR_GROUP, "bm-1", "x", content)
        assert begun.status_code == 201
        assert (await look(cloud, "x")).execution_state == "Pending"
        await cloud.finish(begun)
        assert 10 <= (cloud.clock.now() - ordered).total_seconds() <= 19
        shown = await commands.get_by_virtual_machine(REPAIR_GROUP, "bm-1", "x")
        assert "hidden" not in str(shown.as_dict())
        assert shown.instance_view is None

    in_cloud(scene)


def test_a_stopped_vm_takes_no_run_command_and_25_are_the_most(in_cloud: InCloud, wider_roles: Path) -> None:
    async def scene(cloud: Cloud) -> None:
        await repair_vm_with_copy(cloud)
        for number in range(25):
            cloud.pass_time(minutes=1)
            await order(cloud, f"c{number}", body(inspect_script(0)))
        cloud.pass_time(minutes=1)
        with pytest.raises(HttpResponseError) as caught:
            await order(cloud, "one-more", body(inspect_script(0)))
        assert "at most 25" in caught.value.message
        commands = cloud.client.virtual_machine_run_commands
        gone = await cloud.begin(commands.begin_delete, REPAIR_GROUP, "bm-1", "none")
        assert gone.status_code == 204
        with pytest.raises(HttpResponseError) as caught:
            await cloud.begin(commands.begin_create_or_update, SOURCE_GROUP, VM, "x", body(inspect_script(0)))
        assert caught.value.status_code == 403

    in_cloud(scene, roles=wider_roles)
