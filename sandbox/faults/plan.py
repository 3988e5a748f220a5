"""The cases of the matrix, chosen pairwise by a seed from what the bases do when nothing goes wrong."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from sandbox.faults.invariants import Normal
from sandbox.faults.kinds import KINDS, Use
from sandbox.faults.mishap import ArmFault, Case, Crash, Happening, Incident, Manner
from sandbox.faults.pairwise import Row, pairwise

MANNERS: tuple[Manner, ...] = ("after", "amid", "before_answer", "twice", "lost")
NEVER_STRIKES = {"notify"}
"""Steps that call no activity of their own, and end with the repair."""

ANYWHERE = frozenset({"rolled_back", "failed", "repaired", "escalated"})
FAILED_OR_DONE = frozenset({"failed", "repaired", "escalated"})
INCIDENTS: dict[Incident, tuple[tuple[str, ...], frozenset[str], bool]] = {
    "readonly_lock": (("deallocate_source", "copy_os_disk", "attach_copy", "plan_fix", "execute_plan"), ANYWHERE, False),
    "vm_deleted": (("deallocate_source", "snapshot_os_disk", "attach_copy", "inspect_guest", "execute_plan"),
                   frozenset({"failed"}), False),
    "os_disk_swapped": (("deallocate_source", "copy_os_disk", "attach_copy", "inspect_guest", "execute_plan"),
                        frozenset({"failed"}), False),
    "agent_silent": (("create_repair_vm", "attach_copy"), frozenset({"rolled_back"}), False),
    "script_hangs": (("create_repair_vm", "inspect_guest"), frozenset({"rolled_back"}), False),
    "no_room": (("create_repair_vm", "inspect_guest"), frozenset({"rolled_back"}), False),
    "swap_lost": (("deallocate_source", "attach_copy", "execute_plan"), frozenset({"rolled_back"}), False),
    "tokens_expire": (("read_vm", "deallocate_source", "copy_os_disk", "attach_copy", "inspect_guest", "plan_fix",
                       "swap_os_disk", "start_source"), frozenset(), True),
    "snapshot_name_taken": (("decide",), frozenset({"rolled_back"}), False),
}  # fmt: skip
"""What others do → after which of these steps, the honest outcomes, and whether it passes."""
AT_A_WAIT = {"decide": ("approved",)}
"""A step that ends without a wait is seen in time only where a person is asked after it."""


@dataclass(frozen=True)
class Survey:
    """What one base does when nothing goes wrong."""

    normal: Normal
    steps: tuple[str, ...]
    activities: tuple[str, ...]
    uses: tuple[Use, ...]


def plan(surveys: Mapping[str, Survey], seed: int) -> list[Case]:
    """Every case, each once, in an order that the seed mixes: a sample of the first few meets all sorts."""
    cases = [
        *_at_steps(surveys, seed),
        *_at_activities(surveys, seed),
        *_faults(surveys, seed),
        *_incidents(surveys, seed),
    ]
    unique = list(dict.fromkeys(cases))
    random.Random(seed).shuffle(unique)
    return unique


def _at_steps(surveys: Mapping[str, Survey], seed: int) -> Iterator[Case]:
    """Every base at every step of it, every step in every manner."""
    steps = sorted({step for survey in surveys.values() for step in survey.steps} - NEVER_STRIKES)

    def fits(row: Row) -> bool:
        return row[1] in surveys[str(row[0])].steps

    for name, step, manner in pairwise([list(surveys), steps, MANNERS], seed, fits):
        yield Case(str(name), Crash(cast("Manner", manner), step=str(step)), passing=True)


def _at_activities(surveys: Mapping[str, Survey], seed: int) -> Iterator[Case]:
    """Every activity in every manner but `after`, wherever it is called; and all of them at once."""
    activities = sorted({one for survey in surveys.values() for one in survey.activities})

    def fits(row: Row) -> bool:
        return row[1] in surveys[str(row[0])].activities

    for name, activity, manner in pairwise([list(surveys), activities, MANNERS[1:]], seed, fits):
        yield Case(str(name), Crash(cast("Manner", manner), activity=str(activity)), passing=True)
    for name in surveys:
        yield Case(name, Crash("twice"), passing=True)
        yield Case(name, Crash("lost"), passing=True)


def _faults(surveys: Mapping[str, Survey], seed: int) -> Iterator[Case]:
    """Every operation with every kind of fault that can hit it; first, middle and last call; every base."""
    operations = sorted({use.operation for survey in surveys.values() for use in survey.uses})

    def fits(row: Row) -> bool:
        name, operation, kind, place = map(str, row)
        use = next((use for use in surveys[name].uses if use.operation == operation), None)
        if use is None or not KINDS[kind].hits(use) or (KINDS[kind].first_only and place != "first"):
            return False
        return place in _places(use)

    for row in pairwise([list(surveys), operations, list(KINDS), ["first", "middle", "last"]], seed, fits):
        name, operation, kind, place = map(str, row)
        use = next(use for use in surveys[name].uses if use.operation == operation)
        spec = KINDS[kind].make(operation, _places(use)[place])
        yield Case(name, ArmFault(kind, spec), KINDS[kind].passing, KINDS[kind].outcomes)


def _places(use: Use) -> dict[str, int]:
    """How many calls go well before it. A call that there is not has no place."""
    places = {"first": 0}
    if use.calls > 1:
        places["last"] = use.calls - 1
    if use.calls > 2:
        places["middle"] = use.calls // 2
    return places


def _incidents(surveys: Mapping[str, Survey], seed: int) -> Iterator[Case]:
    """Every incident after each of its steps, and in every base that comes so far."""
    steps = sorted({step for places, _, _ in INCIDENTS.values() for step in places})

    def fits(row: Row) -> bool:
        name, incident, step = str(row[0]), cast("Incident", row[1]), str(row[2])
        if step not in INCIDENTS[incident][0] or step not in surveys[name].steps:
            return False
        if incident == "swap_lost" and "swap_os_disk" not in surveys[name].steps:
            return False
        return name in AT_A_WAIT.get(step, tuple(surveys))

    for row in pairwise([list(surveys), list(INCIDENTS), steps], seed, fits):
        incident = cast("Incident", row[1])
        _, outcomes, passing = INCIDENTS[incident]
        yield Case(str(row[0]), Happening(incident, str(row[2])), passing, outcomes)
