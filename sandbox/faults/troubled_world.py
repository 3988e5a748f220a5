"""A world in which one thing goes wrong, and its own account of what came of it."""

import json
from dataclasses import dataclass
from typing import Any, Self

from bootmend.names import ResourceId, repair_vm_id, snapshot_id
from sandbox.azure import VmControl
from sandbox.clock import VirtualClock
from sandbox.faults.mishap import ArmFault, Crash, Happening, Incident, Mishap
from sandbox.faults.troubled_engine import TroubledEngine
from sandbox.scenario import Scenario
from sandbox.world import World

BYSTANDER = "disk-of-others"


@dataclass(frozen=True)
class Shown:
    """The repair's own custom status, read from the engine without asking the host."""

    done: bool
    finished: frozenset[str]
    awaiting: tuple[str, str] | None
    """Checkpoint's name and id."""


class TroubledWorld(World):
    """Enter it, then `drive` it. Beside the source VM there are disks of others, which nothing may touch."""

    def __init__(self, scenario: Scenario, mishap: Mishap | None) -> None:
        self._engines: list[TroubledEngine] = []
        super().__init__(scenario, engine=self._make_engine)
        self.mishap = mishap
        self.happened = False
        group = ResourceId.parse(self.vm_id)
        self.original_id = self.vm.state().os_disk_id
        self.bystanders = [
            str(group.sibling("disks", BYSTANDER)),
            str(group.sibling("snapshots", BYSTANDER)),
        ]
        self.vm.occupy(self.bystanders[0], {"owner": "somebody else"})
        self.vm.occupy(self.bystanders[1], {"bootmend:repair": "0" * 16 + "-" + "0" * 12, "bootmend:role": "snapshot"})

    def _make_engine(self, clock: VirtualClock) -> TroubledEngine:
        self._engines.append(TroubledEngine(clock))
        return self._engines[0]

    @property
    def troubled_engine(self) -> TroubledEngine:
        return self._engines[0]

    def __enter__(self) -> Self:
        super().__enter__()
        match self.mishap:
            case Crash():
                self.troubled_engine.expect(self.mishap, self.kill_host)
                self.azure.observe(self.troubled_engine.written)
            case ArmFault(spec=spec):
                self.azure.add_fault(spec)
        return self

    def struck(self) -> bool:
        """Whether what was to go wrong did."""
        match self.mishap:
            case Crash():
                return self.troubled_engine.struck > 0
            case ArmFault(spec=spec):
                # A request whose connection was dropped is traced without its operation.
                reached = sum(row.operation.lower() == spec.operation.lower() for row in self.azure.trace)
                return reached > spec.after or any(row.status == 0 for row in self.azure.trace)
            case _:
                return self.happened

    def shown(self, repair_id: str) -> Shown:
        """How far the repair is."""
        view = next((one for one in self.engine.instances() if one.instance_id == repair_id), None)
        if view is None:
            return Shown(done=False, finished=frozenset(), awaiting=None)
        status: dict[str, Any] = json.loads(view.custom_status or "{}") or {}
        waits = status.get("awaiting")
        return Shown(
            done=view.completed_at is not None,
            finished=frozenset(step["name"] for step in status.get("steps", ()) if step["finished_at"]),
            awaiting=(waits["name"], waits["checkpoint_id"]) if waits else None,
        )

    def look(self, repair_id: str, shown: Shown) -> None:
        """Let the incident happen once its moment has come."""
        due = isinstance(self.mishap, Happening) and self.mishap.after_step in shown.finished
        if due and isinstance(self.mishap, Happening) and not self.happened:
            self.happened = True
            self._let_happen(self.mishap.incident, repair_id)
            self.clock.poke()

    def _let_happen(self, incident: Incident, repair_id: str) -> None:
        match incident:
            case "readonly_lock" | "vm_deleted" | "os_disk_swapped":
                self.happen(incident)
            case "agent_silent":
                self._repair_vm(repair_id).silence_agent()
            case "script_hangs":
                self._repair_vm(repair_id).trouble_scripts("hang")
            case "no_room":
                self._repair_vm(repair_id).trouble_scripts("find_no_room")
            case "swap_lost":
                self.vm.lose_swaps()
            case "tokens_expire":
                self.azure.expire_tokens()
            case "snapshot_name_taken":
                taken = snapshot_id(self.vm_id, repair_id)
                self.bystanders.append(taken)
                self.vm.occupy(taken, {"owner": "somebody else"})

    def _repair_vm(self, repair_id: str) -> VmControl:
        subscription = ResourceId.parse(self.vm_id).subscription
        return self.azure.vm(repair_vm_id(subscription, self.spec.repair_group, repair_id).rsplit("/", 1)[-1])
