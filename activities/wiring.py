"""What activities reach the outside with, made from the settings on first use. Azure SDKs are imported then, not before."""

from typing import TYPE_CHECKING

from bootmend.names import ResourceId
from bootmend.settings import settings

if TYPE_CHECKING:
    from bootmend.arm.client import Azure


def azure(resource_id: str) -> "Azure":
    """The ARM client for the subscription of this resource; one for each event loop, with its own token cache."""
    from bootmend.arm.client import azure_for

    return azure_for(settings().arm_endpoint, ResourceId.parse(resource_id).subscription)
