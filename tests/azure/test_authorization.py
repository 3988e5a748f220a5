"""Tokens, and the role definitions of infra/roles: what they allow, where, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

from sandbox.azure import SourceSpec, WorldSpec
from sandbox.azure.authorization import ROLES, Assignments, Role
from sandbox.azure.errors import ArmError
from sandbox.windows import SourceVm
from tests.azure.driver import REPAIR_GROUP, SOURCE_GROUP, Cloud
from tests.azure.test_repair_by_hand import VM, make_copy, swap

type InCloud = Callable[..., Cloud]

KEYS = {"Name", "IsCustom", "Description", "Actions", "NotActions", "DataActions", "NotDataActions", "AssignableScopes"}


@pytest.mark.parametrize("name", ["repair-operator", "repair-host", "subscription-reader"])
def test_role_definitions_have_azures_shape(name: str) -> None:
    body = json.loads((ROLES / f"{name}.json").read_text(encoding="utf-8"))
    assert body.keys() == KEYS
    assert body["IsCustom"] is True
    assert body["Actions"] == sorted(set(body["Actions"]), key=str.lower)
    assert not any("*" in action for action in body["Actions"])


def test_no_role_may_delete_a_watched_vm_or_run_commands_in_it() -> None:
    actions = json.loads((ROLES / "repair-operator.json").read_text(encoding="utf-8"))["Actions"]
    assert "Microsoft.Compute/virtualMachines/delete" not in actions
    assert not [action for action in actions if "runCommand" in action]


def test_wildcards_not_actions_and_scopes() -> None:
    role = Role(
        "r", "R", ("Microsoft.Compute/*/read", "microsoft.compute/disks/*"), ("Microsoft.Compute/disks/delete",)
    )
    assignments = Assignments({"r": role})
    assignments.assign("r", "/subscriptions/s/resourceGroups/g")
    inside = "/subscriptions/S/resourcegroups/G/providers/Microsoft.Compute/disks/d"
    assert assignments.permits("Microsoft.Compute/disks/write", inside)
    assert assignments.permits("Microsoft.Compute/snapshots/read", inside)
    assert not assignments.permits("Microsoft.Compute/disks/delete", inside)
    assert not assignments.permits("Microsoft.Compute/disks/write", "/subscriptions/s/resourceGroups/g2")
    with pytest.raises(ArmError, match=r"Microsoft\.Compute/disks/delete"):
        assignments.require("Microsoft.Compute/disks/delete", inside)


def test_a_call_without_a_token_of_ours_is_401(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        url = f"{cloud.sim.url}{cloud.sim.vm(VM).id}?api-version=2026-04-01"
        async with aiohttp.ClientSession() as session:
            for headers in ({}, {"Authorization": "Bearer made-up"}):
                async with session.get(url, headers=headers) as answer:
                    assert answer.status == 401
                    assert (await answer.json())["error"]["code"] == "InvalidAuthenticationToken"
                    assert "WWW-Authenticate" in answer.headers
            wrong = {"X-IDENTITY-HEADER": "wrong"}
            async with session.get(f"{cloud.sim.url}/identity/token?resource=x", headers=wrong) as answer:
                assert answer.status == 401

    in_cloud(scene)


def test_a_token_expires_on_the_virtual_clock(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        await cloud.client.virtual_machines.get(SOURCE_GROUP, VM)
        cloud.pass_time(hours=25)
        with pytest.raises(ClientAuthenticationError) as caught:
            await cloud.client.virtual_machines.get(SOURCE_GROUP, VM)
        assert caught.value.error is not None
        assert caught.value.error.code == "ExpiredAuthenticationToken"

    in_cloud(scene)


@pytest.mark.parametrize(
    ("group", "action"),
    [
        (SOURCE_GROUP, "Microsoft.Compute/virtualMachines/delete"),
        ("rg-of-others", "Microsoft.Compute/virtualMachines/delete"),
    ],
)
def test_a_refusal_names_action_and_scope(in_cloud: InCloud, group: str, action: str) -> None:
    async def scene(cloud: Cloud) -> None:
        with pytest.raises(HttpResponseError) as caught:
            await cloud.begin(cloud.client.virtual_machines.begin_delete, group, VM)
        assert caught.value.status_code == 403
        assert caught.value.error is not None
        assert caught.value.error.code == "AuthorizationFailed"
        assert action in caught.value.message
        assert cloud.id(group, "virtualMachines", VM) in caught.value.message

    in_cloud(scene)


def test_a_subscription_is_not_listed_but_its_sizes_and_quota_are(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        with pytest.raises(HttpResponseError) as caught:
            _ = [vm async for vm in cloud.client.virtual_machines.list_all()]
        assert caught.value.status_code == 403
        usages = {row.name.value: row async for row in cloud.client.usage.list("westeurope")}
        assert (usages["cores"].current_value, usages["cores"].limit) == (2, 100)
        names = {sku.name async for sku in cloud.client.resource_skus.list(filter="location eq 'westeurope'")}
        assert "Standard_D2s_v5" in names

    in_cloud(scene)


def test_what_there_is_can_be_listed_by_group(in_cloud: InCloud, wider_roles: Path) -> None:
    async def scene(cloud: Cloud) -> None:
        await make_copy(cloud)
        client = cloud.client
        assert [vm.name async for vm in client.virtual_machines.list(SOURCE_GROUP)] == [VM]
        assert {d.name async for d in client.disks.list_by_resource_group(SOURCE_GROUP)} == {f"{VM}_OsDisk_1", "copy"}
        assert [s.name async for s in client.snapshots.list_by_resource_group(SOURCE_GROUP)] == ["copy-snap"]
        tagged = {"$filter": "tagName eq 'bootmend:repair' and tagValue eq 'r1'"}
        group = f"{cloud.sim.url}/subscriptions/{cloud.subscription}/resourceGroups/{SOURCE_GROUP}/resources"
        found = (await cloud.get(group, "2024-11-01", **tagged)).json()["value"]
        assert {resource["name"] for resource in found} == {"copy", "copy-snap"}

    in_cloud(scene, roles=wider_roles)


def test_every_vm_of_the_world_is_reachable_in_its_group(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        cloud.sim.add_vm(SourceSpec(vm=SourceVm(name="vm-db-01"), group="rg-data"))
        assert (await cloud.client.virtual_machines.get("rg-data", "vm-db-01")).name == "vm-db-01"

    in_cloud(scene)


def test_used_permissions_are_recorded_with_the_role_that_gave_them(in_cloud: InCloud) -> None:
    async def scene(cloud: Cloud) -> None:
        await cloud.run(cloud.client.virtual_machines.begin_deallocate, SOURCE_GROUP, VM)
        await swap(cloud, await make_copy(cloud))
        await cloud.run(cloud.client.virtual_machines.begin_create_or_update, REPAIR_GROUP, "bm-1", cloud.repair_vm())

    used = {(grant.role, grant.action) for grant in in_cloud(scene, WorldSpec()).sim.used_permissions()}
    assert used >= {
        ("repair-operator", "Microsoft.Compute/disks/beginGetAccess/action"),
        ("repair-operator", "Microsoft.Compute/snapshots/beginGetAccess/action"),
        ("repair-operator", "Microsoft.Network/networkInterfaces/join/action"),
        ("repair-host", "Microsoft.Network/virtualNetworks/subnets/join/action"),
        ("subscription-reader", "Microsoft.Compute/locations/operations/read"),
    }
