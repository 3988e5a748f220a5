"""Which VMs may be repaired. Every rule is checked before anything is touched; each refusal says why, and what would be right.

Sources: Azure documentation on swapping the OS disk of a VM, Azure Disk Encryption, ephemeral OS disks, confidential VMs, locks.
"""

from collections.abc import Callable, Iterator

from bootmend.models.azure import LockFacts, SizeFacts, Survey
from bootmend.models.decision import Refused
from bootmend.models.repair import EXCLUDE_TAG, Policy

_ENCRYPTION_EXTENSIONS = ("azurediskencryption", "azurediskencryptionforlinux")


def refusals(survey: Survey, policy: Policy) -> tuple[Refused, ...]:
    """Every reason not to repair this VM; empty if there is none."""
    found = [refusal for rule in _RULES for refusal in rule(survey)]
    return (*found, *_state(survey, policy))


def fitting_sizes(survey: Survey) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The repair VM sizes that can be had for this disk, in the configured order, and for each other one why not."""
    fit, unfit = [], []
    for size in survey.repair_sizes:
        why = _why_unfit(size, survey)
        if why is None:
            fit.append(size.name)
        else:
            unfit.append(f"{size.name} {why}")
    return tuple(fit), tuple(unfit)


def _excluded(survey: Survey) -> Iterator[Refused]:
    # Azure does not tell tag names apart by case (Use tags to organize your Azure resources).
    said = next((value for name, value in survey.vm.tags.items() if name.lower() == EXCLUDE_TAG), "")
    if said.strip().lower() in {"yes", "true", "1"}:
        yield Refused(code="Excluded", reason=f"the VM bears the tag {EXCLUDE_TAG}: it is never touched")


def _operating_system(survey: Survey) -> Iterator[Refused]:
    if survey.vm.os_type != "Windows":
        yield Refused(code="NotWindows", reason=f"the VM runs {survey.vm.os_type}; the repair is for Windows")
    if survey.os_disk is not None and survey.os_disk.architecture.lower() != "x64":
        yield Refused(code="NotX64", reason=f"the OS disk is for {survey.os_disk.architecture}; repair VMs are x64")


def _state(survey: Survey, policy: Policy) -> Iterator[Refused]:
    vm = survey.vm
    if vm.power == "deallocated":
        if policy.require_diagnosis:
            reason = (
                f"the VM is {vm.power}, so nothing can be diagnosed; start it, or set policy.require_diagnosis to false"
            )
            yield Refused(code="NotRunning", reason=reason)
    elif vm.power == "stopped":
        reason = "the VM is stopped and still allocated: start it, or deallocate it, and ask again"
        yield Refused(code="NotRunning", reason=reason)
    elif vm.power != "running":
        yield Refused(code="InTransition", reason=f"the VM's power state is {vm.power}; ask again when it has settled")
    if vm.provisioning_state not in {"Succeeded", "Failed"}:
        yield Refused(
            code="Busy", reason=f"the VM's provisioning state is {vm.provisioning_state}: something else works on it"
        )


def _os_disk_kind(survey: Survey) -> Iterator[Refused]:
    vm, disk = survey.vm, survey.os_disk
    if vm.os_disk.ephemeral:
        yield Refused(
            code="EphemeralOsDisk", reason="the OS disk is ephemeral: it cannot be copied; reimage or redeploy the VM"
        )
    elif vm.os_disk.id is None:
        yield Refused(
            code="UnmanagedOsDisk",
            reason="the OS disk is unmanaged (a VHD in a storage account); convert it to a managed disk",
        )
    elif disk is None:
        yield Refused(code="OsDiskNotFound", reason=f"the OS disk {vm.os_disk.id} could not be read")
    if vm.security_type == "ConfidentialVM" or (disk is not None and disk.security_type == "ConfidentialVM"):
        yield Refused(code="ConfidentialVm", reason="this is a confidential VM: its OS disk can be read by no other VM")


def _encryption(survey: Survey) -> Iterator[Refused]:
    disk = survey.os_disk
    by_extension = any(name.lower() in _ENCRYPTION_EXTENSIONS for name in survey.vm.extensions)
    if by_extension or (disk is not None and disk.azure_disk_encryption):
        reason = "the OS disk is encrypted by Azure Disk Encryption, and Azure would reject the swap: decrypt it, or unlock it"
        yield Refused(code="AzureDiskEncryption", reason=reason)
    if disk is not None and "customerkey" in disk.encryption_type.lower():
        reason = f"the OS disk's encryption is {disk.encryption_type}: a copy would not carry your key"
        yield Refused(code="CustomerManagedKey", reason=reason)


def _locks(survey: Survey) -> Iterator[Refused]:
    for lock in survey.locks:
        if lock.level == "ReadOnly" and _concerns(lock, survey):
            reason = f"the ReadOnly lock {lock.name} on {lock.scope} forbids deallocating, swapping and starting; remove it first"
            yield Refused(code="ReadOnlyLock", reason=reason)


def _repair_place(survey: Survey) -> Iterator[Refused]:
    if survey.subnet_id is None:
        reason = f"no repair subnet is configured for region {survey.vm.location}, or it does not exist in the VM's subscription"
        yield Refused(code="NoRepairSubnet", reason=f"{reason} (BOOTMEND_REPAIR_SUBNETS)")
    if survey.os_disk is None:
        return
    fit, unfit = fitting_sizes(survey)
    if not fit:
        why = "; ".join(unfit) or "none is configured"
        yield Refused(code="NoRepairSize", reason=f"no size for the repair VM fits (BOOTMEND_REPAIR_SIZES): {why}")


_RULES: tuple[Callable[[Survey], Iterator[Refused]], ...] = (
    _excluded,
    _operating_system,
    _os_disk_kind,
    _encryption,
    _locks,
    _repair_place,
)


def _concerns(lock: LockFacts, survey: Survey) -> bool:
    """Whether the lock's scope is the VM, its OS disk, or something that holds them."""
    ids = [survey.vm.id.lower(), (survey.vm.os_disk.id or "").lower()]
    return any(known == lock.scope or known.startswith(lock.scope.rstrip("/") + "/") for known in ids)


def _why_unfit(size: SizeFacts, survey: Survey) -> str | None:
    disk, quota = survey.os_disk, survey.quota
    if size.restricted:
        return f"cannot be had here ({size.restricted})"
    if size.architecture.lower() != "x64":
        return f"is {size.architecture}"
    if "SCSI" not in size.controllers:
        return "has no SCSI controller, by which the copy is found"
    if disk is not None and "SCSI" not in disk.controllers:
        return f"would attach the disk by SCSI, and the disk allows {' and '.join(disk.controllers)} only"
    if "V2" not in size.generations:
        return "cannot run a generation 2 image"
    if disk is not None and disk.sku.startswith("Premium") and not size.premium_storage:
        return "cannot attach premium storage"
    if disk is not None and disk.security_type == "TrustedLaunch" and not size.trusted_launch:
        return "does not support Trusted Launch"
    if (
        quota is not None
        and min(quota.regional_cores_left, quota.family_cores_left.get(size.family, size.cores)) < size.cores
    ):
        return "exceeds the vCPU quota that is left"
    return None
