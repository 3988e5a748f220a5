"""A virtual machine: its model, its power, what its Windows has shown so far and will show next."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sandbox.azure.compute.run_command import RunCommand
from sandbox.azure.wire import Json
from sandbox.windows import RepairGuest, Screenshot, WindowsDisk

Power = Literal["starting", "running", "stopping", "stopped", "deallocating", "deallocated"]


@dataclass
class OsSlot:
    """The VM's OS disk."""

    name: str
    disk_id: str
    size_gb: int
    sku: str
    caching: str = "ReadWrite"
    create_option: str = "FromImage"
    delete_option: str = "Detach"
    ephemeral: bool = False


@dataclass
class DataSlot:
    """A data disk of the VM."""

    lun: int
    disk_id: str
    name: str
    size_gb: int
    sku: str
    caching: str = "None"
    delete_option: str = "Detach"


@dataclass
class NicSlot:
    id: str
    delete_option: str = "Detach"


@dataclass
class Agent:
    """The VM agent: when it reports Ready from, and when it last did before that."""

    ready_from: datetime | None = None
    last_ready: datetime | None = None


@dataclass(frozen=True)
class Happening:
    """Something that Windows will show at a time: text on the serial port, a picture, the agent's first report."""

    when: datetime
    serial: str
    screen: Screenshot
    agent_from: datetime | None = None
    crashes_again: bool = False


@dataclass(kw_only=True)
class Machine:
    """One VM. `mounted` is what its running Windows has of each disk: on the disk itself only when it lets go."""

    id: str
    name: str
    group: str
    location: str
    zone: str | None
    size: str
    memory_gb: float
    vm_id: str
    created_at: datetime
    os: str
    image: Json
    generation: str
    security: str
    controller: str
    computer_name: str
    admin: str
    os_disk: OsSlot
    screen: Screenshot
    data_disks: list[DataSlot] = field(default_factory=list)
    nics: list[NicSlot] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    power: Power = "deallocated"
    powered_at: datetime
    """When the power last changed."""
    provisioning: str = "Succeeded"
    provisioned_at: datetime
    failure: str | None = None
    """Code of the operation that failed last."""
    etag: int = 1
    boot_diagnostics: bool = True
    stale_agent: bool = False
    encrypted_by_ade: bool = False
    patch_mode: str = "AutomaticByOS"
    serial: str = ""
    boots: int = 0
    agent: Agent = field(default_factory=Agent)
    ahead: list[Happening] = field(default_factory=list)
    mounted: dict[str, WindowsDisk] = field(default_factory=dict)
    guest: RepairGuest | None = None
    """What a Windows that runs scripts knows of its data disks: letters, loaded hives."""
    run_commands: dict[str, RunCommand] = field(default_factory=dict)
    made_by_caller: bool = False
    loses_swaps: bool = False
    """A PUT with another OS disk succeeds and changes nothing."""
    scripts: Literal["run", "hang", "find_no_room"] = "run"
    """How its Windows takes scripts."""

    @property
    def key(self) -> str:
        return self.id.lower()

    @property
    def is_on(self) -> bool:
        """Whether its Windows has the disks now."""
        return self.power in ("running", "stopping", "deallocating")

    def disk_ids(self) -> list[str]:
        """Ids of its disks, the OS disk first."""
        return [self.os_disk.disk_id, *(slot.disk_id for slot in self.data_disks)]

    def changed(self) -> None:
        """The model is another one than that which was read before."""
        self.etag += 1

    def agent_ready(self, now: datetime) -> bool:
        """Whether the agent truly works now, whatever the instance view still says of an old one."""
        return self.power == "running" and self.agent.ready_from is not None and self.agent.ready_from <= now
