"""Every refusal, and beside each a case that is just not refused."""

import pytest

from bootmend.eligibility import fitting_sizes, refusals
from bootmend.models.azure import ImageRef, OsDiskRef, QuotaFacts, Survey
from bootmend.models.repair import Policy
from tests.core.facts import DISK_ID, GROUP_ID, SUBSCRIPTION, VM_ID, disk, lock, policy, size, survey, vm

OTHER_VM = VM_ID + "0"
DATA_DISK = f"{GROUP_ID}/providers/Microsoft.Compute/disks/data-1"
OTHER_GROUP_DISK = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-disks/providers/Microsoft.Compute/disks/os"
NO_DIAGNOSIS = policy(require_diagnosis=False)


def codes(seen: Survey, chosen: Policy | None = None) -> list[str]:
    return [refusal.code for refusal in refusals(seen, chosen or policy())]


def quota(regional: int = 100, **families: int) -> QuotaFacts:
    return QuotaFacts(regional_cores_left=regional, family_cores_left=families)


EPHEMERAL = vm(os_disk=OsDiskRef(name="os", id=DISK_ID, ephemeral=True))
UNMANAGED = vm(os_disk=OsDiskRef(name="os", id=None))


@pytest.mark.parametrize(
    ("seen", "code", "words"),
    [
        pytest.param(
            survey(vm=vm(tags={"bootmend:exclude": "yes"})), "Excluded", "never touched", id="excluded by tag"
        ),
        pytest.param(
            survey(vm=vm(tags={"Bootmend:Exclude": "Yes"})), "Excluded", "never touched", id="excluded in capitals"
        ),
        pytest.param(survey(vm=vm(tags={"bootmend:exclude": " true "})), "Excluded", "tag", id="excluded with blanks"),
        pytest.param(survey(vm=vm(os_type="Linux")), "NotWindows", "Linux", id="Linux"),
        pytest.param(survey(os_disk=disk(architecture="Arm64")), "NotX64", "Arm64", id="an Arm64 disk"),
        pytest.param(survey(vm=vm(power="deallocated")), "NotRunning", "require_diagnosis", id="deallocated"),
        pytest.param(survey(vm=vm(power="stopped")), "NotRunning", "stopped", id="stopped"),
        pytest.param(survey(vm=vm(power="starting")), "InTransition", "starting", id="starting"),
        pytest.param(survey(vm=vm(power="deallocating")), "InTransition", "deallocating", id="deallocating"),
        pytest.param(survey(vm=vm(power="unknown")), "InTransition", "unknown", id="power unknown"),
        pytest.param(survey(vm=vm(provisioning_state="Updating")), "Busy", "Updating", id="something else works on it"),
        pytest.param(survey(vm=EPHEMERAL, os_disk=None), "EphemeralOsDisk", "reimage", id="ephemeral OS disk"),
        pytest.param(survey(vm=UNMANAGED, os_disk=None), "UnmanagedOsDisk", "managed disk", id="unmanaged OS disk"),
        pytest.param(survey(os_disk=None), "OsDiskNotFound", DISK_ID, id="the disk could not be read"),
        pytest.param(
            survey(vm=vm(security_type="ConfidentialVM")), "ConfidentialVm", "no other VM", id="confidential VM"
        ),
        pytest.param(
            survey(os_disk=disk(security_type="ConfidentialVM")),
            "ConfidentialVm",
            "no other VM",
            id="confidential disk",
        ),
        pytest.param(
            survey(os_disk=disk(azure_disk_encryption=True)), "AzureDiskEncryption", "decrypt", id="single-pass ADE"
        ),
        pytest.param(
            survey(vm=vm(extensions=("AzureDiskEncryption",))),
            "AzureDiskEncryption",
            "decrypt",
            id="dual-pass ADE's extension",
        ),
        pytest.param(
            survey(os_disk=disk(encryption_type="EncryptionAtRestWithCustomerKey")),
            "CustomerManagedKey",
            "EncryptionAtRestWithCustomerKey",
            id="a key of the customer's",
        ),
        pytest.param(
            survey(os_disk=disk(encryption_type="EncryptionAtRestWithPlatformAndCustomerKeys")),
            "CustomerManagedKey",
            "key",
            id="double encryption",
        ),
        pytest.param(survey(locks=(lock(VM_ID),)), "ReadOnlyLock", "remove it first", id="ReadOnly on the VM"),
        pytest.param(survey(locks=(lock(DISK_ID),)), "ReadOnlyLock", "swapping", id="ReadOnly on the OS disk"),
        pytest.param(survey(locks=(lock(GROUP_ID),)), "ReadOnlyLock", "keep", id="ReadOnly on the group"),
        pytest.param(
            survey(locks=(lock(f"/subscriptions/{SUBSCRIPTION}"),)),
            "ReadOnlyLock",
            "keep",
            id="ReadOnly on the subscription",
        ),
        pytest.param(survey(subnet_id=None), "NoRepairSubnet", "westeurope", id="no repair subnet in the region"),
        pytest.param(survey(repair_sizes=()), "NoRepairSize", "none is configured", id="no size configured"),
        pytest.param(
            survey(os_disk=disk(controllers=("NVMe",))), "NoRepairSize", "NVMe only", id="the disk supports NVMe only"
        ),
    ],
)
def test_refused(seen: Survey, code: str, words: str) -> None:
    found = refusals(seen, policy())
    assert [refusal.code for refusal in found] == [code]
    assert words in found[0].reason


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(survey(), id="a plain VM"),
        pytest.param(survey(vm=vm(tags={"bootmend:exclude": "no"})), id="explicitly not excluded"),
        pytest.param(survey(vm=vm(tags={"bootmend:excluded": "yes"})), id="another tag"),
        pytest.param(survey(vm=vm(tags={"bootmend:auto": "yes"})), id="repairs by event allowed"),
        pytest.param(survey(os_disk=disk(architecture="X64")), id="x64 in capitals"),
        pytest.param(survey(vm=vm(provisioning_state="Failed")), id="provisioning failed: nothing works on it"),
        pytest.param(
            survey(vm=vm(security_type="TrustedLaunch"), os_disk=disk(security_type="TrustedLaunch")),
            id="Trusted Launch",
        ),
        pytest.param(survey(vm=vm(extensions=("BGInfo", "IaaSAntimalware"))), id="other extensions"),
        pytest.param(survey(os_disk=disk(encryption_type="EncryptionAtRestWithPlatformKey")), id="Azure's own key"),
        pytest.param(
            survey(locks=(lock(VM_ID, "CanNotDelete"), lock(GROUP_ID, "CanNotDelete"))), id="CanNotDelete locks"
        ),
        pytest.param(survey(locks=(lock(OTHER_VM),)), id="ReadOnly on a VM whose name only begins the same"),
        pytest.param(survey(locks=(lock(DATA_DISK),)), id="ReadOnly on a data disk"),
        pytest.param(survey(locks=(lock(GROUP_ID + "-2"),)), id="ReadOnly on a group whose name only begins the same"),
        pytest.param(survey(os_disk=disk(controllers=("SCSI", "NVMe"))), id="an NVMe VM whose disk supports SCSI too"),
        pytest.param(
            survey(vm=vm(controller="NVMe"), os_disk=disk(controllers=("SCSI", "NVMe"))), id="attached by NVMe now"
        ),
        pytest.param(survey(vm=vm(generation="V1"), os_disk=disk(generation="V1")), id="generation 1"),
        pytest.param(survey(vm=vm(zone=None), os_disk=disk(zone=None)), id="no zone"),
        pytest.param(survey(vm=vm(image=None)), id="image unknown"),
        pytest.param(survey(vm=vm(image=ImageRef(publisher="p", offer="o", sku="s"))), id="a third party's image"),
        pytest.param(survey(quota=None), id="quota unknown"),
        pytest.param(survey(source_size=None), id="the VM's own size unknown"),
    ],
)
def test_not_refused(seen: Survey) -> None:
    assert refusals(seen, policy()) == ()


@pytest.mark.parametrize(
    ("power", "expected"), [("deallocated", []), ("stopped", ["NotRunning"]), ("deallocating", ["InTransition"])]
)
def test_without_a_diagnosis_a_vm_that_is_off_may_be_repaired(power: str, expected: list[str]) -> None:
    assert codes(survey(vm=vm(power=power)), NO_DIAGNOSIS) == expected


def test_a_lock_on_an_os_disk_in_another_group_is_seen() -> None:
    source = vm(os_disk=OsDiskRef(name="os", id=OTHER_GROUP_DISK))
    assert codes(survey(vm=source, locks=(lock(OTHER_GROUP_DISK),))) == ["ReadOnlyLock"]
    assert codes(survey(vm=source, locks=(lock(DISK_ID),))) == []


def test_every_reason_is_told_at_once() -> None:
    seen = survey(
        vm=vm(tags={"bootmend:exclude": "yes"}, power="deallocated", security_type="ConfidentialVM"),
        locks=(lock(GROUP_ID), lock(VM_ID)),
        subnet_id=None,
    )
    told = ["Excluded", "ConfidentialVm", "ReadOnlyLock", "ReadOnlyLock", "NoRepairSubnet", "NotRunning"]
    assert codes(seen) == told


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        pytest.param(
            survey(repair_sizes=(size(restricted="NotAvailableForSubscription"),)),
            "cannot be had here (NotAvailableForSubscription)",
            id="restricted",
        ),
        pytest.param(survey(repair_sizes=(size(architecture="Arm64"),)), "is Arm64", id="an Arm size"),
        pytest.param(survey(repair_sizes=(size(controllers=("NVMe",)),)), "has no SCSI controller", id="NVMe only"),
        pytest.param(survey(repair_sizes=(size(generations=("V1",)),)), "generation 2", id="generation 1 only"),
        pytest.param(survey(repair_sizes=(size(premium_storage=False),)), "premium storage", id="no premium storage"),
        pytest.param(
            survey(repair_sizes=(size(trusted_launch=False),), os_disk=disk(security_type="TrustedLaunch")),
            "Trusted Launch",
            id="no Trusted Launch",
        ),
        pytest.param(
            survey(quota=quota(regional=1, standardDSv5Family=50)), "vCPU quota", id="one core left in the region"
        ),
        pytest.param(survey(quota=quota(standardDSv5Family=1)), "vCPU quota", id="one core left in the family"),
    ],
)
def test_a_size_that_does_not_fit_says_why(seen: Survey, why: str) -> None:
    fit, unfit = fitting_sizes(seen)
    assert fit == ()
    assert why in unfit[0]
    assert unfit[0].startswith("Standard_D2s_v5 ")
    (refusal,) = refusals(seen, policy())
    assert refusal.code == "NoRepairSize"
    assert why in refusal.reason


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(survey(repair_sizes=(size(controllers=("SCSI", "NVMe")),)), id="SCSI and NVMe"),
        pytest.param(survey(repair_sizes=(size(generations=("V2",)),)), id="generation 2 only"),
        pytest.param(
            survey(repair_sizes=(size(premium_storage=False),), os_disk=disk(sku="StandardSSD_LRS")), id="standard disk"
        ),
        pytest.param(survey(repair_sizes=(size(trusted_launch=False),)), id="no Trusted Launch, none needed"),
        pytest.param(survey(quota=quota(regional=2, standardDSv5Family=2)), id="exactly two cores left"),
        pytest.param(survey(quota=quota()), id="a family that Azure's usages do not name"),
    ],
)
def test_a_size_that_just_fits(seen: Survey) -> None:
    assert fitting_sizes(seen) == (("Standard_D2s_v5",), ())


def test_a_disk_that_cannot_be_read_is_told_once_and_not_as_a_size_that_does_not_fit() -> None:
    seen = survey(os_disk=None, repair_sizes=())
    assert codes(seen) == ["OsDiskNotFound"]


def test_sizes_are_judged_even_without_the_disk() -> None:
    fit, unfit = fitting_sizes(survey(os_disk=None, repair_sizes=(size(name="A"), size(name="B", generations=("V1",)))))
    assert fit == ("A",)
    assert unfit == ("B cannot run a generation 2 image",)


def test_sizes_that_fit_keep_the_configured_order() -> None:
    sizes = (size(name="C"), size(name="A", controllers=("NVMe",)), size(name="B"))
    fit, unfit = fitting_sizes(survey(repair_sizes=sizes))
    assert fit == ("C", "B")
    assert [why.split()[0] for why in unfit] == ["A"]
