"""The simulator's own account of what exists: what a report must list, and whether the source VM is as it was found."""

from collections.abc import Iterable
from dataclasses import dataclass

from bootmend.models.repair import AUTO_TAG, EXCLUDE_TAG
from bootmend.names import TAG_PREFIX
from sandbox.azure import Resource, VmControl


@dataclass(frozen=True)
class VmSeen:
    """The source VM at one moment. `exists` False: it is gone, and the rest is empty."""

    exists: bool
    power: str
    os_disk_id: str
    our_tags: frozenset[str]
    """Of the VM and of its OS disk."""


def see_vm(vm: VmControl, resources: Iterable[Resource]) -> VmSeen:
    """The source VM now."""
    if not vm.exists():
        return VmSeen(exists=False, power="", os_disk_id="", our_tags=frozenset())
    state = vm.state()
    disk_id = state.os_disk_id.lower()
    tags = {*state.tags, *(tag for one in resources if one.id.lower() == disk_id for tag in one.tags)}
    return VmSeen(True, state.power, disk_id, frozenset(filter(_is_ours, tags)))


def changes(before: VmSeen, now: VmSeen) -> list[str]:
    """How the VM differs from what it was, in words."""
    if not now.exists:
        return ["the VM is gone"]
    found = []
    if now.power != before.power:
        found.append(f"the VM is {now.power}, but was {before.power}")
    if now.os_disk_id != before.os_disk_id:
        found.append(f"its OS disk is {now.os_disk_id}, but was {before.os_disk_id}")
    return found + [f"it bears our tag {tag}" for tag in sorted(now.our_tags - before.our_tags)]


def to_be_listed(resources: Iterable[Resource], vm: VmSeen) -> list[str]:
    """Ids of what the app created, but for the VM's live OS disk, and of whatever bears our tags."""
    return sorted(
        one.id
        for one in resources
        if any(map(_is_ours, one.tags)) or (one.made_by_caller and one.id.lower() != vm.os_disk_id)
    )


def _is_ours(tag: str) -> bool:
    """Whether a repair set this tag. The two that people set for us are not ours."""
    return tag.startswith(TAG_PREFIX) and tag not in {EXCLUDE_TAG, AUTO_TAG}
