"""A managed disk or snapshot, and how Compute shows it (Disks - Get, Snapshots - Get)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sandbox.azure.wire import Json, stamp
from sandbox.windows import WindowsDisk

Kind = Literal["disks", "snapshots"]

_PREMIUM_TIERS = ((32, "P4"), (64, "P6"), (128, "P10"), (256, "P15"), (512, "P20"), (1024, "P30"), (4096, "P50"))


@dataclass(kw_only=True)
class Disk:
    """One disk or snapshot. `content` is what is on it; None for a disk without Windows."""

    id: str
    kind: Kind
    name: str
    group: str
    location: str
    zone: str | None
    sku: str
    size_gb: int
    creation: Json
    created_at: datetime
    unique_id: str
    content: WindowsDisk | None
    tags: dict[str, str] = field(default_factory=dict)
    os_type: str | None = "Windows"
    generation: str | None = None
    security: str = "Standard"
    controllers: tuple[str, ...] | None = None
    encrypted_by_ade: bool = False
    managed_by: str | None = None
    state: Literal["Unattached", "Attached", "Reserved"] = "Unattached"
    owned_at: datetime | None = None
    provisioning: str = "Succeeded"
    made_by_caller: bool = False

    @property
    def key(self) -> str:
        return self.id.lower()

    def own(self, machine_id: str | None, state: Literal["Unattached", "Attached", "Reserved"], now: datetime) -> None:
        """A VM takes the disk, lets it go, or is deallocated or started: each moves the ownership time."""
        self.managed_by = machine_id
        self.state = state
        self.owned_at = now

    def shape(self) -> Json:
        """The body of a GET."""
        body: Json = {
            "name": self.name,
            "id": self.id,
            "type": f"Microsoft.Compute/{self.kind}",
            "location": self.location,
            "tags": dict(self.tags),
        }
        if self.zone is not None:
            body["zones"] = [self.zone]
        if self.managed_by is not None:
            body["managedBy"] = self.managed_by
        body["sku"] = {"name": self.sku, "tier": self.sku.split("_")[0]}
        return {**body, "properties": {**self._origin(), **self._state()}}

    def _origin(self) -> Json:
        shown: Json = {}
        if self.os_type is not None:
            shown["osType"] = self.os_type
        if self.generation is not None:
            shown["hyperVGeneration"] = self.generation
        if self.os_type is not None:
            shown["supportsHibernation"] = False
            shown["supportedCapabilities"] = {"acceleratedNetwork": True, "architecture": "x64"}
            if self.controllers is not None:
                shown["supportedCapabilities"]["diskControllerTypes"] = ", ".join(self.controllers)
        if self.security != "Standard":
            shown["securityProfile"] = {"securityType": self.security}
        if self.encrypted_by_ade:
            shown["encryptionSettingsCollection"] = _ade()
        return {**shown, "creationData": dict(self.creation), "diskSizeGB": self.size_gb}

    def _state(self) -> Json:
        shown: Json = {
            "encryption": {"type": "EncryptionAtRestWithPlatformKey"},
            "networkAccessPolicy": "AllowAll",
            "publicNetworkAccess": "Enabled",
            "timeCreated": stamp(self.created_at),
            "provisioningState": self.provisioning,
            "diskState": self.state,
            "diskSizeBytes": self.size_gb * 1024**3,
            "uniqueId": self.unique_id,
        }
        if self.kind == "snapshots":
            return {**shown, "incremental": False, "snapshotAccessState": "Available"}
        shown["diskIOPSReadWrite"] = 120
        shown["diskMBpsReadWrite"] = 25
        if self.owned_at is not None:
            # Real answers spell it with a capital L, unlike the reference (Disks - Get).
            shown["LastOwnershipUpdateTime"] = stamp(self.owned_at)
        if self.sku.startswith("Premium"):
            shown["tier"] = next((tier for size, tier in _PREMIUM_TIERS if self.size_gb <= size), "P80")
        return shown


def _ade() -> Json:
    vault = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-keys/providers/Microsoft.KeyVault"
    key = {"sourceVault": {"id": f"{vault}/vaults/kv-disks"}, "secretUrl": "https://kv-disks.example/secrets/ade"}
    settings = [{"diskEncryptionKey": key}]
    return {"enabled": True, "encryptionSettings": settings, "encryptionSettingsVersion": "1.1"}
