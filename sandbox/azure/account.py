"""The state of the simulated subscription, shared by the services that answer for its parts."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import RLock

from sandbox.azure.authorization import Assignments
from sandbox.azure.compute.disk import Disk
from sandbox.azure.compute.machine import Machine
from sandbox.azure.durations import Durations
from sandbox.azure.errors import not_found
from sandbox.azure.locks import Locks
from sandbox.azure.network import Nic
from sandbox.azure.operations import Operations
from sandbox.azure.wire import Call
from sandbox.azure.world import WorldSpec
from sandbox.clock import VirtualClock


@dataclass
class Account:
    """Everything that exists, by lower-cased id. Guarded by `lock`."""

    spec: WorldSpec
    clock: VirtualClock
    seed: int
    lock: RLock
    durations: Durations
    operations: Operations
    assignments: Assignments
    locks: Locks = field(default_factory=Locks)
    disks: dict[str, Disk] = field(default_factory=dict)
    """Managed disks and snapshots."""
    machines: dict[str, Machine] = field(default_factory=dict)
    nics: dict[str, Nic] = field(default_factory=dict)
    named: int = 0
    ca_file: Path | None = None
    """The authority of the storage account's certificate, once it is served."""

    def now(self) -> datetime:
        return self.clock.now()

    def unique(self) -> str:
        """A GUID that the same run always gets at the same point."""
        self.named += 1
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.seed}/{self.named}"))

    def machine(self, call: Call) -> Machine:
        """The VM that the path names. 404 when it is not there."""
        key = self.spec.compute_id(call.parts["group"], "virtualMachines", call.parts["vm"]).lower()
        if key not in self.machines:
            raise not_found("Microsoft.Compute/virtualMachines", call.parts["vm"], call.parts["group"])
        return self.machines[key]

    def owner_of(self, nic: Nic) -> Machine | None:
        """The VM that the network interface belongs to."""
        return next((machine for machine in self.machines.values() if any(s.id == nic.id for s in machine.nics)), None)
