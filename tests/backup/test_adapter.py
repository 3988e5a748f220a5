"""Azure Backup through the real connection: what is asked, how the answers are read, and that a restore is begun once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bootmend.arm.backup import Backups
from bootmend.arm.client import Azure
from bootmend.arm.errors import Denied, NotOurs, Rejected, Transient
from bootmend.arm.records import RestoreOrder
from bootmend.models.backup import RestoreBegun
from bootmend.names import our_tags
from tests.arm.fake_arm import GROUP, OTHER_REPAIR_ID, REPAIR_ID, SUBSCRIPTION, VM_ID, FakeArm, tagged_disk

pytestmark = pytest.mark.anyio

VAULT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-backup/providers/Microsoft.RecoveryServices/vaults/rsv-prod"
NAME = "iaasvmcontainerv2;rg-prod;vm-web-01"
ITEM = f"{VAULT}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{NAME}/protectedItems/VM;{NAME}"
RESTORE = f"{ITEM}/recoveryPoints/20982486783671/restore"
STATUS = f"{ITEM}/operationsStatus/op-1"
JOB_ID = "41f3e94b-ae6b-4a20-b422-65abfcaf03e5"
JOB = f"{VAULT}/backupJobs/{JOB_ID}"
DISK_ID = f"{GROUP}/providers/Microsoft.Compute/disks/vm-web-01-osdisk-20261123-080000"
NOW = datetime(2026, 11, 23, 15, 4, 5, tzinfo=UTC)
ORDER = RestoreOrder(
    vm_id=VM_ID,
    vault_id=VAULT,
    item_id=ITEM,
    point_id="20982486783671",
    staging_id=f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stage",
    location="westeurope",
    not_before=NOW,
)
OURS = our_tags(REPAIR_ID, "restored", VM_ID)


def item(vm_id: str, item_id: str = ITEM) -> dict[str, Any]:
    return {"id": item_id, "name": item_id.rsplit("/", 1)[-1], "properties": {"virtualMachineId": vm_id}}


def job(status: str = "InProgress", began: datetime = NOW, **changes: Any) -> dict[str, Any]:
    properties = {
        "jobType": "AzureIaaSVMJob",
        "entityFriendlyName": "vm-web-01",
        "containerName": NAME,
        "operation": "Restore",
        "status": status,
        "startTime": began.isoformat().replace("+00:00", "Z"),
    }
    return {"id": JOB, "name": JOB_ID, "properties": {**properties, **changes}}


async def test_a_vm_is_found_by_its_id_on_whichever_page(arm: FakeArm, azure: Azure) -> None:
    path = f"{VAULT}/backupProtectedItems"
    arm.on("GET", path, 200, {"value": [item(VM_ID + "-other")], "nextLink": f"{arm.url}{path}/more"})
    arm.on("GET", f"{path}/more", 200, {"value": [item(VM_ID.upper())]})
    assert await Backups(azure).protected_item(VAULT, VM_ID) == ITEM
    assert arm.asked[0].query["$filter"] == "backupManagementType eq 'AzureIaasVM' and itemType eq 'VM'"


async def test_a_vm_that_the_vault_does_not_protect(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", f"{VAULT}/backupProtectedItems", 200, {"value": [item(VM_ID + "0")]})
    assert await Backups(azure).protected_item(VAULT, VM_ID) is None


async def test_a_vault_that_may_not_be_read_is_denied(arm: FakeArm, azure: Azure) -> None:
    error = {"error": {"code": "AuthorizationFailed", "message": "not you"}}
    arm.on("GET", f"{VAULT}/backupProtectedItems", 403, error)
    with pytest.raises(Denied, match="not you"):
        await Backups(azure).protected_item(VAULT, VM_ID)


@pytest.mark.parametrize(
    "wrong", [VAULT.replace("rsv-prod", "rsv-evil") + ITEM[len(VAULT) :], f"{ITEM}/../x", f"{ITEM}?x"]
)
async def test_an_item_of_another_place_is_not_followed(arm: FakeArm, azure: Azure, wrong: str) -> None:
    arm.on("GET", f"{VAULT}/backupProtectedItems", 200, {"value": [item(VM_ID, wrong)]})
    with pytest.raises(Rejected, match="is not an item of vault"):
        await Backups(azure).protected_item(VAULT, VM_ID)


@pytest.mark.parametrize(
    ("told", "restorable"),
    [
        ({}, True),
        ({"recoveryPointTierDetails": [{"type": 1, "status": 1}, {"type": 2, "status": 3}]}, True),
        ({"recoveryPointTierDetails": [{"type": "HardenedRP", "status": "Valid"}]}, True),
        ({"recoveryPointTierDetails": [{"type": "InstantRP", "status": "Deleted"}, {"type": 3, "status": 1}]}, False),
        ({"isSourceVMEncrypted": True}, False),
        ({"isManagedVirtualMachine": False}, False),
    ],
)
async def test_points_are_read_with_what_can_be_restored_at_once(
    arm: FakeArm, azure: Azure, told: dict[str, Any], restorable: bool
) -> None:
    properties = {"recoveryPointType": "AppConsistent", "recoveryPointTime": "2018-06-04T06:06:00.5121087Z", **told}
    arm.on("GET", f"{ITEM}/recoveryPoints", 200, {"value": [{"name": "20982486783671", "properties": properties}]})
    (point,) = await Backups(azure).recovery_points(VAULT, ITEM)
    assert (point.id, point.consistency, point.restorable) == ("20982486783671", "AppConsistent", restorable)
    assert point.taken_at == datetime(2018, 6, 4, 6, 6, 0, 512108, tzinfo=UTC)


async def test_a_restore_asks_for_the_os_disk_alone(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", f"{VAULT}/backupJobs", 200, {"value": []})
    arm.on("POST", RESTORE, 202, None, {"Azure-AsyncOperation": f"{arm.url}{STATUS}?api-version=1"})
    begun = await Backups(azure).begin_restore(ORDER)
    assert begun == RestoreBegun(status_url=f"{arm.url}{STATUS}?api-version=1")
    (asked,) = arm.writes()
    assert asked.body["properties"] == {
        "objectType": "IaasVMRestoreRequest",
        "recoveryPointId": "20982486783671",
        "recoveryType": "RestoreDisks",
        "sourceResourceId": VM_ID,
        "targetResourceGroupId": GROUP,
        "storageAccountId": ORDER.staging_id,
        "region": "westeurope",
        "restoreDiskLunList": [],
        "createNewCloudService": False,
        "originalStorageAccountOption": False,
        "encryptionDetails": {"encryptionEnabled": False},
    }
    assert arm.asked[0].query["$filter"].endswith("startTime eq '2026-11-23 03:04:05 PM'")


async def test_a_restore_that_began_since_is_followed_and_none_is_begun(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", f"{VAULT}/backupJobs", 200, {"value": [job(began=NOW - timedelta(seconds=20))]})
    assert await Backups(azure).begin_restore(ORDER) == RestoreBegun(job_id=JOB_ID)
    assert arm.writes() == []


@pytest.mark.parametrize(
    "another",
    [
        job(began=NOW - timedelta(minutes=10)),
        job(operation="Backup"),
        job(entityFriendlyName="vm-web-02"),
        job(containerName="iaasvmcontainerv2;rg-test;vm-web-01"),
        job(startTime=None),
    ],
)
async def test_another_job_is_not_taken_for_ours(arm: FakeArm, azure: Azure, another: dict[str, Any]) -> None:
    arm.on("GET", f"{VAULT}/backupJobs", 200, {"value": [another]})
    arm.on("POST", RESTORE, 202, None, {"Azure-AsyncOperation": f"{arm.url}{STATUS}"})
    assert (await Backups(azure).begin_restore(ORDER)).job_id is None


@pytest.mark.parametrize("status", [500, 503, 504, 429])
async def test_a_restore_is_never_sent_again_by_itself(arm: FakeArm, azure: Azure, status: int) -> None:
    arm.on("GET", f"{VAULT}/backupJobs", 200, {"value": []})
    arm.on("POST", RESTORE, status, {"error": {"code": "InternalServerError", "message": "later"}})
    with pytest.raises(Transient):
        await Backups(azure).begin_restore(ORDER)
    assert len(arm.writes()) == 1


async def test_the_job_is_followed_from_the_operation_to_its_end(arm: FakeArm, azure: Azure) -> None:
    running = {"status": "InProgress", "startTime": "2026-11-23T15:04:05Z"}
    named = {"status": "Succeeded", "properties": {"objectType": "OperationStatusJobExtendedInfo", "jobId": JOB_ID}}
    arm.on("GET", STATUS, 200, running)
    arm.on("GET", STATUS, 200, named)
    arm.on("GET", JOB, 200, job())
    bag = {"propertyBag": {"Config Blob Container Name": "vm-web-01-4711"}}
    arm.on("GET", JOB, 200, job("CompletedWithWarnings", extendedInfo=bag))
    begun, backups = RestoreBegun(status_url=f"{arm.url}{STATUS}"), Backups(azure)
    looks = [await backups.look(VAULT, begun) for _ in range(3)]
    assert [(look.state, look.job_id) for look in looks] == [
        ("running", None),
        ("running", JOB_ID),
        ("succeeded", JOB_ID),
    ]
    assert looks[-1].staging_container == "vm-web-01-4711"


@pytest.mark.parametrize("status", ["Failed", "Cancelled"])
async def test_a_job_that_ended_badly_says_why(arm: FakeArm, azure: Azure, status: str) -> None:
    errors = [{"errorCode": 400077, "errorTitle": "Storage", "errorString": "The staging account cannot be reached."}]
    arm.on("GET", JOB, 200, job(status, errorDetails=errors))
    look = await Backups(azure).look(VAULT, RestoreBegun(job_id=JOB_ID))
    assert (look.state, look.code, look.why) == ("failed", "400077", "The staging account cannot be reached.")


async def test_a_restore_that_came_to_no_job_failed(arm: FakeArm, azure: Azure) -> None:
    error = {"code": "UserErrorRestoreNotAllowed", "message": "not this one"}
    arm.on("GET", STATUS, 200, {"status": "Failed", "error": error})
    look = await Backups(azure).look(VAULT, RestoreBegun(status_url=f"{arm.url}{STATUS}"))
    assert (look.state, look.code, look.why) == ("failed", "UserErrorRestoreNotAllowed", "not this one")


async def test_the_token_goes_to_no_other_host(arm: FakeArm, azure: Azure) -> None:
    with pytest.raises(Rejected, match="is not Azure Resource Manager"):
        await Backups(azure).look(VAULT, RestoreBegun(status_url="https://evil.example/status"))


async def test_restored_disks_are_known_by_their_jobs_tag(arm: FakeArm, azure: Azure) -> None:
    data = tagged_disk({"RSVaultBackup": JOB_ID}, DISK_ID.replace("osdisk", "datadisk"))
    del data["properties"]["osType"]
    others = [tagged_disk({"RSVaultBackup": "another"}, DISK_ID + "-1"), tagged_disk({}, DISK_ID + "-2")]
    disks = [data, *others, tagged_disk({"rsvaultbackup": JOB_ID}, DISK_ID)]
    arm.on("GET", f"{GROUP}/providers/Microsoft.Compute/disks", 200, {"value": disks})
    found = await Backups(azure).restored_disks(GROUP, JOB_ID)
    assert [disk.name for disk in found] == ["vm-web-01-osdisk-20261123-080000", "vm-web-01-datadisk-20261123-080000"]


async def test_a_claim_adds_our_tags_to_those_that_are_there(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", DISK_ID, 200, tagged_disk({"RSVaultBackup": JOB_ID, "cost": "7"}, DISK_ID))
    arm.accepts("PATCH", DISK_ID)
    operation = await Backups(azure).begin_claim(DISK_ID, OURS, JOB_ID)
    assert not operation.done
    assert arm.writes()[0].body == {"tags": {"RSVaultBackup": JOB_ID, "cost": "7", **OURS}}


async def test_a_claim_done_twice_writes_once(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", DISK_ID, 200, tagged_disk({"RSVaultBackup": JOB_ID, **OURS}, DISK_ID))
    assert (await Backups(azure).begin_claim(DISK_ID, OURS, JOB_ID)).done
    assert arm.writes() == []


@pytest.mark.parametrize(
    "tags",
    [{}, {"RSVaultBackup": "another"}, {"RSVaultBackup": JOB_ID, **our_tags(OTHER_REPAIR_ID, "restored", VM_ID)}],
)
async def test_what_the_job_did_not_make_or_another_repair_has_is_not_claimed(
    arm: FakeArm, azure: Azure, tags: dict[str, str]
) -> None:
    arm.on("GET", DISK_ID, 200, tagged_disk(tags, DISK_ID))
    with pytest.raises(NotOurs):
        await Backups(azure).begin_claim(DISK_ID, OURS, JOB_ID)
    assert arm.writes() == []
