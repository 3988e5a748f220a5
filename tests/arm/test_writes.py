"""What the client begins: one request that changes something, and safe to begin twice."""

from typing import Any

import pytest

from bootmend.arm import errors
from bootmend.arm.client import Azure
from bootmend.arm.operations import API_VERSIONS
from bootmend.arm.records import CopyOrder, RepairVmOrder, RunCommandOrder, SnapshotOrder
from bootmend.models.azure import ImageRef, Operation, SourceMark
from bootmend.models.record import Moment
from bootmend.names import our_tags
from tests.arm.fake_arm import (
    COPY_ID,
    GROUP,
    OPERATION_PATH,
    OS_DISK_ID,
    OTHER_REPAIR_ID,
    REPAIR_ID,
    REPAIR_VM_ID,
    SNAPSHOT_ID,
    TAGS,
    VM_ID,
    FakeArm,
    fixture,
    tagged_disk,
    vm_body,
)

pytestmark = pytest.mark.anyio
OTHER_TAGS = our_tags(OTHER_REPAIR_ID, "copy", VM_ID)
RUN_PATH = f"{REPAIR_VM_ID}/runCommands/execute"
SNAPSHOT = SnapshotOrder(
    id=SNAPSHOT_ID, source_disk_id=OS_DISK_ID, location="westeurope", disk_sku="Premium_LRS", tags=TAGS
)
COPY = CopyOrder(id=COPY_ID, snapshot_id=SNAPSHOT_ID, location="westeurope", zone="1", sku="Premium_LRS", tags=TAGS)
REPAIR_VM = RepairVmOrder(
    id=REPAIR_VM_ID,
    location="westeurope",
    zone="1",
    size="Standard_D2s_v5",
    image=ImageRef(publisher="MicrosoftWindowsServer", offer="WindowsServer", sku="2025-datacenter-smalldisk-g2"),
    security_type="TrustedLaunch",
    subnet_id=f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/repair",
    tags=TAGS,
)
RUN = RunCommandOrder(
    vm_id=REPAIR_VM_ID,
    name="execute",
    location="westeurope",
    script="Write-Output 1",
    parameters={"Plan": "e30="},
    timeout_seconds=600,
    tags=TAGS,
)


async def begin(azure: Azure, what: str) -> Operation:
    match what:
        case "deallocate":
            return await azure.begin_deallocate(VM_ID)
        case "start":
            return await azure.begin_start(VM_ID)
        case "snapshot":
            return await azure.begin_snapshot(SNAPSHOT)
        case "copy":
            return await azure.begin_copy(COPY)
        case "repair_vm":
            return await azure.begin_repair_vm(REPAIR_VM, "pass-word")
        case _:
            return await azure.begin_run_command(RUN, {"Sas": "secret"})


BEGUN = [
    ("deallocate", "POST", f"{VM_ID}/deallocate", 202, "Microsoft.Compute/virtualMachines/deallocate/action", VM_ID),
    ("start", "POST", f"{VM_ID}/start", 202, "Microsoft.Compute/virtualMachines/start/action", VM_ID),
    ("snapshot", "PUT", SNAPSHOT_ID, 202, "Microsoft.Compute/snapshots/write", SNAPSHOT_ID),
    ("copy", "PUT", COPY_ID, 202, "Microsoft.Compute/disks/write", COPY_ID),
    ("repair_vm", "PUT", REPAIR_VM_ID, 201, "Microsoft.Compute/virtualMachines/write", REPAIR_VM_ID),
    ("run", "PUT", RUN_PATH, 201, "Microsoft.Compute/virtualMachines/runCommands/write", RUN_PATH),
]


@pytest.mark.parametrize(("what", "method", "path", "status", "name", "resource_id"), BEGUN)
async def test_beginning_is_one_write_and_no_wait(
    arm: FakeArm, azure: Azure, what: str, method: str, path: str, status: int, name: str, resource_id: str
) -> None:
    arm.accepts(method, path, status, **{"Retry-After": "7.5"})
    operation = await begin(azure, what)
    (write,) = arm.writes()
    assert (write.method, write.path) == (method, path)
    assert (operation.name, operation.resource_id, operation.method, operation.done) == (
        name, resource_id, method, False,
    )  # fmt: skip
    assert operation.status_url == f"{arm.url}{OPERATION_PATH}?p=1&api-version=2026-04-01&s=signed"
    assert operation.retry_after == 7.5
    version = API_VERSIONS[resource_id.split("/")[7]]
    assert operation.resource_url == f"{arm.url}{resource_id}?api-version={version}"
    assert write.query["api-version"] == version
    assert not [asked for asked in arm.asked if asked.path == OPERATION_PATH]


async def test_a_snapshot_is_full_and_on_premium_for_a_premium_disk(arm: FakeArm, azure: Azure) -> None:
    arm.accepts("PUT", SNAPSHOT_ID)
    await azure.begin_snapshot(SNAPSHOT)
    assert arm.writes()[0].body == {
        "location": "westeurope",
        "tags": TAGS,
        "sku": {"name": "Premium_LRS"},
        "properties": {
            "creationData": {"createOption": "Copy", "sourceResourceId": OS_DISK_ID},
            "incremental": False,
        },
    }


async def test_a_copy_is_never_told_generation_or_security(arm: FakeArm, azure: Azure) -> None:
    arm.accepts("PUT", COPY_ID)
    await azure.begin_copy(COPY)
    assert arm.writes()[0].body == {
        "location": "westeurope",
        "zones": ["1"],
        "tags": TAGS,
        "sku": {"name": "Premium_LRS"},
        "properties": {"creationData": {"createOption": "Copy", "sourceResourceId": SNAPSHOT_ID}},
    }


async def test_one_body_makes_the_repair_vm_with_nic_and_disk_that_die_with_it(arm: FakeArm, azure: Azure) -> None:
    arm.accepts("PUT", REPAIR_VM_ID, 201)
    operation = await azure.begin_repair_vm(REPAIR_VM, "pass-word")
    body = arm.writes()[0].body
    of = body["properties"]
    assert (body["zones"], body["tags"], of["hardwareProfile"]) == (["1"], TAGS, {"vmSize": "Standard_D2s_v5"})
    disk, network = of["storageProfile"]["osDisk"], of["networkProfile"]
    assert (disk["name"], disk["deleteOption"], disk["createOption"]) == ("bm-aabbccddeeff-os", "Delete", "FromImage")
    assert disk["managedDisk"] == {"storageAccountType": "StandardSSD_LRS"}
    assert "dataDisks" not in of["storageProfile"]
    (nic,) = network["networkInterfaceConfigurations"]
    assert (network["networkApiVersion"], nic["properties"]["deleteOption"]) == ("2022-11-01", "Delete")
    (address,) = nic["properties"]["ipConfigurations"]
    assert address["properties"]["subnet"] == {"id": REPAIR_VM.subnet_id}
    assert "publicIPAddressConfiguration" not in address["properties"]
    windows = of["osProfile"]["windowsConfiguration"]
    assert (windows["provisionVMAgent"], windows["enableAutomaticUpdates"]) == (True, False)
    assert (of["osProfile"]["computerName"], of["osProfile"]["adminPassword"]) == ("bm-aabbccddeeff", "pass-word")
    assert of["securityProfile"]["securityType"] == "TrustedLaunch"
    assert of["diagnosticsProfile"] == {"bootDiagnostics": {"enabled": True}}
    assert "pass-word" not in operation.model_dump_json()


async def test_a_standard_repair_vm_says_nothing_of_security(arm: FakeArm, azure: Azure) -> None:
    arm.accepts("PUT", REPAIR_VM_ID, 201)
    await azure.begin_repair_vm(REPAIR_VM.model_copy(update={"security_type": "Standard", "zone": None}), "pass-word")
    body = arm.writes()[0].body
    assert "securityProfile" not in body["properties"]
    assert "zones" not in body


async def test_a_run_command_is_managed_asynchronous_and_keeps_its_secrets_apart(arm: FakeArm, azure: Azure) -> None:
    arm.accepts("PUT", RUN_PATH, 201)
    operation = await azure.begin_run_command(RUN, {"Sas": "secret"})
    of = arm.writes()[0].body["properties"]
    assert of == {
        "source": {"script": "Write-Output 1"},
        "parameters": [{"name": "Plan", "value": "e30="}],
        "protectedParameters": [{"name": "Sas", "value": "secret"}],
        "asyncExecution": True,
        "timeoutInSeconds": 600,
        "treatFailureAsDeploymentFailure": False,
    }
    assert "secret" not in operation.model_dump_json()


MADE = [
    ("snapshot", SNAPSHOT_ID, {**fixture("snapshot"), "id": SNAPSHOT_ID}),
    ("copy", COPY_ID, tagged_disk({})),
    ("repair_vm", REPAIR_VM_ID, vm_body(id=REPAIR_VM_ID)),
    ("run", RUN_PATH, {**fixture("run-command"), "id": RUN_PATH}),
]


@pytest.mark.parametrize(("what", "path", "body"), MADE)
@pytest.mark.parametrize(("state", "done"), [("Succeeded", True), ("Creating", False), ("Failed", False)])
async def test_what_is_ours_already_is_not_written_again(
    arm: FakeArm, azure: Azure, what: str, path: str, body: dict[str, Any], state: str, done: bool
) -> None:
    properties = {**body["properties"], "provisioningState": state}
    arm.on("GET", path, 200, {**body, "tags": TAGS, "properties": properties})
    operation = await begin(azure, what)
    assert (operation.done, operation.status_url, arm.writes()) == (done, None, [])
    assert (await azure.look(operation)).state == {"Succeeded": "succeeded", "Creating": "running"}.get(state, "failed")


@pytest.mark.parametrize(("what", "path", "body"), MADE)
@pytest.mark.parametrize("tags", [{}, {"team": "web"}, OTHER_TAGS])
async def test_what_another_made_under_our_name_is_not_touched(
    arm: FakeArm, azure: Azure, what: str, path: str, body: dict[str, Any], tags: dict[str, str]
) -> None:
    arm.on("GET", path, 200, {**body, "tags": tags})
    with pytest.raises(errors.NotOurs):
        await begin(azure, what)
    assert arm.writes() == []


async def test_nothing_is_made_without_our_tag(arm: FakeArm, azure: Azure) -> None:
    with pytest.raises(errors.NotOurs, match="without our tag"):
        await azure.begin_copy(COPY.model_copy(update={"tags": {}}))
    assert arm.asked == []


ATTACH_PATH = f"{REPAIR_VM_ID}/attachDetachDataDisks"


def holding(*disks: tuple[int, str]) -> dict[str, Any]:
    body = vm_body(id=REPAIR_VM_ID, name="bm-aabbccddeeff")
    body["properties"]["storageProfile"]["dataDisks"] = [
        {"lun": lun, "name": disk_id.rpartition("/")[2], "managedDisk": {"id": disk_id}} for lun, disk_id in disks
    ]
    return body


async def test_the_copy_is_attached_so_that_it_outlives_the_repair_vm(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", REPAIR_VM_ID, 200, holding())
    arm.accepts("POST", ATTACH_PATH)
    operation = await azure.begin_attach(REPAIR_VM_ID, COPY_ID, 0)
    (write,) = arm.writes()
    assert write.body == {
        "dataDisksToAttach": [{"diskId": COPY_ID, "lun": 0, "caching": "None", "deleteOption": "Detach"}]
    }
    assert operation.name == "Microsoft.Compute/virtualMachines/attachDetachDataDisks/action"


async def test_an_attached_copy_is_not_attached_again(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", REPAIR_VM_ID, 200, holding((0, COPY_ID.upper())))
    assert (await azure.begin_attach(REPAIR_VM_ID, COPY_ID, 0)).done
    assert arm.writes() == []


@pytest.mark.parametrize("held", [(0, OS_DISK_ID), (1, COPY_ID)])
async def test_a_lun_or_disk_that_is_taken_is_refused(arm: FakeArm, azure: Azure, held: tuple[int, str]) -> None:
    arm.on("GET", REPAIR_VM_ID, 200, holding(held))
    with pytest.raises(errors.Rejected, match="has the disk"):
        await azure.begin_attach(REPAIR_VM_ID, COPY_ID, 0)
    assert arm.writes() == []


async def test_detaching_names_the_one_disk(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", REPAIR_VM_ID, 200, holding((0, COPY_ID)))
    arm.accepts("POST", ATTACH_PATH)
    assert not (await azure.begin_detach(REPAIR_VM_ID, COPY_ID)).done
    assert arm.writes()[0].body == {"dataDisksToDetach": [{"diskId": COPY_ID}]}


async def test_detaching_what_is_not_attached_is_done(arm: FakeArm, azure: Azure) -> None:
    assert (await azure.begin_detach(REPAIR_VM_ID, COPY_ID)).done
    arm.on("GET", REPAIR_VM_ID, 200, holding((0, OS_DISK_ID)))
    assert (await azure.begin_detach(REPAIR_VM_ID, COPY_ID)).done
    assert arm.writes() == []


@pytest.mark.parametrize(("state", "done"), [("Updating", False), ("Failed", True)])
async def test_a_disk_that_is_leaving_is_waited_for_but_not_a_vm_that_failed(
    arm: FakeArm, azure: Azure, state: str, done: bool
) -> None:
    body = holding()
    body["properties"]["provisioningState"] = state
    arm.on("GET", REPAIR_VM_ID, 200, body)
    assert (await azure.begin_detach(REPAIR_VM_ID, COPY_ID)).done is done
    assert arm.writes() == []


def marked(**changes: Any) -> SourceMark:
    written: Moment = fixture("os-disk")["properties"]["LastOwnershipUpdateTime"]
    mark = {"os_disk_id": OS_DISK_ID, "power": "deallocated", "last_ownership_update_time": written}
    return SourceMark.model_validate({**mark, **changes})


async def test_a_swap_puts_back_what_was_read_with_another_disk_under_its_etag(arm: FakeArm, azure: Azure) -> None:
    before = vm_body()
    arm.on("GET", VM_ID, 200, before)
    arm.on("GET", OS_DISK_ID, 200, fixture("os-disk"))
    arm.accepts("PUT", VM_ID, 200)
    operation = await azure.begin_swap(VM_ID, COPY_ID, marked())
    (write,) = arm.writes()
    assert write.headers["If-Match"] == before["etag"]
    swapped, original = write.body["properties"]["storageProfile"], before["properties"]["storageProfile"]
    assert (swapped["osDisk"]["name"], swapped["osDisk"]["managedDisk"]["id"]) == (COPY_ID.rpartition("/")[2], COPY_ID)
    assert swapped["osDisk"]["createOption"] == original["osDisk"]["createOption"]
    assert write.body["properties"]["osProfile"]["computerName"] == "vm-web-01"
    assert write.body["properties"]["securityProfile"] == before["properties"]["securityProfile"]
    assert (write.body["zones"], write.body["tags"]) == (before["zones"], before["tags"])
    assert not {"instanceView", "vmId", "provisioningState"} & set(write.body["properties"])
    assert not operation.done


@pytest.mark.parametrize(
    ("changes", "power", "why"),
    [
        ({"os_disk_id": COPY_ID + "x"}, "deallocated", "its OS disk is .* not "),
        ({}, "running", "its power is running"),
        ({"power": "running"}, "deallocated", "was recorded as running"),
        ({"last_ownership_update_time": "2026-05-21T00:00:00Z"}, "deallocated", "last ownership update is"),
        ({"last_ownership_update_time": None}, "deallocated", "last ownership update is"),
    ],
)
async def test_a_source_that_changed_is_not_swapped(
    arm: FakeArm, azure: Azure, changes: dict[str, Any], power: str, why: str
) -> None:
    body = vm_body()
    body["properties"]["instanceView"]["statuses"][1]["code"] = f"PowerState/{power}"
    arm.on("GET", VM_ID, 200, body)
    arm.on("GET", OS_DISK_ID, 200, fixture("os-disk"))
    with pytest.raises(errors.PreconditionFailed, match=why):
        await azure.begin_swap(VM_ID, COPY_ID, marked(**changes))
    assert arm.writes() == []


def swapped_vm() -> dict[str, Any]:
    body = vm_body()
    body["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"] = COPY_ID
    return body


async def test_a_swap_that_happened_is_done(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", VM_ID, 200, swapped_vm())
    assert (await azure.begin_swap(VM_ID, COPY_ID, marked())).done
    assert arm.writes() == []


async def test_a_vm_that_changed_between_read_and_write_is_refused_by_its_etag(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", VM_ID, 200, vm_body())
    arm.on("GET", OS_DISK_ID, 200, fixture("os-disk"))
    arm.on("PUT", VM_ID, 412, {"error": {"code": "PreconditionFailed", "message": "etag"}})
    with pytest.raises(errors.PreconditionFailed, match="it was changed while the swap was asked for"):
        await azure.begin_swap(VM_ID, COPY_ID, marked())


async def test_a_swap_whose_first_answer_was_lost_is_found_done(arm: FakeArm, azure: Azure) -> None:
    """azure-core sends the PUT again after the 503; Azure had taken the first one, so the ETag is no longer the same."""
    arm.on("GET", VM_ID, 200, vm_body())
    arm.on("GET", VM_ID, 200, swapped_vm())
    arm.on("GET", OS_DISK_ID, 200, fixture("os-disk"))
    arm.on("PUT", VM_ID, 503)
    arm.on("PUT", VM_ID, 412, {"error": {"code": "PreconditionFailed", "message": "etag"}})
    assert (await azure.begin_swap(VM_ID, COPY_ID, marked())).done
    assert [write.method for write in arm.writes()] == ["PUT", "PUT"]


@pytest.mark.parametrize(
    ("resource_id", "body"),
    [
        (COPY_ID, tagged_disk(TAGS)),
        (SNAPSHOT_ID, {**fixture("snapshot"), "tags": TAGS}),
        (REPAIR_VM_ID, vm_body(tags=TAGS)),
    ],
)
async def test_what_is_ours_is_deleted_and_what_is_gone_counts_as_deleted(
    arm: FakeArm, azure: Azure, resource_id: str, body: dict[str, Any]
) -> None:
    assert (await azure.begin_delete(resource_id, REPAIR_ID)).done
    assert arm.writes() == []
    arm.on("GET", resource_id, 200, body)
    arm.accepts("DELETE", resource_id)
    operation = await azure.begin_delete(resource_id, REPAIR_ID)
    assert [(write.method, write.path) for write in arm.writes()] == [("DELETE", resource_id)]
    assert (operation.method, operation.done) == ("DELETE", False)
    assert operation.name == f"Microsoft.Compute/{resource_id.split('/')[7]}/delete"


@pytest.mark.parametrize("tags", [{}, {"team": "web"}, OTHER_TAGS])
async def test_what_is_not_this_repairs_is_never_deleted(arm: FakeArm, azure: Azure, tags: dict[str, str]) -> None:
    arm.on("GET", COPY_ID, 200, tagged_disk(tags))
    with pytest.raises(errors.NotOurs):
        await azure.begin_delete(COPY_ID, REPAIR_ID)
    assert arm.writes() == []


@pytest.mark.parametrize("holder", [{"managedBy": VM_ID}, {"managedByExtended": [VM_ID]}])
async def test_an_attached_disk_is_never_deleted(arm: FakeArm, azure: Azure, holder: dict[str, Any]) -> None:
    arm.on("GET", COPY_ID, 200, tagged_disk(TAGS, **holder))
    with pytest.raises(errors.Rejected, match=f"is still attached to {VM_ID}"):
        await azure.begin_delete(COPY_ID, REPAIR_ID)
    assert arm.writes() == []


async def test_only_vms_disks_and_snapshots_can_be_deleted(arm: FakeArm, azure: Azure) -> None:
    with pytest.raises(errors.Rejected, match="is not a Microsoft"):
        await azure.begin_delete(REPAIR_VM.subnet_id, REPAIR_ID)
    assert arm.asked == []


async def test_a_lock_is_told_as_a_lock(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", COPY_ID, 200, tagged_disk(TAGS))
    arm.on("DELETE", COPY_ID, 409, {"error": {"code": "ScopeLocked", "message": "the scope is locked"}})
    with pytest.raises(errors.Locked):
        await azure.begin_delete(COPY_ID, REPAIR_ID)


async def test_a_disk_that_lives_on_loses_our_tags_and_keeps_the_others(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", COPY_ID, 200, tagged_disk({**TAGS, "team": "web"}))
    arm.accepts("PATCH", COPY_ID)
    operation = await azure.begin_untag_disk(COPY_ID, REPAIR_ID)
    assert [(write.method, write.body) for write in arm.writes()] == [("PATCH", {"tags": {"team": "web"}})]
    assert operation.name == "Microsoft.Compute/disks/write"


async def test_untagging_twice_is_done_and_anothers_disk_keeps_its_tags(arm: FakeArm, azure: Azure) -> None:
    with pytest.raises(errors.NotFound):
        await azure.begin_untag_disk(COPY_ID, REPAIR_ID)
    arm.on("GET", COPY_ID, 200, tagged_disk({"team": "web"}))
    assert (await azure.begin_untag_disk(COPY_ID, REPAIR_ID)).done
    arm.on("GET", OS_DISK_ID, 200, tagged_disk(OTHER_TAGS, OS_DISK_ID))
    with pytest.raises(errors.NotOurs):
        await azure.begin_untag_disk(OS_DISK_ID, REPAIR_ID)
    assert arm.writes() == []


@pytest.mark.parametrize(("status", "done"), [(404, True), (204, True), (202, False)])
async def test_removing_a_run_command_ends_it_and_a_missing_one_is_no_error(
    arm: FakeArm, azure: Azure, status: int, done: bool
) -> None:
    if status == 202:
        arm.accepts("DELETE", RUN_PATH)
    else:
        arm.on("DELETE", RUN_PATH, status)
    operation = await azure.begin_delete_run_command(REPAIR_VM_ID, "execute")
    assert operation.done is done
    assert len(arm.asked) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (409, {"error": {"code": "AnotherOperationInProgress", "message": "busy"}}, errors.Transient),
        (409, {"error": {"code": "AllocationFailed", "message": "full"}}, errors.NoCapacity),
        (403, {"error": {"code": "AuthorizationFailed", "message": "no"}}, errors.Denied),
        (409, {"error": {"code": "MissingSubscriptionRegistration", "message": "register"}}, errors.Rejected),
    ],
)
async def test_a_refused_begin_is_one_request_and_says_why(
    arm: FakeArm, azure: Azure, status: int, body: dict[str, Any], kind: type[errors.ArmError]
) -> None:
    arm.on("POST", f"{VM_ID}/start", status, body)
    arm.on("GET", VM_ID, 200, vm_body())
    with pytest.raises(kind) as caught:
        await azure.begin_start(VM_ID)
    assert caught.value.code == body["error"]["code"]
    assert len(arm.writes()) == 1


@pytest.mark.parametrize(("power", "done"), [("deallocating", False), ("deallocated", True)])
async def test_a_deallocation_whose_answer_was_lost_is_followed(
    arm: FakeArm, azure: Azure, power: str, done: bool
) -> None:
    body = vm_body()
    body["properties"]["instanceView"]["statuses"][1]["code"] = f"PowerState/{power}"
    arm.on("POST", f"{VM_ID}/deallocate", 409, {"error": {"code": "Conflict", "message": "busy"}})
    arm.on("GET", VM_ID, 200, body)
    operation = await azure.begin_deallocate(VM_ID)
    assert (operation.name, operation.done) == ("Microsoft.Compute/virtualMachines/deallocate/action", done)


async def test_a_busy_vm_that_names_a_wait_is_not_waited_for(arm: FakeArm, azure: Azure) -> None:
    busy = {"error": {"code": "AnotherOperationInProgress", "message": "busy"}}
    arm.on("POST", f"{VM_ID}/deallocate", 409, busy, {"Retry-After": "1"})
    arm.on("GET", VM_ID, 200, fixture("vm-trusted-launch-agent-not-ready"))
    with pytest.raises(errors.Transient) as caught:
        await azure.begin_deallocate(VM_ID)
    assert caught.value.retry_after == 1.0
    assert len(arm.writes()) == 1


async def test_a_delete_that_answers_at_once_is_done(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", COPY_ID, 200, tagged_disk(TAGS))
    arm.on("DELETE", COPY_ID, 204)
    assert (await azure.begin_delete(COPY_ID, REPAIR_ID)).done
