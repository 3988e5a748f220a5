"""Which image the repair VM is made from.

A copy whose disk signature or GUID equals that of the repair VM's own disk comes up offline for collision, and onlining it
rewrites the identity and breaks its boot configuration. Disks made from one image share one identity. So the repair VM's image
is of another family than the source's, and of a build not older, since an older servicing stack may not mend a newer Windows.
"""

from bootmend.models.azure import ImageRef

_NEWEST = ImageRef(publisher="MicrosoftWindowsServer", offer="WindowsServer", sku="2025-datacenter-smalldisk-g2")
_NEWEST_OTHER_FAMILY = ImageRef(
    publisher="MicrosoftWindowsServer", offer="WindowsServer", sku="2025-datacenter-azure-edition-core-smalldisk"
)


def repair_image(source: ImageRef | None) -> ImageRef:
    """The image for a repair VM that is to look at a disk made from `source` (None: unknown, for instance a migrated VM)."""
    if source is None or family(source) != family(_NEWEST):
        return _NEWEST
    return _NEWEST_OTHER_FAMILY


def family(image: ImageRef) -> str:
    """Images of one family are built from one disk: `WindowsServer 2025-datacenter`, whatever its size or generation suffix."""
    sku = image.sku.lower()
    for suffix in ("-gensecond", "-gs", "-g2", "-smalldisk", "-core"):
        sku = sku.replace(suffix, "")
    return f"{image.offer.lower()} {sku}"
