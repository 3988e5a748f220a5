"""What the simulator's own account demands of a report, and how it compares the VM."""

from typing import Any

from bootmend.names import REPAIR_TAG
from sandbox.azure import AzureSimulator, Resource
from sandbox.clock import VirtualClock
from sandbox.player.account import VmSeen, changes, see_vm, to_be_listed

FOUND = VmSeen(exists=True, power="running", os_disk_id="/disks/original", our_tags=frozenset())


def resource(name: str, *, made: bool = False, tags: dict[str, str] | None = None) -> Resource:
    return Resource(id=name, type="disks", tags=tags or {}, made_by_caller=made)


def test_what_was_there_before_need_not_be_listed() -> None:
    assert to_be_listed([resource("/disks/Original"), resource("/nics/vm")], FOUND) == []


def test_what_the_app_created_must_be_listed() -> None:
    created = [resource("/snapshots/S", made=True), resource("/nics/N", made=True)]
    assert to_be_listed(created, FOUND) == ["/nics/N", "/snapshots/S"]


def test_whatever_bears_our_tag_must_be_listed() -> None:
    assert to_be_listed([resource("/disks/original", tags={REPAIR_TAG: "r-1"})], FOUND) == ["/disks/original"]


def test_peoples_own_tags_are_not_ours() -> None:
    tags = {"bootmend:exclude": "no", "bootmend:auto": "yes", "team": "web"}
    assert to_be_listed([resource("/disks/original", tags=tags)], FOUND) == []


def test_the_live_os_disk_need_not_be_listed_though_the_app_made_it() -> None:
    live = VmSeen(exists=True, power="running", os_disk_id="/disks/copy", our_tags=frozenset())
    assert to_be_listed([resource("/disks/Copy", made=True)], live) == []
    gone = VmSeen(exists=False, power="", os_disk_id="", our_tags=frozenset())
    assert to_be_listed([resource("/disks/Copy", made=True)], gone) == ["/disks/Copy"]


def seen(**change: Any) -> VmSeen:
    return VmSeen(**{**vars(FOUND), **change})


def test_changes_are_told_in_words() -> None:
    assert changes(FOUND, FOUND) == []
    assert changes(FOUND, seen(exists=False)) == ["the VM is gone"]
    assert changes(FOUND, seen(power="deallocated", os_disk_id="/disks/copy", our_tags=frozenset({REPAIR_TAG}))) == [
        "the VM is deallocated, but was running",
        "its OS disk is /disks/copy, but was /disks/original",
        f"it bears our tag {REPAIR_TAG}",
    ]


def test_sees_what_others_did_to_the_vm() -> None:
    with AzureSimulator(VirtualClock()) as azure:
        vm = azure.vm("vm-web-01")
        before = see_vm(vm, azure.resources())
        assert (before.exists, before.power, before.our_tags) == (True, "running", frozenset())
        vm.swap_os_disk_behind_our_back()
        [change] = changes(before, see_vm(vm, azure.resources()))
        assert "its OS disk is" in change
        vm.delete()
        assert changes(before, see_vm(vm, azure.resources())) == ["the VM is gone"]
