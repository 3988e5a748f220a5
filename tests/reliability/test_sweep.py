"""The sweep of orphans: what may go, what stays, and that it leaves live repairs alone."""

from datetime import timedelta

import pytest

from bootmend.models.sweep import DeadRepair, Swept, Tagged
from bootmend.names import ResourceId, copy_id, repair_vm_id, snapshot_id
from bootmend.sweep import find_orphans
from sandbox.faults.bases import base
from sandbox.scenario import Scenario
from sandbox.world import World
from tests.source_tree import ROOT

VM = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-prod"
    "/providers/Microsoft.Compute/virtualMachines/vm-web-01"
)
REPAIR = "0123456789abcdef-aabbccddeeff"
DEAD = DeadRepair(repair_id=REPAIR, vm_id=VM, ran=False)
SUBSCRIPTION = ResourceId.parse(VM).subscription


def left(resource_id: str, repair_id: str = REPAIR, attached_to: str | None = None) -> Tagged:
    return Tagged(resource_id=resource_id, repair_id=repair_id, attached_to=attached_to)


COPY, SNAPSHOT = copy_id(VM, REPAIR), snapshot_id(VM, REPAIR)
REPAIR_VM = repair_vm_id(SUBSCRIPTION, "rg-bootmend", REPAIR)


def test_what_a_dead_repair_made_may_go_the_vm_first() -> None:
    tagged = [left(SNAPSHOT), left(copy_id(VM, REPAIR, "f0d1")), left(COPY), left(REPAIR_VM)]
    found = find_orphans(tagged, [DEAD], "rg-bootmend", dry_run=True)
    assert [orphan.resource_id for orphan in found.orphans] == [
        REPAIR_VM, COPY, copy_id(VM, REPAIR, "f0d1"), SNAPSHOT,
    ]  # fmt: skip
    assert found.spared == ()


@pytest.mark.parametrize(
    ("tagged", "dead", "why"),
    [
        (left(COPY), [], "active, or is not known"),
        (left(COPY, "0123456789abcdef-000000000000"), [DEAD], "active, or is not known"),
        (left(COPY, attached_to=VM), [DEAD], "attached to"),
        (left(COPY), [DEAD.model_copy(update={"ran": True})], "may have run with it"),
        (left(COPY.upper()), [DEAD.model_copy(update={"kept": (COPY,)})], "keeps it"),
        (left(f"{VM.rsplit('/', 2)[0]}/disks/vm-web-01_OsDisk_1"), [DEAD], "not a name"),
        (left(VM), [DEAD], "not a name"),
        (left(COPY.replace("rg-prod", "rg-other")), [DEAD], "not a name"),
        (left(f"{COPY}-copied-by-hand"), [DEAD], "not a name"),
        (left(repair_vm_id(SUBSCRIPTION, "rg-prod", REPAIR)), [DEAD], "not a name"),
    ],
)
def test_what_stays_is_told_with_the_reason(tagged: Tagged, dead: list[DeadRepair], why: str) -> None:
    found = find_orphans([tagged], dead, "rg-bootmend", dry_run=False)
    assert found.orphans == ()
    assert why in found.spared[0].why


class Timed:
    """A world whose timers run, moved on by hand."""

    def __init__(self, world: World) -> None:
        self.world = world

    def pass_until(self, done: str) -> None:
        """Until the repair's outcome, or the name of the checkpoint that waits, is `done`."""
        repair = self.world.api.repairs_of(self.world.vm_id)
        while done not in repair.text:
            self.pass_time(timedelta(minutes=1))
            repair = self.world.api.repairs_of(self.world.vm_id)

    def pass_time(self, time: timedelta) -> None:
        until = self.world.clock.now() + time
        while self.world.settle(30) and (due := self.world.clock.next_at()) is not None and due <= until:
            self.world.clock.advance_to_next()
        self.world.clock.advance_to(until)
        assert self.world.settle(30)

    def last_sweep(self) -> Swept:
        views = [view for view in self.world.engine.instances() if view.name == "sweep"]
        return Swept.model_validate_json(views[-1].output or "")

    def ours(self) -> list[str]:
        return [one.id for one in self.world.azure.resources() if "bootmend:repair" in one.tags]


def timed(scenario: Scenario) -> World:
    return World(scenario, timers=True)


def leaving(dry_run: str) -> Scenario:
    """A repair whose copy cannot be deleted: it is rolled back, and the copy is left over."""
    scenario = base("rejected")
    return scenario.model_copy(update={"settings": {"BOOTMEND_SWEEP_DRY_RUN": dry_run}})


@pytest.mark.parametrize(("dry_run", "rest"), [("true", 2), ("false", 0)])
def test_orphans_are_told_and_then_removed(dry_run: str, rest: int) -> None:
    with timed(leaving(dry_run)) as world:
        stage = Timed(world)
        original = world.vm.state().os_disk_id
        world.vm.set_lock("CanNotDelete", "group")
        world.api.start(world.vm_id, {"checkpoints": {"approve_swap": "manual"}, "checkpoint_timeout": "PT1M"})
        stage.pass_until("rolled_back")
        stage.pass_time(timedelta(minutes=5))
        assert len(stage.ours()) == 2
        world.vm.clear_locks("group")
        stage.pass_time(timedelta(hours=2))
        swept = stage.last_sweep()
        assert swept.dry_run is (dry_run == "true")
        assert len(stage.ours()) == rest
        assert len(swept.found) == rest
        assert original in [one.id for one in world.azure.resources()]


def test_a_live_repair_is_left_alone_and_so_is_what_others_tagged() -> None:
    scenario = base("approved").model_copy(update={"settings": {"BOOTMEND_SWEEP_DRY_RUN": "false"}})
    with timed(scenario) as world:
        stage = Timed(world)
        other = str(ResourceId.parse(world.vm_id).sibling("disks", "copied-by-hand"))
        world.vm.occupy(other, {"bootmend:repair": "0" * 16 + "-" + "0" * 12})
        world.api.start(world.vm_id, {"checkpoints": {"approve_repair": "manual"}, "checkpoint_timeout": "PT1M"})
        stage.pass_until("rolled_back")
        accepted = world.api.start(world.vm_id, {"checkpoints": {"approve_swap": "manual"}}).mapping()
        stage.pass_until('"approve_swap')
        before = stage.ours()
        stage.pass_time(timedelta(hours=2))
        assert stage.ours() == before
        spared = {one.resource_id for one in stage.last_sweep().spared}
        assert spared == {one for one in before if "/networkInterfaces/" not in one and not one.endswith("-os")}
        world.api.close()
        world.api.answer_checkpoint(str(accepted["id"]), "approve_swap", {"decision": "approve", "by": "ada"})
        stage.pass_until("repaired")
        stage.pass_time(timedelta(hours=2))
        assert stage.ours() == [other]


def test_the_sweep_is_told_of_in_the_docs() -> None:
    assert "sweep" in (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
