"""Every setting of the app: one typed class, read once from the environment, every fault named at once."""

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Json,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bootmend.names import ResourceId

PREFIX = "BOOTMEND_"
_CONTAINER = r"^(https://[^/?#@\s]+(/[^/?#@\s]+){1,2})?$"
"""One path segment; two where the account stands in the path, as storage on a bare address has it."""
_HOST = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?")


class SettingsError(Exception):
    """The app cannot start; the message names every setting that is missing or wrong, and what would be right."""


class Settings(BaseModel):
    """Setting `repair_group` is read from the environment as BOOTMEND_REPAIR_GROUP, and so on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repair_group: Annotated[str, Field(pattern=r"^[-\w.()]{1,89}[-\w()]$")]
    """Name of the resource group, in each subscription, in which repair VMs are made and deleted."""
    repair_subnets: Json[dict[str, str]] | dict[str, str]
    """JSON object: region name to the id of the subnet that repair VMs of that region join."""
    arm_endpoint: Annotated[str, Field(pattern=r"^https?://[^/]+$")] = "https://management.azure.com"
    """Azure Resource Manager of the cloud; another one for sovereign clouds."""
    repair_sizes: Json[tuple[str, ...]] | tuple[str, ...] = (
        "Standard_D2s_v5",
        "Standard_D2as_v5",
        "Standard_D2ds_v5",
        "Standard_D2s_v4",
        "Standard_D2s_v3",
        "Standard_B2ms",
    )
    """JSON array: VM sizes for the repair VM, the first that can be had is taken. SCSI sizes with two cores serve well."""
    backup_vaults: Json[tuple[str, ...]] | tuple[str, ...] = ()
    """JSON array: ids of the Recovery Services vaults in which recovery points are looked for. None: no backup is offered."""
    restore_staging: Json[dict[str, str]] | dict[str, str] = {}
    """JSON object: region name to the id of the storage account in which Azure Backup stages a restore there."""
    evidence_url: Annotated[str, Field(pattern=_CONTAINER)] = ""
    """The Blob Storage container in which evidence is kept, by the app's own identity. Either this or `evidence_folder`."""
    evidence_folder: Annotated[Path | None, Field(validate_default=True)] = None
    """The folder in which evidence is kept instead: for one machine. Without a container no memory dump can be uploaded."""
    stable_seconds: Annotated[int, Field(ge=60, le=3600)] = 195
    """How long a boot must stay healthy: the documented health lag, 15 s and up to 3 min."""
    boot_minutes: Annotated[int, Field(ge=2, le=240)] = 30
    """How long to wait for a sign of life after the start before a person is asked."""
    public_url: Annotated[str, Field(pattern=r"^(https?://[^/]+)?$")] = ""
    """Origin of links in answers where the request's own Host header is not what callers use."""
    settle_seconds: Annotated[int, Field(ge=0, le=3600)] = 300
    """How long after an event or alert the VM is looked at: by then a restart of the platform's own is over."""
    quiet_seconds: Annotated[int, Field(ge=0, le=86400)] = 600
    """How long after a triage further events about the same VM start nothing."""
    repairs_a_day: Annotated[int, Field(ge=0, le=100)] = 2
    """After so many repairs of one VM in 24 hours an event no longer repairs it without a person's approval."""
    sweep_dry_run: bool = True
    """Whether the sweep of orphans only tells what it would remove."""
    auto_approve: bool = False
    """Whether events and alerts may repair every VM without approval, not only one with the tag bootmend:auto=yes."""
    easy_auth: bool = False
    """Whether App Service Authentication is on: only then are its principal headers believed."""
    requester_may_approve: bool = True
    """Whether the person who asked for a repair may approve at its checkpoints. `false` needs `easy_auth`."""
    webhook_hosts: Json[tuple[str, ...]] | tuple[str, ...] = ()
    """JSON array: hosts to which notifications may be sent, `*.` before a domain for all below it. None: no webhooks."""
    webhook_key: SecretStr = SecretStr("")
    """The key of the signature that every notification bears; needed where `webhook_hosts` names any host."""
    event_topic: Annotated[str, Field(pattern=r"^(https?://[^/@?#]+/api/events)?$")] = ""
    """Endpoint of an Event Grid custom topic (CloudEvents schema) that gets every notification too."""
    event_topic_key: SecretStr = SecretStr("")
    """An access key of that topic."""

    @field_validator("repair_subnets")
    @classmethod
    def _subnets_are_ids(cls, value: dict[str, str]) -> dict[str, str]:
        for region, subnet in value.items():
            if ResourceId.parse(subnet).type.lower() != "virtualnetworks/subnets":
                raise ValueError(f"{region}: must be the id of a subnet, .../virtualNetworks/{{name}}/subnets/{{name}}")
        return {region.lower().replace(" ", ""): subnet for region, subnet in value.items()}

    @field_validator("backup_vaults")
    @classmethod
    def _vaults_are_ids(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for vault in value:
            if ResourceId.parse(vault).full_type.lower() != "microsoft.recoveryservices/vaults":
                raise ValueError(f"{vault}: must be the id of a vault, .../Microsoft.RecoveryServices/vaults/{{name}}")
        return value

    @field_validator("restore_staging")
    @classmethod
    def _staging_is_storage(cls, value: dict[str, str]) -> dict[str, str]:
        for region, account in value.items():
            if ResourceId.parse(account).full_type.lower() != "microsoft.storage/storageaccounts":
                raise ValueError(f"{region}: must be the id of a storage account, .../storageAccounts/{{name}}")
        return {region.lower().replace(" ", ""): account for region, account in value.items()}

    @field_validator("webhook_hosts")
    @classmethod
    def _hosts_are_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not _HOST.fullmatch(host.lower()):
                raise ValueError(f"{host}: must be a host name such as hooks.example.com or *.example.com")
        return tuple(host.lower() for host in value)

    @field_validator("evidence_folder")
    @classmethod
    def _one_place_of_evidence(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if "evidence_url" in info.data and bool(info.data["evidence_url"]) == (value is not None):
            raise ValueError(
                f"exactly one of {PREFIX}EVIDENCE_URL (https://account.blob.core.windows.net/container) and "
                f"{PREFIX}EVIDENCE_FOLDER must be set"
            )
        return value

    @model_validator(mode="after")
    def _secrets_go_with_their_use(self) -> Self:
        if self.webhook_hosts and len(self.webhook_key.get_secret_value()) < 16:
            raise ValueError(
                f"{PREFIX}WEBHOOK_KEY must hold at least 16 characters where {PREFIX}WEBHOOK_HOSTS names hosts"
            )
        if self.event_topic.startswith("http:") and self.arm_endpoint.startswith("https:"):
            raise ValueError(f"{PREFIX}EVENT_TOPIC must begin with https://, its key is sent there")
        if self.event_topic and not self.event_topic_key.get_secret_value():
            raise ValueError(f"{PREFIX}EVENT_TOPIC_KEY is missing, {PREFIX}EVENT_TOPIC needs it")
        if not self.requester_may_approve and not self.easy_auth:
            raise ValueError(
                f"{PREFIX}REQUESTER_MAY_APPROVE=false needs {PREFIX}EASY_AUTH=true: a claimed name proves nothing"
            )
        return self

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Raises SettingsError with one line a fault."""
        given = {
            name: environment[PREFIX + name.upper()]
            for name in cls.model_fields
            if environment.get(PREFIX + name.upper(), "") != ""
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            # A value that is neither JSON nor a mapping is told twice; the first telling is of the JSON.
            faults = {_name(fault["loc"]): fault["msg"] for fault in reversed(error.errors())}
            lines = [f"{name}: {what}" for name, what in sorted(faults.items())]
            raise SettingsError("the app's settings are not complete:\n" + "\n".join(lines)) from None


def _name(place: tuple[int | str, ...]) -> str:
    """The environment's name for what is wrong; a fault between two settings names both in its own words."""
    return f"{PREFIX}{str(place[0]).upper()}" if place else "together"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return Settings.from_environment(os.environ)
