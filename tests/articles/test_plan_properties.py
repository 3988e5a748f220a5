"""What holds for every plan, whatever the facts."""

import re

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from bootmend.articles import critical_process_died
from bootmend.articles.article import Machine, Refusal
from bootmend.articles.native import ALLOWED
from bootmend.models.azure import Generation
from bootmend.models.guest import GuestFacts, Plan, PlannedCommand
from tests.articles import facts as given

LETTERS = st.sampled_from("CDEFGHIJKLMNOPQRSTUVWXYZ")
CHANGES = re.compile(r"^(save-|restore-|set-|ems-on$|ems-settings$)")
ENDS_OR_CHAINS = re.compile(r"[&|<>^\"'`;,$()\s!*%]")


@st.composite
def fact_sets(draw: st.DrawFn) -> tuple[GuestFacts, Machine]:
    """Mostly repairable disks, with letters, control sets, sizes and paths as they come."""
    generation: Generation = draw(st.sampled_from(["V1", "V2"]))
    letters = draw(st.lists(LETTERS, min_size=2, max_size=2))
    boot_letter = draw(st.sampled_from([None, letters[0]]))
    partition = 4 if generation == "V2" else 2
    numbers = draw(st.lists(st.integers(1, 999), min_size=1, max_size=4, unique=True))
    folder = draw(st.sampled_from(["\\Windows", "\\WINNT", "\\Windows.000"]))
    page_file = draw(st.sampled_from(["D:\\pagefile.sys", "C:\\pagefile.sys 0 0", "?:\\pagefile.sys", ""]))
    mounted = [{"letter": "C", "partition": partition}, *({"letter": letter} for letter in "DFGK")]
    hive = given.hive(
        partition,
        select={"current": draw(st.sampled_from(numbers)), "default": numbers[0]},
        control_sets=[given.control_set(number, page_file).model_dump() for number in numbers],
        mounted=mounted,
    )
    windows_volume: dict[str, object] = {
        "letter": draw(st.sampled_from([None, letters[1]])),
        "free_mb": draw(st.integers(900, 200_000)),
    }
    facts = given.facts(
        generation,
        volumes=given.volumes(generation, boot={"letter": boot_letter}, windows_volume=windows_volume),
        boot_store=given.boot_store(generation, loaders=[given.loader(generation, systemroot=folder).model_dump()]),
        windows=(given.windows(generation, folder=folder, hive=hive.model_dump()),),
        own_letters=tuple(draw(st.lists(LETTERS, max_size=20, unique=True))),
    )
    volumes = draw(st.lists(st.builds(given.data_volume, LETTERS, st.floats(0, 500)), max_size=3))
    machine = given.machine(generation, memory_gb=draw(st.sampled_from([0.5, 8, 64, 1024])), data_volumes=volumes)
    return facts, machine


def letters_worked_on(command: PlannedCommand) -> set[str]:
    """Drive letters among the arguments, but for the data of a registry value: that is the broken VM's own naming."""
    args = list(command.args)
    if command.exe == "reg.exe" and "/d" in args:
        del args[args.index("/d") + 1]
    return {letter for arg in args for letter in re.findall(r"(?:^|=)([A-Za-z]):(?![0-9])", arg)}


@for_all(fact_sets())
@settings(deadline=None)
def test_no_plan_works_on_a_volume_of_the_repair_vm(pair: tuple[GuestFacts, Machine]) -> None:
    facts, machine = pair
    plan = critical_process_died.plan(facts, machine)
    if isinstance(plan, Refusal):
        assert plan.code in {"letters", "no_room"}
        return
    forbidden = {*facts.own_letters, "C"}
    planned = {volume.letter for volume in plan.volumes}
    assert not planned & forbidden
    for command in plan.commands:
        assert letters_worked_on(command) <= planned, command.line


@for_all(fact_sets())
@settings(deadline=None)
def test_no_argument_can_end_or_chain_a_command(pair: tuple[GuestFacts, Machine]) -> None:
    plan = critical_process_died.plan(*pair)
    for command in plan.commands if isinstance(plan, Plan) else ():
        assert command.exe in ALLOWED
        for argument in command.args:
            assert not ENDS_OR_CHAINS.search(argument.replace("%SystemRoot%", "", 1)), argument


@for_all(fact_sets())
@settings(deadline=None)
def test_every_load_has_its_unload_and_every_change_its_read_back(pair: tuple[GuestFacts, Machine]) -> None:
    plan = critical_process_died.plan(*pair)
    if isinstance(plan, Refusal):
        return
    order = [command.id for command in plan.commands]
    assert len(order) == len(set(order))
    by_id = {command.id: command for command in plan.commands}
    proved = {command.proves: command for command in plan.commands if command.proves}
    assert by_id["hive-unload"].always
    assert by_id["hive-unload"].after == "hive-load"
    assert order.index("hive-load") < order.index("hive-unload") < order.index("hive-gone")
    assert order.index("hive-free") < order.index("hive-load")
    for command in plan.commands:
        if CHANGES.match(command.id):
            assert order.index(proved[command.id].id) > order.index(command.id)
        if command.id.startswith("mount-"):
            clean_up = by_id[f"un{command.id}"]
            assert (clean_up.always, clean_up.after) == (True, command.id)


@for_all(fact_sets())
@settings(deadline=None)
def test_every_written_value_is_expected_and_its_old_one_kept(pair: tuple[GuestFacts, Machine]) -> None:
    plan = critical_process_died.plan(*pair)
    if isinstance(plan, Refusal):
        return
    written = [command for command in plan.commands if command.args[0] == "add"]
    assert len(written) == len(plan.registry_expectations) == len(plan.old_values)
    for command, expected in zip(written, plan.registry_expectations, strict=True):
        assert command.args[3] == expected.name
        assert command.args[5] == expected.kind
        assert command.args[7] == str(expected.data)
    assert {command.args[1].split("\\")[2] for command in written} == {
        f"ControlSet{old.control_set:03d}" for old in plan.old_values
    }
