"""Marketplace images of Windows, and what a VM made from one says of itself."""

import re
from dataclasses import dataclass

from sandbox.azure.errors import ArmError
from sandbox.azure.wire import Json


@dataclass(frozen=True)
class WindowsRelease:
    """A Windows: what the agent calls it, its build, and the images it is made from."""

    os_name: str
    build: str
    publisher: str
    offer: str
    sku_v1: str
    sku_v2: str


RELEASES = {
    "WindowsServer2012R2": WindowsRelease(
        "Windows Server 2012 R2 Datacenter", "6.3.9600.22073", "MicrosoftWindowsServer", "WindowsServer",
        "2012-R2-Datacenter", "2012-r2-datacenter-gensecond",
    ),
    "WindowsServer2016": WindowsRelease(
        "Windows Server 2016 Datacenter", "10.0.14393.7259", "MicrosoftWindowsServer", "WindowsServer",
        "2016-Datacenter", "2016-datacenter-gensecond",
    ),
    "WindowsServer2019": WindowsRelease(
        "Windows Server 2019 Datacenter", "10.0.17763.6293", "MicrosoftWindowsServer", "WindowsServer",
        "2019-Datacenter", "2019-datacenter-gensecond",
    ),
    "WindowsServer2022": WindowsRelease(
        "Windows Server 2022 Datacenter", "10.0.20348.2700", "MicrosoftWindowsServer", "WindowsServer",
        "2022-datacenter", "2022-datacenter-g2",
    ),
    "WindowsServer2025": WindowsRelease(
        "Windows Server 2025 Datacenter", "10.0.26100.1742", "MicrosoftWindowsServer", "WindowsServer",
        "2025-datacenter", "2025-datacenter-g2",
    ),
    "Windows10": WindowsRelease(
        "Windows 10 Enterprise", "10.0.19045.4894", "MicrosoftWindowsDesktop", "Windows-10",
        "win10-22h2-ent", "win10-22h2-ent-g2",
    ),
    "Windows11": WindowsRelease(
        "Windows 11 Enterprise", "10.0.22631.4169", "MicrosoftWindowsDesktop", "windows-11",
        "win11-23h2-ent", "win11-23h2-ent",
    ),
}  # fmt: skip


def image_of(os: str, generation: str) -> Json:
    """The image reference of a VM with this Windows."""
    release = RELEASES[os]
    version = release.build.removeprefix("10.0.").removeprefix("6.3.") + ".240101"
    return {
        "publisher": release.publisher,
        "offer": release.offer,
        "sku": release.sku_v1 if generation == "V1" else release.sku_v2,
        "version": version,
        "exactVersion": version,
    }


def read_image(reference: Json) -> tuple[str, str]:
    """The Windows and the generation that an image reference asks for. 404 PlatformImageNotFound when there is none."""
    text = f"{reference.get('offer', '')} {reference.get('sku', '')}".lower()
    found = re.search(r"windowsserver (20\d\d)(-r2)?", text) or re.search(r"windows-?(10|11)", text)
    name = ""
    if found and "windowsserver" in found[0]:
        name = f"WindowsServer{found[1]}{'R2' if found[2] else ''}"
    elif found:
        name = f"Windows{found[1]}"
    if name not in RELEASES or RELEASES[name].publisher.lower() != str(reference.get("publisher", "")).lower():
        raise ArmError(
            404,
            "PlatformImageNotFound",
            "The platform image '{publisher}:{offer}:{sku}:{version}' is not available.".format(
                **{part: reference.get(part, "") for part in ("publisher", "offer", "sku", "version")}
            ),
            target="imageReference",
        )
    second = re.search(r"g2|gensecond|azure-edition|win11", str(reference["sku"]).lower())
    return name, "V2" if second else "V1"


def image_id(image: Json, location: str) -> str:
    """The id under which a disk names the image that it was made from."""
    return (
        f"/Subscriptions/00000000-0000-0000-0000-000000000000/Providers/Microsoft.Compute/Locations/{location}"
        f"/Publishers/{image['publisher']}/ArtifactTypes/VMImage/Offers/{image['offer']}/Skus/{image['sku']}"
        f"/Versions/{image['exactVersion']}"
    )
