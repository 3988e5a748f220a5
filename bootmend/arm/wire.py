"""Azure's JSON as it arrives: only the keys that a repair needs, each optional as Azure may leave it out or send null.

The answers' shapes: Virtual Machines, Disks, Resource Skus, Usage and Management Locks, REST reference.
"""

from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from bootmend.models.record import Moment


class Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class Reference(Wire):
    id: str | None = None


class Status(Wire):
    code: str = ""
    display_status: str | None = None
    message: str | None = None
    time: Moment | None = None


class Agent(Wire):
    statuses: list[Status] | None = None


class NamedType(Wire):
    name: str | None = None
    type: str | None = None


class InstanceView(Wire):
    os_name: str | None = None
    os_version: str | None = None
    generation: str | None = Field(None, alias="hyperVGeneration")
    vm_agent: Agent | None = None
    extensions: list[NamedType] | None = None
    statuses: list[Status] | None = None


class DiffDiskSettings(Wire):
    option: str | None = None


class OsDisk(Wire):
    os_type: str
    name: str
    managed_disk: Reference | None = None
    diff_disk_settings: DiffDiskSettings | None = None


class DataDisk(Wire):
    lun: int
    name: str
    managed_disk: Reference | None = None


class Image(Wire):
    publisher: str | None = None
    offer: str | None = None
    sku: str | None = None


class StorageProfile(Wire):
    image_reference: Image | None = None
    os_disk: OsDisk
    data_disks: list[DataDisk] | None = None
    disk_controller_type: str | None = None


class HardwareProfile(Wire):
    vm_size: str


class SecurityProfile(Wire):
    security_type: str | None = None


class BootDiagnosticsProfile(Wire):
    enabled: bool | None = None


class DiagnosticsProfile(Wire):
    boot_diagnostics: BootDiagnosticsProfile | None = None


class VmProperties(Wire):
    vm_id: str
    hardware_profile: HardwareProfile
    storage_profile: StorageProfile
    security_profile: SecurityProfile | None = None
    diagnostics_profile: DiagnosticsProfile | None = None
    provisioning_state: str = ""
    instance_view: InstanceView | None = None


class Extension(Wire):
    name: str
    properties: NamedType | None = None


class Resource(Wire):
    id: str
    name: str
    location: str = ""
    zones: list[str] | None = None
    tags: dict[str, str] | None = None


class Vm(Resource):
    etag: str | None = None
    properties: VmProperties
    resources: list[Extension] | None = None


class Sku(Wire):
    name: str


class Capabilities(Wire):
    disk_controller_types: str | None = None
    architecture: str | None = None


class EncryptionSettings(Wire):
    enabled: bool = False


class Encryption(Wire):
    type: str | None = None


class DiskProperties(Wire):
    generation: str | None = Field(None, alias="hyperVGeneration")
    size_gb: int = Field(0, alias="diskSizeGB")
    supported_capabilities: Capabilities | None = None
    security_profile: SecurityProfile | None = None
    encryption_settings_collection: EncryptionSettings | None = None
    encryption: Encryption | None = None
    disk_state: str | None = None
    # Documented in lower camel case, sent capitalised.
    last_ownership_update_time: Moment | None = Field(
        None, validation_alias=AliasChoices("LastOwnershipUpdateTime", "lastOwnershipUpdateTime")
    )


class Disk(Resource):
    managed_by: str | None = None
    sku: Sku
    properties: DiskProperties


class Page(Wire):
    value: list[object] = []
    next_link: str | None = None


class LockProperties(Wire):
    level: str


class Lock(Wire):
    id: str
    name: str
    properties: LockProperties


class Pair(Wire):
    name: str
    value: str | None = None


class RestrictionInfo(Wire):
    locations: list[str] | None = None
    zones: list[str] | None = None


class Restriction(Wire):
    type: str | None = None
    reason_code: str | None = None
    restriction_info: RestrictionInfo | None = None


class LocationInfo(Wire):
    location: str = ""
    zones: list[str] | None = None


class ResourceSku(Wire):
    name: str
    family: str = ""
    capabilities: list[Pair] | None = None
    location_info: list[LocationInfo] | None = None
    restrictions: list[Restriction] | None = None


class UsageName(Wire):
    value: str


class Usage(Wire):
    name: UsageName
    limit: int
    current_value: int


class RunCommandView(Wire):
    execution_state: str | None = None
    execution_message: str | None = None
    exit_code: int | None = None
    output: str | None = None
    error: str | None = None


class RunCommandProperties(Wire):
    provisioning_state: str = ""
    instance_view: RunCommandView | None = None


class RunCommand(Wire):
    properties: RunCommandProperties


class Problem(Wire):
    code: str | None = None
    message: str | None = None


class AsyncOperation(Wire):
    status: str
    start_time: Moment | None = None
    end_time: Moment | None = None
    error: Problem | None = None


class Provisioned(Wire):
    provisioning_state: str = ""
    instance_view: InstanceView | None = None


class AnyResource(Wire):
    properties: Provisioned | None = None


class Tagged(Wire):
    """A disk, snapshot or VM: what tells whose it is and whether it may be deleted."""

    id: str
    tags: dict[str, str] | None = None
    managed_by: str | None = None
    managed_by_extended: list[str] | None = None
    properties: Provisioned | None = None
