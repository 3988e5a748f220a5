"""VM sizes, their families and quota, and where they can be had (Resource Skus - List, Usage - List)."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.azure.errors import ArmError
from sandbox.azure.wire import Json

REGIONS = ("westeurope", "northeurope", "eastus", "westus2", "swedencentral")
ZONES = ("1", "2", "3")


@dataclass(frozen=True)
class Size:
    """One VM size. `controllers` None: the size says nothing, which means SCSI."""

    name: str
    family: str
    cores: int
    memory_gb: float
    controllers: str | None = None
    generations: str = "V1,V2"
    trusted_launch: bool = True
    architecture: str = "x64"
    premium: bool = True


SIZES = {
    size.name: size
    for size in (
        Size("Standard_D2s_v5", "standardDSv5Family", 2, 8),
        Size("Standard_D4s_v5", "standardDSv5Family", 4, 16),
        Size("Standard_D8s_v5", "standardDSv5Family", 8, 32),
        Size("Standard_D16s_v5", "standardDSv5Family", 16, 64),
        Size("Standard_D2ds_v5", "standardDDSv5Family", 2, 8),
        Size("Standard_D4ds_v5", "standardDDSv5Family", 4, 16),
        Size("Standard_D2as_v5", "standardDASv5Family", 2, 8),
        Size("Standard_D4as_v5", "standardDASv5Family", 4, 16),
        Size("Standard_D2s_v4", "standardDSv4Family", 2, 8),
        Size("Standard_D2s_v3", "standardDSv3Family", 2, 8),
        Size("Standard_D4s_v3", "standardDSv3Family", 4, 16),
        Size("Standard_DS1_v2", "standardDSv2Family", 1, 3.5),
        Size("Standard_B2s", "standardBSFamily", 2, 4),
        Size("Standard_B2ms", "standardBSFamily", 2, 8),
        Size("Standard_E2s_v5", "standardESv5Family", 2, 16),
        Size("Standard_E4s_v5", "standardESv5Family", 4, 32),
        Size("Standard_E16s_v5", "standardESv5Family", 16, 128),
        Size("Standard_E32s_v5", "standardESv5Family", 32, 256),
        Size("Standard_F4s_v2", "standardFSv2Family", 4, 8),
        Size("Standard_E2bs_v5", "standardEBSv5Family", 2, 16, controllers="SCSI, NVMe"),
        Size("Standard_D2s_v6", "standardDSv6Family", 2, 8, controllers="NVMe", generations="V2"),
        Size("Standard_D4s_v6", "standardDSv6Family", 4, 16, controllers="NVMe", generations="V2"),
        Size("Standard_DC2as_v5", "standardDCASv5Family", 2, 8, generations="V2"),
        Size("Standard_D2ps_v5", "standardDPSv5Family", 2, 8, generations="V2", architecture="Arm64"),
        Size("Standard_D2_v5", "standardDv5Family", 2, 8, premium=False),
    )
}


def size_named(name: str) -> Size:
    """The size, in whatever case. 400 when there is none."""
    for known, size in SIZES.items():
        if known.lower() == name.lower():
            return size
    raise ArmError(
        400,
        "InvalidParameter",
        f"The value {name} provided for the VM size is not valid. The valid sizes in the current region are: "
        f"{','.join(SIZES)}.",
        target="vmSize",
    )


def sku_shape(size: Size, location: str, *, restricted: bool) -> Json:
    """One element of Resource Skus - List."""
    capabilities = {
        "MaxResourceVolumeMB": "0",
        "OSVhdSizeMB": "1047552",
        "vCPUs": str(size.cores),
        "MemoryGB": f"{size.memory_gb:g}",
        "HyperVGenerations": size.generations,
        "CpuArchitectureType": size.architecture,
        "PremiumIO": str(size.premium),
        "EphemeralOSDiskSupported": "False",
    }
    if size.controllers is not None:
        capabilities["DiskControllerTypes"] = size.controllers
    if not size.trusted_launch:
        capabilities["TrustedLaunchDisabled"] = "True"
    body: Json = {
        "resourceType": "virtualMachines",
        "name": size.name,
        "tier": "Standard",
        "size": size.name.removeprefix("Standard_"),
        "family": size.family,
        "locations": [location],
        "locationInfo": [{"location": location, "zones": list(ZONES), "zoneDetails": []}],
        "capabilities": [{"name": name, "value": value} for name, value in capabilities.items()],
        "restrictions": [],
    }
    if restricted:
        body["restrictions"] = [
            {
                "type": "Location",
                "values": [location],
                "restrictionInfo": {"locations": [location]},
                "reasonCode": "NotAvailableForSubscription",
            }
        ]
    return body


def usage_shapes(used: Iterable[Size], limit: int) -> list[Json]:
    """Usage - List of one region: the region's vCPUs, then each family's."""
    sizes = list(used)
    families = sorted({size.family for size in SIZES.values()})
    rows = [_usage("cores", "Total Regional vCPUs", sum(size.cores for size in sizes), limit)]
    for family in families:
        cores = sum(size.cores for size in sizes if size.family == family)
        rows.append(_usage(family, f"{family.removesuffix('Family')} Family vCPUs", cores, limit))
    return rows


def require_quota(size: Size, used: Iterable[Size], limit: int, location: str) -> None:
    """409 when the region has too few vCPUs left for one more VM of this size."""
    in_use = sum(other.cores for other in used)
    if in_use + size.cores > limit:
        raise ArmError(
            409,
            "OperationNotAllowed",
            "Operation could not be completed as it results in exceeding approved Total Regional Cores quota. "
            f"Additional details - Deployment Model: Resource Manager, Location: {location}, Current Limit: {limit}, "
            f"Current Usage: {in_use}, Additional Required: {size.cores}, (Minimum) New Limit Required: "
            f"{in_use + size.cores}.",
        )


def not_available(size: str, location: str) -> ArmError:
    """409 for a size that the subscription cannot have there now."""
    return ArmError(
        409,
        "SkuNotAvailable",
        f"The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: {size}' is currently "
        f"not available in location '{location}'. Please try another size or deploy to a different location or different "
        "zone.",
    )


def _usage(value: str, name: str, current: int, limit: int) -> Json:
    return {
        "limit": limit,
        "unit": "Count",
        "currentValue": current,
        "name": {"value": value, "localizedValue": name},
    }
