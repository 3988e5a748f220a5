"""Azure's answers, as recorded, become facts."""

from datetime import UTC, datetime

import pytest

from bootmend.arm import decode
from bootmend.arm.errors import Rejected
from bootmend.arm.records import snapshot_sku
from bootmend.models.azure import ImageRef
from tests.arm.fake_arm import OS_DISK_ID, VM_ID, fixture


def test_a_trusted_launch_vm_whose_agent_is_not_ready() -> None:
    vm = decode.vm_facts(fixture("vm-trusted-launch-agent-not-ready"))
    assert (vm.id, vm.name, vm.location, vm.zone, vm.size) == (
        VM_ID, "vm-web-01", "westeurope", "1", "Standard_DS1_v2",
    )  # fmt: skip
    assert (vm.os_type, vm.generation, vm.security_type, vm.controller) == ("Windows", "V2", "TrustedLaunch", "SCSI")
    assert (vm.power, vm.provisioning_state, vm.boot_diagnostics, vm.etag) == ("running", "Succeeded", True, '"4"')
    assert (vm.os_disk.id, vm.os_disk.ephemeral) == (OS_DISK_ID, False)
    assert vm.image == ImageRef(publisher="MicrosoftWindowsDesktop", offer="Windows-10", sku="win10-21h2-entn-g2")
    assert vm.extensions == ("GuestAttestation",)
    assert not vm.agent.ready
    assert (vm.agent.code, vm.agent.time) == (
        "ProvisioningState/Unavailable", datetime(2023, 5, 3, 5, 33, 49, tzinfo=UTC),
    )  # fmt: skip


def test_a_vm_with_little_in_its_answer() -> None:
    body = fixture("vm-trusted-launch-agent-not-ready")
    for key in ("zones", "tags", "resources", "etag"):
        body[key] = None
    of = body["properties"]
    for key in ("instanceView", "diagnosticsProfile", "securityProfile"):
        del of[key]
    of["storageProfile"].pop("diskControllerType")
    of["storageProfile"]["imageReference"] = {"id": "/subscriptions/x/gallery/image"}
    vm = decode.vm_facts(body, etag='"7"')
    assert (vm.zone, vm.tags, vm.extensions, vm.etag, vm.image) == (None, {}, (), '"7"', None)
    assert (vm.power, vm.generation, vm.security_type, vm.boot_diagnostics) == ("unknown", None, "Standard", False)
    assert (vm.agent.ready, vm.agent.message) == (False, "Azure shows no VM agent")


def test_a_ready_agent_an_unmanaged_and_an_ephemeral_disk_and_an_extension_seen_running() -> None:
    body = fixture("vm-trusted-launch-agent-not-ready")
    view, storage = body["properties"]["instanceView"], body["properties"]["storageProfile"]
    view["vmAgent"]["statuses"][0].update(code="ProvisioningState/succeeded", displayStatus="Ready")
    view["extensions"] = [{"name": "ade", "type": "Microsoft.Azure.Security.AzureDiskEncryption"}]
    del storage["osDisk"]["managedDisk"]
    storage["osDisk"]["diffDiskSettings"] = {"option": "Local"}
    storage["dataDisks"] = [{"lun": 3, "name": "data", "managedDisk": {"id": OS_DISK_ID}}, {"lun": 4, "name": "vhd"}]
    vm = decode.vm_facts(body)
    assert vm.agent.ready
    assert vm.extensions == ("AzureDiskEncryption", "GuestAttestation")
    assert (vm.os_disk.id, vm.os_disk.ephemeral) == (None, True)
    assert [(disk.lun, disk.id) for disk in vm.data_disks] == [(3, OS_DISK_ID), (4, None)]


@pytest.mark.parametrize("key", ["LastOwnershipUpdateTime", "lastOwnershipUpdateTime"])
def test_a_disk_and_its_ownership_time_in_either_spelling(key: str) -> None:
    body = fixture("os-disk")
    body["properties"][key] = body["properties"].pop("LastOwnershipUpdateTime")
    disk = decode.disk_facts(body)
    assert disk.last_ownership_update_time == datetime(2026, 5, 20, 3, 16, 23, 848205, tzinfo=UTC)
    assert (disk.sku, disk.size_gb, disk.generation, disk.security_type) == ("Premium_LRS", 127, "V2", "TrustedLaunch")
    assert (disk.state, disk.managed_by, disk.zone, disk.architecture) == ("Attached", VM_ID, "1", "x64")
    assert (disk.azure_disk_encryption, disk.encryption_type) == (False, "EncryptionAtRestWithPlatformKey")


def test_an_encrypted_confidential_nvme_disk() -> None:
    body = fixture("os-disk")
    body["properties"].update(
        encryptionSettingsCollection={"enabled": True},
        securityProfile={"securityType": "ConfidentialVM_DiskEncryptedWithPlatformKey"},
        supportedCapabilities={"diskControllerTypes": "NVMe", "architecture": "Arm64"},
    )
    disk = decode.disk_facts(body)
    assert (disk.azure_disk_encryption, disk.security_type) == (True, "ConfidentialVM")
    assert (disk.controllers, disk.architecture) == (("NVMe",), "Arm64")


def test_locks_tell_what_they_lock_in_lower_case() -> None:
    group, vm = (decode.lock_facts(lock) for lock in fixture("locks")["value"])
    assert (group.level, group.scope) == ("CanNotDelete", VM_ID.lower().partition("/providers")[0])
    assert (vm.level, vm.scope) == ("ReadOnly", VM_ID.lower())


@pytest.mark.parametrize(
    ("index", "location", "zone", "restricted"),
    [
        (0, "westeurope", "1", None),
        (0, "westeurope", None, None),
        (0, "WestEurope", "2", "NotAvailableForSubscription in zone 2"),
        (0, "westeurope", "3", "not offered in zone 3"),
        (0, "northeurope", None, "not offered in northeurope"),
        (1, "westeurope", "1", "QuotaId"),
    ],
)
def test_a_sizes_restriction(index: int, location: str, zone: str | None, restricted: str | None) -> None:
    assert decode.size_facts(fixture("skus")["value"][index], location, zone).restricted == restricted


def test_a_sizes_capabilities() -> None:
    intel, arm = (decode.size_facts(sku, "westeurope", None) for sku in fixture("skus")["value"][:2])
    assert (intel.cores, intel.memory_gb, intel.family) == (2, 8.0, "standardDSv5Family")
    assert (intel.controllers, intel.generations) == (("SCSI", "NVMe"), ("V1", "V2"))
    assert (intel.trusted_launch, intel.premium_storage, intel.architecture) == (True, True, "x64")
    assert (arm.trusted_launch, arm.architecture, arm.controllers, arm.generations) == (
        False, "Arm64", ("SCSI",), ("V2",),
    )  # fmt: skip


def test_a_size_whose_cores_are_no_number_is_unreadable() -> None:
    sku = fixture("skus")["value"][0]
    sku["capabilities"][0]["value"] = "two"
    with pytest.raises(Rejected, match="a VM size's vcpus is 'two'"):
        decode.size_facts(sku, "westeurope", None)


def test_quota_is_what_is_left() -> None:
    quota = decode.quota_facts(fixture("usages")["value"])
    assert (quota.regional_cores_left, quota.family_cores_left) == (4, {"standardDSv5Family": 0})


def test_usages_without_the_regions_cores_are_unreadable() -> None:
    with pytest.raises(Rejected, match="do not tell the region's cores"):
        decode.quota_facts(fixture("usages")["value"][:1])


def test_a_run_command_that_failed_and_one_in_a_state_never_heard_of() -> None:
    body = fixture("run-command")
    look = decode.run_command_look(body)
    assert (look.state, look.exit_code, look.output, look.provisioning_state) == (
        "Failed", 1, '{"ok": false}', "Succeeded",
    )  # fmt: skip
    body["properties"]["instanceView"]["executionState"] = "Dreaming"
    assert decode.run_command_look(body).state == "Unknown"
    del body["properties"]["instanceView"]
    assert decode.run_command_look(body).state == "Unknown"


def test_an_answer_without_what_must_be_in_it_names_the_field() -> None:
    body = fixture("os-disk")
    del body["sku"]
    with pytest.raises(Rejected, match="Azure's answer is not what Disk looks like: sku") as caught:
        decode.disk_facts(body)
    assert caught.value.code == "UnreadableAnswer"


@pytest.mark.parametrize(
    ("disk", "snapshot"),
    [
        ("Premium_LRS", "Premium_LRS"),
        ("StandardSSD_LRS", "Standard_LRS"),
        ("Standard_LRS", "Standard_LRS"),
        ("Premium_ZRS", "Standard_ZRS"),
        ("StandardSSD_ZRS", "Standard_ZRS"),
    ],
)
def test_where_a_snapshot_lives(disk: str, snapshot: str) -> None:
    assert snapshot_sku(disk) == snapshot
