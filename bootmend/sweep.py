"""Which of the resources that bear our tags are orphans. Pure."""

from collections.abc import Iterable

from bootmend.models.repair import Leftover
from bootmend.models.sweep import DeadRepair, Orphan, Orphans, Tagged
from bootmend.names import ResourceId, copy_id, repair_vm_id, same_id, snapshot_id

_ORDER = ("virtualMachines", "disks", "snapshots")
"""A disk can go only after the VM that has it, a snapshot at any time."""


def find_orphans(tagged: Iterable[Tagged], dead: Iterable[DeadRepair], repair_group: str, *, dry_run: bool) -> Orphans:
    """Told by tag, by repair and by name: all three must say that a repair which has ended made it for itself.

    A tag alone proves little: people copy resources with their tags.
    """
    known = {repair.repair_id: repair for repair in dead}
    orphans: list[Orphan] = []
    spared: list[Leftover] = []
    for one in tagged:
        repair = known.get(one.repair_id)
        why = "its repair is active, or is not known here" if repair is None else _spared(one, repair, repair_group)
        if repair is not None and why is None:
            orphans.append(Orphan(resource_id=one.resource_id, repair_id=one.repair_id, vm_id=repair.vm_id))
        else:
            spared.append(Leftover(resource_id=one.resource_id, why=why or ""))
    orphans.sort(key=lambda orphan: (_ORDER.index(ResourceId.parse(orphan.resource_id).type), orphan.resource_id))
    return Orphans(orphans=tuple(orphans), spared=tuple(spared), dry_run=dry_run)


def _spared(one: Tagged, repair: DeadRepair, repair_group: str) -> str | None:
    """Why it stays although its repair has ended; None: it may go."""
    if not _made_by(one.resource_id, repair, repair_group):
        return "it bears a repair's tag, but not a name that the repair gives"
    if one.attached_to:
        return f"it is attached to {one.attached_to}"
    if any(same_id(one.resource_id, kept) for kept in repair.kept):
        return "the repair's report keeps it"
    if repair.ran and same_id(one.resource_id, copy_id(repair.vm_id, repair.repair_id)):
        return "the VM may have run with it, so it holds what was written since"
    return None


def _made_by(resource_id: str, repair: DeadRepair, repair_group: str) -> bool:
    """Whether the id is one that this repair's names derive to, whatever the label."""
    found = ResourceId.parse(resource_id)
    if found.type == "virtualMachines":
        return same_id(resource_id, repair_vm_id(found.subscription, repair_group, repair.repair_id))
    pattern = {"disks": copy_id, "snapshots": snapshot_id}.get(found.type)
    if pattern is None:
        return False
    stem, _, suffix = pattern(repair.vm_id, repair.repair_id).rpartition("-")
    label = resource_id.lower().removeprefix(stem.lower()).removesuffix(f"-{suffix}")
    return label == "" or (label.startswith("-") and label[1:].isalnum())
