"""The simulator's own account of what exists: what a report must list, and whether the source VM is as it was found."""

from dataclasses import dataclass

from bootmend.models.repair import AUTO_TAG, EXCLUDE_TAG
from bootmend.names import TAG_PREFIX
from sandbox.azure.account import Account


@dataclass(frozen=True)
class VmSeen:
    """The source VM at one moment. `exists` False: it is gone, and the rest is empty."""

    exists: bool
    power: str = ""
    os_disk_id: str = ""
    our_tags: tuple[str, ...] = ()


def resource_ids(account: Account) -> dict[str, str]:
    """Every VM, disk, snapshot and network interface that exists: lower-cased id to id."""
    with account.lock:
        there = (*account.machines.values(), *account.disks.values(), *account.nics.values())
        return {resource.id.lower(): resource.id for resource in there}


def see_vm(account: Account, vm_id: str) -> VmSeen:
    """The source VM now."""
    with account.lock:
        machine = account.machines.get(vm_id.lower())
        if machine is None:
            return VmSeen(exists=False)
        disk = account.disks.get(machine.os_disk.disk_id.lower())
        tags = [*machine.tags, *(disk.tags if disk else ())]
        return VmSeen(True, machine.power, machine.os_disk.disk_id.lower(), tuple(sorted(filter(_is_ours, tags))))


def changes(before: VmSeen, now: VmSeen) -> list[str]:
    """How the VM differs from what it was, in words."""
    if not now.exists:
        return [] if not before.exists else ["the VM is gone"]
    found = []
    if now.power != before.power:
        found.append(f"the VM is {now.power}, but was {before.power}")
    if now.os_disk_id != before.os_disk_id:
        found.append(f"its OS disk is {now.os_disk_id}, but was {before.os_disk_id}")
    found += [f"it bears our tag {tag}" for tag in now.our_tags if tag not in before.our_tags]
    return found


def to_be_listed(account: Account, at_start: dict[str, str], vm_id: str) -> list[str]:
    """Ids of what is new since the start or bears our tags: the live OS disk only while it bears one."""
    live = see_vm(account, vm_id).os_disk_id
    fresh = {key: shown for key, shown in resource_ids(account).items() if key not in at_start and key != live}
    return sorted({**fresh, **_tagged(account)}.values())


def _tagged(account: Account) -> dict[str, str]:
    with account.lock:
        there = (*account.machines.values(), *account.disks.values())
        return {one.id.lower(): one.id for one in there if any(map(_is_ours, one.tags))}


def _is_ours(tag: str) -> bool:
    """Whether a repair set this tag. The two that people set for us are not ours."""
    return tag.startswith(TAG_PREFIX) and tag not in {EXCLUDE_TAG, AUTO_TAG}
