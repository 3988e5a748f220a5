"""A VM that may be repaired, in all its parts; each test changes the one fact that it is about."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bootmend.models.azure import (
    AgentStatus,
    DiskFacts,
    ImageRef,
    LockFacts,
    OsDiskRef,
    QuotaFacts,
    SizeFacts,
    Survey,
    VmFacts,
)
from bootmend.models.boot import BootEvidence, BootLook, BootWatch, SerialReading
from bootmend.models.repair import Policy
from bootmend.settings import Settings

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
STARTED = NOW + timedelta(hours=1)
SUBSCRIPTION = "0b1f6471-1bf0-4dda-aec3-111122223333"
GROUP_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-web"
VM_ID = f"{GROUP_ID}/providers/Microsoft.Compute/virtualMachines/vm-web-01"
DISK_ID = f"{GROUP_ID}/providers/Microsoft.Compute/disks/vm-web-01_OsDisk"
SUBNET_ID = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-bootmend/providers/Microsoft.Network"
    "/virtualNetworks/vnet-repair/subnets/repair"
)
REPAIR_ID = "0123456789abcdef-0123456789ab"

SERVER_2022 = ImageRef(publisher="MicrosoftWindowsServer", offer="WindowsServer", sku="2022-datacenter-g2")
READY = AgentStatus(ready=True, code="ProvisioningState/succeeded", time=NOW - timedelta(minutes=1))
NOT_READY = AgentStatus(ready=False, code="ProvisioningState/Unavailable", time=NOW - timedelta(hours=3))

BLUESCREEN = (
    b'<?xml>\r\n<BP>\r\n<INSTANCE CLASSNAME="BLUESCREEN">\r\n'
    b'<PROPERTY NAME="STOPCODE" TYPE="string"><VALUE>"0x%X"</VALUE>\r\n</PROPERTY>\r\n</INSTANCE>\r\n</BP>\r\n'
)
"""The bugcheck block with EMS on; `%` puts the stop code in."""
SAC_START = b"\r\nComputer is booting, SAC started and initialized.\r\n\r\nSAC>\r\n"
SAC_READY = b"EVENT: The CMD command is now available.\r\nSAC>\r\n"


def agent(*, ready: bool, time: datetime | None = READY.time) -> AgentStatus:
    code = "ProvisioningState/succeeded" if ready else "ProvisioningState/Unavailable"
    return AgentStatus(ready=ready, code=code, time=time)


def vm(**changes: Any) -> VmFacts:
    """A running Windows Server 2022 whose agent does not report."""
    facts: dict[str, Any] = {
        "id": VM_ID,
        "vm_id": "5c5e3c1a-0000-4000-8000-000000000001",
        "name": "vm-web-01",
        "location": "westeurope",
        "size": "Standard_D2s_v5",
        "zone": "1",
        "os_type": "Windows",
        "os_name": "Windows Server 2022 Datacenter",
        "generation": "V2",
        "power": "running",
        "os_disk": OsDiskRef(name="vm-web-01_OsDisk", id=DISK_ID),
        "image": SERVER_2022,
        "boot_diagnostics": True,
        "agent": NOT_READY,
    }
    return VmFacts(**facts | changes)


def disk(**changes: Any) -> DiskFacts:
    facts: dict[str, Any] = {
        "id": DISK_ID,
        "name": "vm-web-01_OsDisk",
        "location": "westeurope",
        "zone": "1",
        "sku": "Premium_LRS",
        "size_gb": 127,
        "generation": "V2",
        "state": "Attached",
        "managed_by": VM_ID,
    }
    return DiskFacts(**facts | changes)


def size(**changes: Any) -> SizeFacts:
    facts: dict[str, Any] = {"name": "Standard_D2s_v5", "family": "standardDSv5Family", "cores": 2, "memory_gb": 8}
    return SizeFacts(**facts | changes)


def lock(scope: str, level: str = "ReadOnly") -> LockFacts:
    return LockFacts.model_validate({"level": level, "name": "keep", "scope": scope.lower()})


def survey(**changes: Any) -> Survey:
    facts: dict[str, Any] = {
        "taken_at": NOW,
        "vm": vm(),
        "os_disk": disk(),
        "source_size": size(),
        "repair_sizes": (size(),),
        "quota": QuotaFacts(regional_cores_left=100, family_cores_left={"standardDSv5Family": 50}),
        "subnet_id": SUBNET_ID,
    }
    return Survey(**facts | changes)


def serial(
    *, stop_code: int | None = None, bugcheck_at: int | None = None, banner_at: int | None = None
) -> SerialReading:
    return SerialReading(start=0, length=5000, stop_code=stop_code, bugcheck_at=bugcheck_at, banner_at=banner_at)


def evidence(**changes: Any) -> BootEvidence:
    """The serial log ends in 0xEF; the screenshot was not read."""
    facts: dict[str, Any] = {"diagnostics_on": True, "serial": serial(stop_code=0xEF, bugcheck_at=900)}
    return BootEvidence(**facts | changes)


def settings(**changes: Any) -> Settings:
    facts: dict[str, Any] = {
        "repair_group": "rg-bootmend",
        "repair_subnets": {"westeurope": SUBNET_ID},
        "evidence_folder": Path("/evidence"),
    }
    return Settings(**facts | changes)


def policy(**changes: Any) -> Policy:
    return Policy(**changes)


def watch(**changes: Any) -> BootWatch:
    """Nothing seen yet of a boot that began at STARTED; the log had 1000 bytes before it."""
    facts: dict[str, Any] = {
        "vm_id": VM_ID,
        "started_at": STARTED,
        "serial_offset": 1000,
        "give_up_at": STARTED + timedelta(minutes=30),
        "stable_seconds": 195,
    }
    return BootWatch(**facts | changes)


def look(second: float, status: AgentStatus, **changes: Any) -> BootLook:
    """What is seen `second` seconds after the start."""
    facts: dict[str, Any] = {"at": STARTED + timedelta(seconds=second), "power": "running", "agent": status}
    return BootLook(**facts | changes)
