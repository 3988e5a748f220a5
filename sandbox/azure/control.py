"""What people and the platform do to a VM behind the app's back, and a look at how it stands."""

from dataclasses import dataclass
from typing import Literal

from sandbox.azure.account import Account
from sandbox.azure.compute.disk import Kind
from sandbox.azure.compute.machine import Agent, Machine, OsSlot, Power
from sandbox.azure.compute.machines import remove
from sandbox.azure.compute.power import catch_up, power_off, power_on
from sandbox.azure.locks import Level
from sandbox.windows import SourceVm, SourceWindows, WindowsDisk, build_os_disk


@dataclass(frozen=True)
class VmState:
    """A VM as the simulator knows it, whatever was told to anybody."""

    power: Power
    os_disk_id: str
    data_disk_ids: tuple[str, ...]
    tags: dict[str, str]
    agent_ready: bool
    boots: int
    serial: str


class VmControl:
    """One VM in the world's hands. Every method takes effect at once, without an operation."""

    def __init__(self, account: Account, machine: Machine) -> None:
        self._account = account
        self._machine = machine

    @property
    def id(self) -> str:
        return self._machine.id

    def state(self) -> VmState:
        """How the VM stands now."""
        with self._account.lock:
            catch_up(self._account, self._machine)
            machine = self._machine
            return VmState(
                machine.power,
                machine.os_disk.disk_id,
                tuple(slot.disk_id for slot in machine.data_disks),
                dict(machine.tags),
                machine.agent_ready(self._account.now()),
                machine.boots,
                machine.serial,
            )

    def disk_content(self, disk_id: str) -> WindowsDisk | None:
        """What is on a disk itself: not what a running Windows has of it."""
        with self._account.lock:
            return self._account.disks[disk_id.lower()].content

    def exists(self) -> bool:
        with self._account.lock:
            return self._machine.key in self._account.machines

    def recover(self) -> None:
        """Windows is well again, as after a repair by hand: it runs, and its agent will report."""
        with self._account.lock:
            account, machine = self._account, self._machine
            disk = account.disks[machine.os_disk.disk_id.lower()]
            if machine.is_on:
                power_off(account, machine, deallocated=False)
            vm = SourceVm(name=machine.name, generation="V1" if machine.generation == "V1" else "V2", os=machine.os)
            disk.content = build_os_disk(vm, SourceWindows(fault="none"), now=account.now())
            power_on(account, machine, account.now())
            machine.changed()

    def swap_os_disk_behind_our_back(self) -> str:
        """Somebody else swaps the OS disk for a copy of it, and leaves the power as it was. The new disk's id."""
        with self._account.lock:
            account, machine = self._account, self._machine
            was_on = machine.is_on
            if was_on:
                power_off(account, machine, deallocated=True)
            old = account.disks[machine.os_disk.disk_id.lower()]
            name = f"{machine.name}-swapped-by-hand"
            new_id = account.spec.compute_id(machine.group, "disks", name)
            content = None if old.content is None else old.content.clone()
            new = type(old)(**{**vars(old), "id": new_id, "name": name, "content": content, "tags": {}})
            new.unique_id = account.unique()
            account.disks[new.key] = new
            old.own(None, "Unattached", account.now())
            new.own(machine.id, "Reserved", account.now())
            slot = machine.os_disk
            machine.os_disk = OsSlot(name, new_id, slot.size_gb, slot.sku, slot.caching, slot.create_option)
            machine.changed()
            if was_on:
                power_on(account, machine, account.now())
            return new_id

    def delete(self) -> None:
        """Somebody deletes the VM; its disks stay."""
        with self._account.lock:
            remove(self._account, self._machine)

    def set_lock(self, level: Level, scope: str = "vm") -> None:
        """Somebody puts a lock on the VM, or on its resource group (scope "group")."""
        with self._account.lock:
            self._account.locks.add(level, self._scope(scope))

    def clear_locks(self, scope: str = "vm") -> None:
        """Somebody takes the locks off again."""
        with self._account.lock:
            self._account.locks.remove(self._scope(scope))

    def silence_agent(self) -> None:
        """The VM agent reports no more, and never again."""
        with self._account.lock:
            self._machine.agent = Agent(None, self._machine.agent.last_ready)

    def lose_swaps(self) -> None:
        """From now on a swap of the OS disk is accepted, succeeds, and changes nothing (Swap the OS disk of a VM)."""
        with self._account.lock:
            self._machine.loses_swaps = True

    def trouble_scripts(self, how: Literal["hang", "find_no_room"]) -> None:
        """From now on scripts that begin in this VM never end, or end at once since its disk is full."""
        with self._account.lock:
            self._machine.scripts = how

    def occupy(self, disk_id: str, tags: dict[str, str]) -> None:
        """Somebody makes a copy of the OS disk under this id, a disk or a snapshot, with tags of their own."""
        with self._account.lock:
            old = self._account.disks[self._machine.os_disk.disk_id.lower()]
            kind: Kind = "snapshots" if "/snapshots/" in disk_id.lower() else "disks"
            own = {"id": disk_id, "name": disk_id.rsplit("/", 1)[-1], "kind": kind, "tags": dict(tags)}
            new = type(old)(**{**vars(old), **own, "unique_id": self._account.unique()})
            new.own(None, "Unattached", self._account.now())
            self._account.disks[new.key] = new

    def _scope(self, scope: str) -> str:
        if scope not in ("vm", "group"):
            raise ValueError("a lock's scope is vm or group")
        return self._machine.id if scope == "vm" else self._account.spec.group_id(self._machine.group)
