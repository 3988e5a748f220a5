"""Every setting of the app: one typed class, read once from the environment, every fault named at once."""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, Json, ValidationError, field_validator

from bootmend.names import ResourceId

PREFIX = "BOOTMEND_"


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
    evidence_folder: Path
    """The folder in which evidence is kept: a mounted share, so that it outlives the instance."""
    stable_seconds: Annotated[int, Field(ge=60, le=3600)] = 195
    """How long a boot must stay healthy: the documented health lag, 15 s and up to 3 min."""
    boot_minutes: Annotated[int, Field(ge=2, le=240)] = 30
    """How long to wait for a sign of life after the start before a person is asked."""
    public_url: Annotated[str, Field(pattern=r"^(https?://[^/]+)?$")] = ""
    """Origin of links in answers where the request's own Host header is not what callers use."""

    @field_validator("repair_subnets")
    @classmethod
    def _subnets_are_ids(cls, value: dict[str, str]) -> dict[str, str]:
        for region, subnet in value.items():
            if ResourceId.parse(subnet).type.lower() != "virtualnetworks/subnets":
                raise ValueError(f"{region}: must be the id of a subnet, .../virtualNetworks/{{name}}/subnets/{{name}}")
        return {region.lower().replace(" ", ""): subnet for region, subnet in value.items()}

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
            faults = {f"{PREFIX}{str(fault['loc'][0]).upper()}": fault["msg"] for fault in reversed(error.errors())}
            lines = [f"{name}: {what}" for name, what in sorted(faults.items())]
            raise SettingsError("the app's settings are not complete:\n" + "\n".join(lines)) from None


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return Settings.from_environment(os.environ)
