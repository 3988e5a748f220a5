"""The simulated Azure: one subscription behind HTTP on loopback, driven by the virtual clock."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from sandbox.azure.account import Account
from sandbox.azure.authorization import ROLES, Assignments, Grant, load_roles
from sandbox.azure.blobs import BlobService
from sandbox.azure.compute.disks import DiskService
from sandbox.azure.compute.machines import MachineService
from sandbox.azure.compute.run_commands import RunCommandService
from sandbox.azure.control import VmControl
from sandbox.azure.durations import Durations, Profile
from sandbox.azure.faults import Faults
from sandbox.azure.front import Front
from sandbox.azure.identity import Identity
from sandbox.azure.operations import Operations
from sandbox.azure.recovery import RecoveryService
from sandbox.azure.routes import Route, routes
from sandbox.azure.secrets import Ledger, Secret
from sandbox.azure.server import Server
from sandbox.azure.sources import add_source
from sandbox.azure.storage.service import is_of_storage
from sandbox.azure.storage.serving import Storage
from sandbox.azure.subscription import SubscriptionService
from sandbox.azure.wire import Call, Reply
from sandbox.azure.world import FaultSpec, SourceSpec, WorldSpec
from sandbox.clock import VirtualClock


@dataclass(frozen=True)
class TraceRow:
    """One request to Resource Manager. `operation` is the permission it stands for; `ms` is real time."""

    time: datetime
    method: str
    path: str
    operation: str
    status: int
    ms: float


@dataclass(frozen=True)
class Resource:
    """Something that exists. `made_by_caller`: it came by a request, and was not there at the start."""

    id: str
    type: str
    tags: dict[str, str]
    made_by_caller: bool


class AzureSimulator:
    """A subscription with its source VMs. `start()` serves it; the clock must be advanced by someone else."""

    def __init__(
        self,
        clock: VirtualClock,
        world: WorldSpec | None = None,
        seed: int = 1,
        profile: Profile = "median",
        factor: float = 1.0,
        roles: Path = ROLES,
    ) -> None:
        spec = world or WorldSpec()
        lock = threading.RLock()
        self.trace: list[TraceRow] = []
        self._observers: list[Callable[[TraceRow], None]] = []
        self._clock = clock
        self._lock = lock
        self._account = Account(
            spec=spec,
            clock=clock,
            seed=seed,
            lock=lock,
            durations=Durations(seed, profile, factor),
            operations=Operations(clock, lock, spec.subscription, seed),
            assignments=Assignments(load_roles(roles)),
        )
        self._identity = Identity()
        self._faults = Faults(tuple(fault for fault in spec.faults if not is_of_storage(fault)))
        self._storage = Storage(clock, spec, self._identity)
        self._blobs = BlobService(self._account)
        self._recovery = RecoveryService(self._account)
        self._front = Front(self._account, self._identity, self._faults, self._routes())
        self._ledger = Ledger()
        self._server = Server(self._answer_and_note, clock.poke)
        self._assign_roles()
        for source in spec.sources:
            self.add_vm(source)
        clock.add_idle_check(lambda: self.in_flight == 0)

    def start(self) -> None:
        """Serve on ports of the system's choice."""
        self._server.start()
        self._storage.start()
        self._account.ca_file = self._storage.ca_file

    def stop(self) -> None:
        """Serve no more, and forget the content of the blobs."""
        self._server.stop()
        self._storage.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Resource Manager's endpoint."""
        return self._server.url

    @property
    def in_flight(self) -> int:
        """Requests that are not answered yet."""
        return self._server.in_flight + self._storage.in_flight

    def environment(self) -> dict[str, str]:
        """What a process needs to find this Azure: managed identity as App Service gives it, the endpoint, the container."""
        return {
            "IDENTITY_ENDPOINT": f"{self.url}/identity/token",
            "IDENTITY_HEADER": self._identity.header,
            "BOOTMEND_ARM_ENDPOINT": self.url,
            "BOOTMEND_EVIDENCE_URL": self._storage.container_url,
            "SSL_CERT_FILE": str(self._storage.ca_file),
        }

    def repair_subnets(self) -> dict[str, str]:
        """The regions that have a repair subnet, with its id."""
        spec = self._account.spec
        return {region: spec.subnet_id(region) for region in spec.regions_with_subnet}

    def add_vm(self, source: SourceSpec) -> VmControl:
        """One more source VM; the app's identity gets its role on the VM's resource group."""
        with self._lock:
            for role in ("repair-operator", "restore-target"):
                self._account.assignments.assign(role, self._account.spec.group_id(source.group))
            machine = add_source(self._account, source)
            self._recovery.protect(machine, source)
            return VmControl(self._account, machine)

    @property
    def storage(self) -> Storage:
        """The storage account of the evidence."""
        return self._storage

    def vm(self, name: str) -> VmControl:
        """A VM by name: to look at it, and to do to it what people and the platform do. KeyError if there is none."""
        with self._lock:
            for machine in self._account.machines.values():
                if machine.name.lower() == name.lower():
                    return VmControl(self._account, machine)
        raise KeyError(f"no VM {name}")

    def add_fault(self, fault: FaultSpec) -> None:
        """One more fault on request."""
        with self._lock:
            (self._storage.service if is_of_storage(fault) else self._faults).add(fault)

    def observe(self, observer: Callable[[TraceRow], None]) -> None:
        """Call `observer` with each request after it was carried out, before its answer is sent."""
        with self._lock:
            self._observers.append(observer)

    def expire_tokens(self) -> None:
        """Every token handed out so far is answered with 401 from now on."""
        with self._lock:
            self._identity.expire_all()

    def forget_operations(self) -> None:
        """Status URLs of operations that have ended answer 404 from now on."""
        with self._lock:
            self._account.operations.forget()

    def resources(self) -> list[Resource]:
        """All VMs, disks, snapshots and network interfaces: the simulator's own account of what is there."""
        with self._lock:
            account = self._account
            return [
                *(Resource(m.id, "virtualMachines", dict(m.tags), m.made_by_caller) for m in account.machines.values()),
                *(Resource(d.id, d.kind, dict(d.tags), d.made_by_caller) for d in account.disks.values()),
                *(Resource(n.id, "networkInterfaces", dict(n.tags), n.made_by_caller) for n in account.nics.values()),
            ]

    def used_permissions(self) -> frozenset[Grant]:
        """Every action that was granted so far, with the role and the scope that granted it."""
        with self._lock:
            return frozenset(self._account.assignments.used)

    def _routes(self) -> tuple[Route, ...]:
        return routes(
            MachineService(self._account, self._blobs),
            RunCommandService(self._account),
            DiskService(self._account),
            SubscriptionService(self._account),
            self._recovery,
        )

    def _assign_roles(self) -> None:
        spec = self._account.spec
        self._account.assignments.assign("repair-host", spec.group_id(spec.repair_group))
        self._account.assignments.assign("subscription-reader", f"/subscriptions/{spec.subscription}")
        self._account.assignments.assign("restore-staging", spec.staging_id)
        if spec.vault_readable:
            self._account.assignments.assign("backup-restorer", spec.vault_id)

    def secrets(self) -> frozenset[Secret]:
        """Every password, token and signature that the app sent or was given so far."""
        with self._lock:
            return frozenset(self._ledger.seen | self._storage.secrets())

    def _answer_and_note(self, call: Call) -> Reply:
        with self._lock:
            reply = self._answer(call)
            self._ledger.note(call, reply)
            return reply

    def _answer(self, call: Call) -> Reply:
        with self._lock:
            if call.path == "/identity/token":
                return self._identity.issue(call, self._clock.now())
            if call.path.startswith("/blobs/"):
                return self._blobs.get(call)
            begun = time.perf_counter()
            permission, status = "", 0
            try:
                answer = self._front.answer(call)
                permission, status = answer.permission, answer.reply.status
            finally:
                ms = (time.perf_counter() - begun) * 1000
                row = TraceRow(self._clock.now(), call.method, call.path, permission, status, ms)
                self.trace.append(row)
                for observer in self._observers:
                    observer(row)
            return answer.reply
