"""From Azure's answers to the facts of bootmend.models.azure. Pure: JSON in, records out.

An answer that lacks what must be in it raises `Rejected`: to guess would be to lie.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import ValidationError

from bootmend.arm import wire
from bootmend.arm.errors import Rejected
from bootmend.models.azure import (
    AgentStatus,
    Controller,
    DataDiskRef,
    DiskFacts,
    Generation,
    ImageRef,
    LockFacts,
    OsDiskRef,
    Power,
    QuotaFacts,
    RunCommandLook,
    SecurityType,
    SizeFacts,
    VmFacts,
)

type Json = Mapping[str, object]

_POWERS: dict[str, Power] = {
    "running": "running", "starting": "starting", "stopping": "stopping", "stopped": "stopped",
    "deallocating": "deallocating", "deallocated": "deallocated",
}  # fmt: skip

type _RunState = Literal["Unknown", "Pending", "Running", "Failed", "Succeeded", "TimedOut", "Canceled"]
_RUN_STATES: tuple[_RunState, ...] = ("Pending", "Running", "Failed", "Succeeded", "TimedOut", "Canceled")


def document(body: bytes) -> object:
    """The JSON of a body, {} for an empty one. Raises `Rejected` if it is none."""
    try:
        return json.loads(body) if body.strip() else {}
    except ValueError as error:
        raise Rejected("Azure's answer is not JSON", "UnreadableAnswer") from error


def parse[W: wire.Wire](shape: type[W], answer: object) -> W:
    """Reads an answer. Raises `Rejected` with the fields that are not as documented."""
    try:
        return shape.model_validate(answer)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, problem["loc"])) for problem in error.errors()) or "the whole"
        raise Rejected(
            f"Azure's answer is not what {shape.__name__} looks like: {fields}", "UnreadableAnswer"
        ) from error


def vm_facts(answer: Json, etag: str | None = None) -> VmFacts:
    """Virtual Machines - Get, with the instance view expanded. `etag`: of the header, for where the body has none."""
    vm = parse(wire.Vm, answer)
    of = vm.properties
    view = of.instance_view or wire.InstanceView()
    diagnostics = of.diagnostics_profile and of.diagnostics_profile.boot_diagnostics
    return VmFacts(
        id=vm.id,
        vm_id=of.vm_id,
        name=vm.name,
        location=vm.location,
        size=of.hardware_profile.vm_size,
        zone=next(iter(vm.zones or ()), None),
        tags=vm.tags or {},
        os_type="Windows" if of.storage_profile.os_disk.os_type == "Windows" else "Linux",
        os_name=view.os_name,
        os_version=view.os_version,
        generation=_generation(view.generation),
        security_type=_security(of.security_profile),
        controller=_controllers(of.storage_profile.disk_controller_type)[0],
        power=_power(view),
        provisioning_state=of.provisioning_state,
        os_disk=_os_disk(of.storage_profile.os_disk),
        data_disks=tuple(_data_disk(disk) for disk in of.storage_profile.data_disks or ()),
        image=_image(of.storage_profile.image_reference),
        boot_diagnostics=bool(diagnostics and diagnostics.enabled),
        extensions=_extensions(vm, view),
        agent=_agent(view),
        etag=vm.etag or etag,
    )


def disk_facts(answer: Json) -> DiskFacts:
    """Disks - Get."""
    disk = parse(wire.Disk, answer)
    of = disk.properties
    capabilities = of.supported_capabilities or wire.Capabilities()
    return DiskFacts(
        id=disk.id,
        name=disk.name,
        location=disk.location,
        zone=next(iter(disk.zones or ()), None),
        sku=disk.sku.name,
        size_gb=of.size_gb,
        generation=_generation(of.generation),
        security_type=_security(of.security_profile),
        controllers=_controllers(capabilities.disk_controller_types),
        architecture=capabilities.architecture or "x64",
        azure_disk_encryption=bool(of.encryption_settings_collection and of.encryption_settings_collection.enabled),
        encryption_type=(of.encryption and of.encryption.type) or "EncryptionAtRestWithPlatformKey",
        state=of.disk_state or "",
        managed_by=disk.managed_by or None,
        last_ownership_update_time=of.last_ownership_update_time,
        tags=disk.tags or {},
    )


def lock_facts(answer: object) -> LockFacts:
    """Management Locks - List. What is locked is the id up to the lock's own part."""
    lock = parse(wire.Lock, answer)
    scope = lock.id.lower().rpartition("/providers/microsoft.authorization/locks/")[0]
    level = lock.properties.level
    return LockFacts(level="ReadOnly" if level == "ReadOnly" else "CanNotDelete", name=lock.name, scope=scope)


def size_facts(answer: Json, location: str, zone: str | None) -> SizeFacts:
    """Resource Skus - List: one VM size, seen from a region and zone."""
    sku = parse(wire.ResourceSku, answer)
    has = {pair.name.lower(): pair.value or "" for pair in sku.capabilities or ()}
    generations: tuple[Generation, ...] = tuple(
        generation for text in has.get("hypervgenerations", "V1").split(",") if (generation := _generation(text))
    )
    return SizeFacts(
        name=sku.name,
        family=sku.family,
        cores=int(_number(has, "vcpus")),
        memory_gb=_number(has, "memorygb"),
        controllers=_controllers(has.get("diskcontrollertypes")),
        generations=generations,
        trusted_launch="V2" in generations and has.get("trustedlaunchdisabled", "").lower() != "true",
        premium_storage=has.get("premiumio", "").lower() == "true",
        architecture=has.get("cpuarchitecturetype") or "x64",
        restricted=_restriction(sku, location.lower(), zone),
    )


def quota_facts(usages: Iterable[Json]) -> QuotaFacts:
    """Usage - List: `cores` is the region's, names that end in `Family` are the size families'."""
    left = {usage.name.value: usage.limit - usage.current_value for usage in (parse(wire.Usage, u) for u in usages)}
    if "cores" not in left:
        raise Rejected("Azure's usages do not tell the region's cores", "UnreadableAnswer")
    families = {name: cores for name, cores in left.items() if name.lower().endswith("family")}
    return QuotaFacts(regional_cores_left=left["cores"], family_cores_left=families)


def run_command_look(answer: Json) -> RunCommandLook:
    """Virtual Machine Run Commands - Get By Virtual Machine, with the instance view expanded."""
    of = parse(wire.RunCommand, answer).properties
    view = of.instance_view or wire.RunCommandView()
    return RunCommandLook(
        state=next((state for state in _RUN_STATES if state == view.execution_state), "Unknown"),
        exit_code=view.exit_code,
        output=view.output or "",
        error=view.error or "",
        message=view.execution_message or "",
        provisioning_state=of.provisioning_state,
    )


def _number(capabilities: Mapping[str, str], name: str) -> float:
    try:
        return float(capabilities.get(name, "0"))
    except ValueError as error:
        raise Rejected(f"a VM size's {name} is {capabilities[name]!r}, no number", "UnreadableAnswer") from error


def _generation(text: str | None) -> Generation | None:
    match (text or "").strip().upper():
        case "V1":
            return "V1"
        case "V2":
            return "V2"
        case _:
            return None


def _security(profile: wire.SecurityProfile | None) -> SecurityType:
    """Disks spell three kinds of ConfidentialVM_…; one word stands for all."""
    text = (profile and profile.security_type) or ""
    if text.startswith("ConfidentialVM"):
        return "ConfidentialVM"
    return "TrustedLaunch" if text == "TrustedLaunch" else "Standard"


def _controllers(text: str | None) -> tuple[Controller, ...]:
    named = {part.strip().upper() for part in (text or "SCSI").split(",")}
    known: tuple[tuple[str, Controller], ...] = (("SCSI", "SCSI"), ("NVME", "NVMe"))
    return tuple(controller for word, controller in known if word in named) or ("SCSI",)


def _power(view: wire.InstanceView) -> Power:
    codes = [status.code.partition("/") for status in view.statuses or ()]
    return next((_POWERS.get(state, "unknown") for kind, _, state in codes if kind == "PowerState"), "unknown")


def _agent(view: wire.InstanceView) -> AgentStatus:
    statuses = (view.vm_agent and view.vm_agent.statuses) or []
    status = next(iter(statuses), None)
    if status is None:
        return AgentStatus(ready=False, code="", message="Azure shows no VM agent")
    ready = status.code.lower() == "provisioningstate/succeeded" and status.display_status == "Ready"
    return AgentStatus(ready=ready, code=status.code, message=status.message or "", time=status.time)


def _os_disk(disk: wire.OsDisk) -> OsDiskRef:
    ephemeral = disk.diff_disk_settings is not None and disk.diff_disk_settings.option == "Local"
    return OsDiskRef(name=disk.name, id=disk.managed_disk.id if disk.managed_disk else None, ephemeral=ephemeral)


def _data_disk(disk: wire.DataDisk) -> DataDiskRef:
    return DataDiskRef(lun=disk.lun, name=disk.name, id=disk.managed_disk.id if disk.managed_disk else None)


def _image(image: wire.Image | None) -> ImageRef | None:
    """A custom image names a gallery instead of publisher, offer and sku: then it is unknown."""
    if image is None or not (image.publisher and image.offer and image.sku):
        return None
    return ImageRef(publisher=image.publisher, offer=image.offer, sku=image.sku)


def _extensions(vm: wire.Vm, view: wire.InstanceView) -> tuple[str, ...]:
    """Types, without publisher: `AzureDiskEncryption`. The instance view spells them with it, the model without."""
    model = [(one.properties and one.properties.type) or one.name for one in vm.resources or ()]
    shown = [one.type or one.name or "" for one in view.extensions or ()]
    return tuple(sorted({name.rpartition(".")[2] for name in (*model, *shown) if name}))


def _restriction(sku: wire.ResourceSku, location: str, zone: str | None) -> str | None:
    for one in sku.restrictions or ():
        where = one.restriction_info or wire.RestrictionInfo()
        here = location in [name.lower() for name in where.locations or (location,)]
        if one.type == "Location" and here:
            return one.reason_code or "restricted in this region"
        if one.type == "Zone" and here and zone in (where.zones or ()):
            return f"{one.reason_code or 'restricted'} in zone {zone}"
    places = [info for info in sku.location_info or () if info.location.lower() == location]
    if not places:
        return f"not offered in {location}"
    if zone is not None and not any(zone in (info.zones or ()) for info in places):
        return f"not offered in zone {zone}"
    return None
