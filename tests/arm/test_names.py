"""Ids and names: read strictly, spelled one way, the same every time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootmend import names
from bootmend.names import ResourceId
from tests.arm.fake_arm import REPAIR_ID, SUBSCRIPTION, VM_ID


def test_an_events_lower_case_id_gets_azures_spelling() -> None:
    assert str(ResourceId.parse(VM_ID.lower())) == VM_ID


def test_a_child_keeps_both_parts() -> None:
    command = ResourceId.parse(f"{VM_ID}/runcommands/inspect")
    assert (command.type, command.name) == ("virtualMachines/runCommands", "vm-web-01/inspect")
    assert str(command) == f"{VM_ID}/runCommands/inspect"
    assert str(ResourceId.parse(VM_ID).child("runCommands", "inspect")) == str(command)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "vm-web-01",
        VM_ID + "/",
        VM_ID + "\n",
        VM_ID + "?api-version=1",
        VM_ID.replace("rg-prod", ".."),
        VM_ID.replace("vm-web-01", ".."),
        VM_ID.replace("vm-web-01", "vm%2f01"),
        VM_ID.replace("vm-web-01", "vm-ü"),
        VM_ID.replace(SUBSCRIPTION, "my-subscription"),
        VM_ID.removesuffix("/vm-web-01"),
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-prod",
    ],
)
def test_what_is_no_resource_id_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(ValueError, match="a resource id looks like /subscriptions/<guid>/resourceGroups/"):
        ResourceId.parse(text)


def test_ids_are_the_same_whatever_their_case_but_nothing_is_not_nothing() -> None:
    assert names.same_id(VM_ID, VM_ID.upper())
    assert not names.same_id(VM_ID, VM_ID + "2")
    assert not names.same_id(None, None)


def test_one_vm_has_one_attending_instance_however_it_is_spelled() -> None:
    assert names.attend_id(VM_ID) == names.attend_id(VM_ID.upper())
    repair = names.new_repair_id(VM_ID, "AABBCCDDEEFF00112233")
    assert repair == f"{names.vm_hash(VM_ID)}-aabbccddeeff"
    assert names.attend_id_of(repair) == names.attend_id(VM_ID)


@pytest.mark.parametrize("text", ["", "0123456789abcdef", "0123456789abcdef-xyz", REPAIR_ID + "0", REPAIR_ID.upper()])
def test_what_is_no_repair_id_names_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="a repair id is 16 hex digits"):
        names.attend_id_of(text)
    with pytest.raises(ValueError, match="a repair id is 16 hex digits"):
        names.copy_id(VM_ID, text)


def test_too_little_randomness_makes_no_repair_id() -> None:
    with pytest.raises(ValueError, match="a repair id is"):
        names.new_repair_id(VM_ID, "abc")


def test_snapshot_and_copy_lie_in_the_sources_group() -> None:
    assert names.snapshot_id(VM_ID, REPAIR_ID).endswith("/rg-prod/providers/Microsoft.Compute/snapshots/"
                                                        "vm-web-01-bm-aabbccddeeff-snap")  # fmt: skip
    assert names.copy_id(VM_ID, REPAIR_ID, "failed").endswith("/disks/vm-web-01-bm-aabbccddeeff-failed-disk")


def test_the_repair_vms_name_is_a_windows_computer_name() -> None:
    vm = ResourceId.parse(names.repair_vm_id(SUBSCRIPTION, "rg-repair", REPAIR_ID))
    assert (vm.group, vm.name, len(vm.name)) == ("rg-repair", "bm-aabbccddeeff", 15)


def test_a_label_that_azure_would_refuse_is_refused_here() -> None:
    with pytest.raises(ValueError, match="a label is"):
        names.copy_id(VM_ID, REPAIR_ID, "a/b")


@given(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.()-]{0,127}", fullmatch=True))
def test_disk_names_keep_to_azures_length_and_characters(vm_name: str) -> None:
    vm = str(ResourceId.parse(VM_ID).sibling("virtualMachines", vm_name))
    for made in (names.copy_id(vm, REPAIR_ID), names.snapshot_id(vm, REPAIR_ID, "a" * 12)):
        name = ResourceId.parse(made).name
        assert len(name) <= 80
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


def test_tags_tell_ours_from_others_whatever_the_case_of_their_names() -> None:
    tags = names.our_tags(REPAIR_ID, "copy", VM_ID)
    assert names.is_ours(tags, REPAIR_ID)
    assert names.is_ours({"BootMend:Repair": REPAIR_ID}, REPAIR_ID)
    assert not names.is_ours(tags, "0123456789abcdef-000000000000")
    assert not names.is_ours({"team": "web"})


def test_a_tag_value_never_exceeds_what_azure_takes() -> None:
    long = str(ResourceId(SUBSCRIPTION, "g" * 90, "Microsoft.Compute", "virtualMachines", "v" * 128))
    assert names.our_tags(REPAIR_ID, "copy", long)[names.SOURCE_TAG] == names.attend_id(long)
