"""What the client asks of Azure, over a real local server."""

import subprocess
import sys

import pytest

from bootmend.arm import errors
from bootmend.arm.client import Azure, azure_for, close_clients, open_azure
from bootmend.models.azure import Operation
from tests.arm.fake_arm import (
    COPY_ID,
    GROUP,
    OPERATION_PATH,
    OS_DISK_ID,
    OTHER_REPAIR_ID,
    REPAIR_ID,
    SNAPSHOT_ID,
    SUBSCRIPTION,
    TAGS,
    VM_ID,
    FakeArm,
    fixture,
    tagged_disk,
    vm_body,
)

pytestmark = pytest.mark.anyio
SUBNET_ID = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/repair"
BOOT_PATH = f"{VM_ID}/retrieveBootDiagnosticsData"


async def test_a_vm_is_read_in_one_request_by_the_managed_identitys_token(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", VM_ID, 200, vm_body(etag=None), {"ETag": '"9"'})
    vm = await azure.get_vm(VM_ID.lower())
    assert (vm.name, vm.power, vm.etag) == ("vm-web-01", "deallocated", '"9"')
    (asked,) = arm.asked
    assert asked.query["$expand"] == "instanceView"
    assert asked.headers["Authorization"] == "Bearer token-1"


async def test_a_disk_is_read(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", OS_DISK_ID, 200, fixture("os-disk"))
    assert (await azure.get_disk(OS_DISK_ID)).managed_by == VM_ID


async def test_what_is_not_there_is_not_found(azure: Azure) -> None:
    with pytest.raises(errors.NotFound, match="ResourceNotFound: The Resource"):
        await azure.get_vm(VM_ID)


async def test_an_id_of_another_subscription_or_type_is_refused_unasked(arm: FakeArm, azure: Azure) -> None:
    elsewhere = VM_ID.replace(SUBSCRIPTION, "11111111-0000-0000-0000-000000000000")
    for wrong in (elsewhere, OS_DISK_ID, "vm-web-01"):
        with pytest.raises(errors.Rejected) as caught:
            await azure.get_vm(wrong)
        assert caught.value.code == "InvalidResourceId"
    assert arm.asked == []


async def test_locks_of_the_group_are_read_page_by_page(arm: FakeArm, azure: Azure) -> None:
    first, second = fixture("locks")["value"]
    path = f"{GROUP}/providers/Microsoft.Authorization/locks"
    arm.on("GET", path, 200, {"value": [first], "nextLink": f"{arm.url}{path}?page=2"})
    arm.on("GET", path, 200, {"value": [second]})
    assert [lock.name for lock in await azure.list_locks(VM_ID)] == ["keep", "freeze"]


async def test_a_next_page_on_another_host_never_sees_the_token(arm: FakeArm, azure: Azure) -> None:
    path = f"{GROUP}/providers/Microsoft.Authorization/locks"
    arm.on("GET", path, 200, {"value": [], "nextLink": f"http://localhost:1{path}"})
    with pytest.raises(errors.Rejected, match="refused to send the token to localhost"):
        await azure.list_locks(VM_ID)


async def test_sizes_are_filtered_by_region_and_name(arm: FakeArm, azure: Azure) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/skus"
    arm.on("GET", path, 200, fixture("skus"))
    sizes = await azure.list_sizes("westeurope", "2", ("standard_d2s_v5", "Premium_LRS", "Standard_X"))
    assert [(size.name, size.restricted) for size in sizes] == [
        ("Standard_D2s_v5", "NotAvailableForSubscription in zone 2")
    ]
    assert arm.asked[0].query["$filter"] == "location eq 'westeurope'"


async def test_quota_is_read(arm: FakeArm, azure: Azure) -> None:
    arm.on(
        "GET",
        f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/westeurope/usages",
        200,
        fixture("usages"),
    )
    assert (await azure.get_quota("westeurope")).regional_cores_left == 4


async def test_a_subnet_is_there_or_not_but_a_refusal_is_neither(arm: FakeArm, azure: Azure) -> None:
    assert not await azure.subnet_exists(SUBNET_ID)
    arm.on("GET", SUBNET_ID, 200, {"id": SUBNET_ID})
    assert await azure.subnet_exists(SUBNET_ID)
    assert arm.asked[-1].query["api-version"] == "2024-05-01"
    denied = SUBNET_ID + "2"
    arm.on("GET", denied, 403, {"error": {"code": "AuthorizationFailed", "message": "no"}})
    with pytest.raises(errors.Denied):
        await azure.subnet_exists(denied)


async def test_boot_diagnostics_give_links_that_no_log_shows(arm: FakeArm, azure: Azure) -> None:
    arm.on("POST", BOOT_PATH, 200, fixture("boot-diagnostics"))
    links = await azure.boot_diagnostics(VM_ID)
    assert links is not None
    assert links.screenshot_url == "https://storageuri/vm.screenshot.bmp?{sasKey}"
    assert "sasKey" not in repr(links)
    assert arm.asked[0].query["sasUriExpirationTimeInMinutes"] == "30"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (409, {"error": {"code": "OperationNotAllowed", "message": "Boot diagnostics is not enabled for the VM."}}),
        (400, {"error": {"code": "BootDiagnosticsNotEnabled", "message": "off"}}),
        (200, {}),
    ],
)
async def test_boot_diagnostics_that_are_off_are_none(arm: FakeArm, azure: Azure, status: int, body: object) -> None:
    arm.on("POST", BOOT_PATH, status, body)
    assert await azure.boot_diagnostics(VM_ID) is None


async def test_boot_diagnostics_of_a_missing_vm_are_not_taken_for_off(azure: Azure) -> None:
    with pytest.raises(errors.NotFound):
        await azure.boot_diagnostics(VM_ID)


async def test_a_run_command_is_looked_at_with_its_instance_view(arm: FakeArm, azure: Azure) -> None:
    assert await azure.get_run_command(VM_ID, "execute") is None
    arm.on("GET", f"{VM_ID}/runCommands/execute", 200, fixture("run-command"))
    look = await azure.get_run_command(VM_ID, "execute")
    assert look is not None
    assert (look.state, look.exit_code) == ("Failed", 1)
    assert arm.asked[-1].query["$expand"] == "instanceView"


async def test_a_run_command_of_a_missing_vm_is_not_simply_absent(arm: FakeArm, azure: Azure) -> None:
    gone = {"error": {"code": "ParentResourceNotFound", "message": "no such VM"}}
    arm.on("GET", f"{VM_ID}/runCommands/execute", 404, gone)
    with pytest.raises(errors.NotFound):
        await azure.get_run_command(VM_ID, "execute")


async def test_what_bears_our_tag_is_listed_and_nothing_else(arm: FakeArm, azure: Azure) -> None:
    kinds = f"{GROUP}/providers/Microsoft.Compute"
    other = {**TAGS, "bootmend:repair": OTHER_REPAIR_ID}
    arm.on("GET", f"{kinds}/virtualMachines", 200, {"value": [vm_body()]})
    arm.on("GET", f"{kinds}/disks", 200, {"value": [tagged_disk(TAGS, managedBy=VM_ID), fixture("os-disk")]})
    arm.on("GET", f"{kinds}/snapshots", 200, {"value": [{**fixture("snapshot"), "id": SNAPSHOT_ID, "tags": other}]})
    (ours,) = await azure.list_ours(GROUP, REPAIR_ID)
    assert (ours.resource_id, ours.role, ours.source_vm_id, ours.attached_to) == (COPY_ID, "copy", VM_ID, VM_ID)
    assert {one.repair_id for one in await azure.list_ours(GROUP)} == {REPAIR_ID, OTHER_REPAIR_ID}


async def test_a_whole_subscription_can_be_listed_but_no_other(arm: FakeArm, azure: Azure) -> None:
    kinds = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute"
    for kind in ("virtualMachines", "disks", "snapshots"):
        arm.on("GET", f"{kinds}/{kind}", 200, {"value": []})
    assert await azure.list_ours(f"/subscriptions/{SUBSCRIPTION}") == ()
    assert len(arm.asked) == 3
    for wrong in ("rg-prod", GROUP.replace(SUBSCRIPTION, "11111111-0000-0000-0000-000000000000")):
        with pytest.raises(errors.Rejected, match="is not in subscription"):
            await azure.list_ours(wrong)


def operation(arm: FakeArm, **changes: object) -> Operation:
    urls = {"status_url": f"{arm.url}{OPERATION_PATH}?s=1", "location": f"{arm.url}{OPERATION_PATH}?monitor=true"}
    begun = Operation(
        name="Microsoft.Compute/virtualMachines/deallocate/action",
        resource_id=VM_ID,
        method="POST",
        resource_url=f"{arm.url}{VM_ID}?api-version=2026-04-01",
    )
    return begun.model_copy(update={**urls, **changes})


async def test_a_look_is_one_request_of_the_status_url(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", OPERATION_PATH, 200, fixture("operation-in-progress"), {"Retry-After": "1.5"})
    look = await azure.look(operation(arm))
    assert (look.state, look.retry_after) == ("running", 1.5)
    assert [asked.query for asked in arm.asked] == [{"s": "1"}]


async def test_without_a_status_url_the_location_tells(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", OPERATION_PATH, 202, None, {"Retry-After": "5"})
    look = await azure.look(operation(arm, status_url=None))
    assert (look.state, look.retry_after) == ("running", 5.0)


async def test_an_operation_that_azure_forgot_is_judged_by_the_vms_power(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", VM_ID, 200, vm_body())
    assert (await azure.look(operation(arm))).state == "succeeded"
    assert [asked.path for asked in arm.asked] == [OPERATION_PATH, VM_ID]
    assert arm.asked[1].query == {"api-version": "2026-04-01", "$expand": "instanceView"}


async def test_a_done_operation_needs_no_request(arm: FakeArm, azure: Azure) -> None:
    assert (await azure.look(operation(arm, done=True))).state == "succeeded"
    assert arm.asked == []


async def test_a_status_url_elsewhere_is_refused(arm: FakeArm, azure: Azure) -> None:
    with pytest.raises(errors.Rejected, match="not on Azure Resource Manager's host"):
        await azure.look(operation(arm, status_url="https://evil.example/op"))
    assert arm.asked == []


@pytest.mark.parametrize("status", [403, 503])
async def test_a_poll_that_is_refused_says_nothing_about_the_operation(arm: FakeArm, azure: Azure, status: int) -> None:
    arm.on("GET", OPERATION_PATH, status)
    with pytest.raises(errors.ArmError) as caught:
        await azure.look(operation(arm))
    assert caught.value.status == status


async def test_a_long_throttle_is_handed_back_and_not_slept_through(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", VM_ID, 429, fixture("throttled"), {"Retry-After": "1200"})
    with pytest.raises(errors.Throttled) as caught:
        await azure.get_vm(VM_ID)
    assert caught.value.retry_after == 1200.0
    assert len(arm.asked) == 1


async def test_a_passing_503_is_retried_at_once_and_a_lasting_one_handed_back(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", VM_ID, 503)
    arm.on("GET", VM_ID, 200, vm_body())
    assert (await azure.get_vm(VM_ID)).name == "vm-web-01"
    arm.on("GET", OS_DISK_ID, 503)
    with pytest.raises(errors.Transient):
        await azure.get_disk(OS_DISK_ID)
    assert [asked.path for asked in arm.asked].count(OS_DISK_ID) == 3


async def test_a_refused_token_is_dropped_and_the_next_call_fetches_another(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", VM_ID, 401, {"error": {"code": "ExpiredAuthenticationToken", "message": "expired"}})
    arm.on("GET", VM_ID, 200, vm_body())
    with pytest.raises(errors.Transient) as caught:
        await azure.get_vm(VM_ID)
    assert caught.value.status == 401
    await azure.get_vm(VM_ID)
    assert [asked.headers["Authorization"] for asked in arm.asked] == ["Bearer token-1", "Bearer token-2"]


async def test_no_connection_is_transient(arm: FakeArm) -> None:
    async with open_azure("http://127.0.0.1:1", SUBSCRIPTION) as azure:
        with pytest.raises(errors.Transient, match="no connection to Azure"):
            await azure.get_vm(VM_ID)
    assert arm.asked == []


async def test_junk_instead_of_json_is_rejected(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", VM_ID, 200, raw=b"<html>proxy</html>")
    with pytest.raises(errors.Rejected) as caught:
        await azure.get_vm(VM_ID)
    assert caught.value.code == "UnreadableAnswer"


async def test_a_redirect_is_not_followed(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", VM_ID, 307, None, {"Location": f"{arm.url}{OS_DISK_ID}"})
    with pytest.raises(errors.Rejected):
        await azure.get_vm(VM_ID)
    assert [asked.path for asked in arm.asked] == [VM_ID]


async def test_activities_of_one_loop_share_one_client(arm: FakeArm) -> None:
    arm.on("GET", VM_ID, 200, vm_body())
    shared = azure_for(arm.url, SUBSCRIPTION)
    assert azure_for(arm.url, SUBSCRIPTION) is shared
    await shared.get_vm(VM_ID)
    await azure_for(arm.url, SUBSCRIPTION).get_vm(VM_ID)
    await close_clients()
    assert azure_for(arm.url, SUBSCRIPTION) is not shared
    assert arm.tokens == 1


def test_importing_the_client_loads_no_azure_sdk() -> None:
    code = "import sys, bootmend.arm.client, bootmend.arm.errors; print([m for m in sys.modules if 'azure.' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = [name for name in done.stdout.split("'") if name.startswith("azure.")]
    assert loaded == []
