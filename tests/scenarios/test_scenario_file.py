"""The scenario file: defaults, merging, and what is said of a wrong one."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.scenario import ScenarioError, load
from sandbox.windows.spec import SourceVm, SourceWindows


def written(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_is_the_example_without_expectations(tmp_path: Path) -> None:
    scenario = load(written(tmp_path, "# nothing\n"))
    assert scenario.id == "corrupt-system-file"
    assert scenario.vm.os_disk.size_gb == 127
    assert scenario.windows.page_file == "D:\\pagefile.sys"
    assert scenario.people.approve_repair is not None
    assert scenario.people.approve_repair.decision == "approve"
    assert scenario.people.file_ticket is not None
    assert scenario.people.confirm_boot is None
    assert scenario.requested_policy() == {}
    assert scenario.expect is None


def test_defaults_are_those_of_simulated_windows(tmp_path: Path) -> None:
    scenario = load(written(tmp_path, ""))
    assert asdict(scenario.vm.spec()) == asdict(SourceVm())
    assert asdict(scenario.windows.spec()) == asdict(SourceWindows())


def test_mappings_merge(tmp_path: Path) -> None:
    scenario = load(written(tmp_path, "vm: {os_disk: {size_gb: 64}, tags: {team: web}}\nwindows: {ems: false}"))
    assert (scenario.vm.os_disk.size_gb, scenario.vm.os_disk.free_gb, scenario.vm.name) == (64, 60, "vm-web-01")
    assert scenario.windows.ems is False
    assert scenario.windows.fault == "corrupt_file"


def test_lists_replace(tmp_path: Path) -> None:
    assert load(written(tmp_path, "windows: {control_sets: [2, 3]}")).windows.control_sets == (2, 3)


@pytest.mark.parametrize("given", ["people: {approve_swap: reject}", "people:\n  approve_swap: {decision: reject}"])
def test_given_people_replace_the_whole(tmp_path: Path, given: str) -> None:
    people = load(written(tmp_path, given)).people
    assert people.approve_repair is None
    assert people.approve_swap is not None
    assert (people.approve_swap.decision, people.approve_swap.after) == ("reject", timedelta(minutes=1))


def test_people_given_as_nothing_never_answer(tmp_path: Path) -> None:
    people = load(written(tmp_path, "people:\n")).people
    assert [people.answer_to(name) for name in ("approve_repair", "approve_swap", "file_ticket")] == [None] * 3


def test_the_policy_is_sent_as_given(tmp_path: Path) -> None:
    scenario = load(written(tmp_path, "policy: {checkpoints: {approve_swap: manual}, checkpoint_timeout: PT2H}"))
    assert scenario.requested_policy() == {"checkpoints": {"approve_swap": "manual"}, "checkpoint_timeout": "PT2H"}


def test_yaml_habits_do_no_harm(tmp_path: Path) -> None:
    text = 'vm: {zone: 2, tags: {"bootmend:exclude": yes, since: 2026-01-15}, boot_diagnostics: off}\n'
    scenario = load(written(tmp_path, text + "windows: {stop_code: 0x7B}\nsettings: {BOOTMEND_STABLE_SECONDS: 60}\n"))
    assert scenario.vm.zone == "2"
    assert scenario.vm.tags == {"bootmend:exclude": "yes", "since": "2026-01-15"}
    assert scenario.vm.boot_diagnostics is False
    assert scenario.windows.stop_code == "0x0000007B"
    assert scenario.settings == {"BOOTMEND_STABLE_SECONDS": "60"}


WRONG = [
    ("vm: {sise: 1}", "vm.sise: 1", "known are"),
    ("vm: {size: Standard_Q9}", 'vm.size: "Standard_Q9"', "Standard_D2s_v5"),
    ("vm: {generation: V3}", 'vm.generation: "V3"', "'V1' or 'V2'"),
    ("vm: {generation: 2}", "vm.generation: 2", "'V1' or 'V2'"),
    ("vm: {os: Windows95}", 'vm.os: "Windows95"', "Windows10 or Windows11"),
    ("vm: {zone: 4}", 'vm.zone: "4"', "'1', '2' or '3'"),
    ("vm: {os_disk: {size_gb: 40}}", "vm.os_disk.free_gb: 60", "less than size_gb, which is 40"),
    ("vm: {data_disks: [{lun: 0, letter: f, free_gb: 1}]}", 'vm.data_disks[0].letter: "f"', "pattern"),
    ("vm: {data_disks: [{lun: 0, letter: F}]}", "vm.data_disks[0].free_gb", "required"),
    ("vm: {locks: [{level: Delete, scope: vm}]}", 'vm.locks[0].level: "Delete"', "'CanNotDelete'"),
    ("vm: 5", "vm: 5", "object"),
    ("windows: {ems: perhaps}", 'windows.ems: "perhaps"', "boolean"),
    ("windows: {trouble: [gremlins]}", 'windows.trouble: ["gremlins"]', "sfc_lies"),
    ("windows: {stop_code: EF}", 'windows.stop_code: "EF"', "pattern"),
    ("people: {approve_repair: aprove}", 'people.approve_repair: "aprove"', "one of approve, "),
    ("people: {approve_swop: approve}", 'people.approve_swop: "approve"', "approve_swap"),
    ("people: {approve_swap: {decision: approve, after: soon}}", 'people.approve_swap.after: "soon"', "duration"),
    ("policy: {dry_rum: true}", "policy.dry_rum: true", "dry_run"),
    ("policy: {checkpoint_timeout: PT1S}", 'policy.checkpoint_timeout: "PT1S"', "between PT1M and P7D"),
    ("azure: {host_restarts: [{after_step: nap}]}", 'azure.host_restarts[0].after_step: "nap"', "'attach_copy'"),
    ("azure: {faults: [{operation: x, status: 429}]}", 'azure.faults[0].operation: "x"', "pattern"),
    ("azure: {faults: [{operation: Microsoft.Compute/disks/write}]}", "azure.faults[0]", "one of status"),
    ("cancel: {}", "cancel: {}", "one of after_step and at_checkpoint"),
    ("meanwhile: [{happens: flood, during: approve_swap}]", 'meanwhile[0].happens: "flood"', "'vm_recovers'"),
    ("settings: {IDENTITY_ENDPOINT: x}", "settings", "set by the sandbox itself"),
    ("expect: {outcome: mended}", 'expect.outcome: "mended"', "'repaired'"),
    ("expect: {leftovers: none}", 'expect.leftovers: "none"', "array"),
    ("start: now", 'start: "now"', "'http', 'event' or 'alert'"),
    ("id: Corrupt File", 'id: "Corrupt File"', "pattern"),
]


@pytest.mark.parametrize(("text", "where", "right"), WRONG, ids=[text for text, _, _ in WRONG])
def test_names_the_field_its_value_and_what_would_be_right(tmp_path: Path, text: str, where: str, right: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(written(tmp_path, text))
    [problem] = caught.value.problems
    assert problem.startswith(where)
    assert right in problem


def test_names_every_wrong_field_at_once(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(written(tmp_path, "vm: {zone: 9}\nwindows: {fault: gone}\nstart: later\n"))
    assert len(caught.value.problems) == 3


UNREADABLE = [
    ("id: a\nid: b\n", "the key 'id' stands twice"),
    ("vm: {size: a, size: b}", "the key 'size' stands twice"),
    ("vm: &one {name: a}\nother: *one\n", "aliases are not allowed"),
    ("vm: [", "line 1"),
    ("- a\n- b\n", "not a mapping"),
    ("5: x\n", "not a string"),
    ("vm: !!python/object/apply:os.getcwd []\n", "could not determine a constructor"),
    ("id: " + "a" * 300_000, "larger than"),
    ("vm: " + "[" * 5000, "not readable as YAML"),
]


@pytest.mark.parametrize(("text", "said"), UNREADABLE, ids=[said for _, said in UNREADABLE])
def test_refuses_what_is_no_plain_yaml_mapping(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        load(written(tmp_path, text))


def test_says_when_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        load(tmp_path / "absent.yaml")


def test_says_when_the_file_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_bytes(b"id: \xff\xfe")
    with pytest.raises(ScenarioError, match="byte 4 is not UTF-8"):
        load(path)
