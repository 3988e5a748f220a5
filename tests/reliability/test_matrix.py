"""A sample of the crash matrix and the fault matrix, and the cases at which a careless change would be caught first."""

import pytest

from sandbox.azure import FaultSpec
from sandbox.faults.kinds import KINDS, START, VM_WRITE
from sandbox.faults.mishap import ArmFault, Case, Crash, Happening
from sandbox.faults.plan import Survey, plan
from sandbox.faults.run import Result, run, run_all, surveys

SEED = 7
SAMPLE = 22
BASES = ("repaired", "rejected")


def told(result: Result) -> str:
    rules = "\n".join(f"{one.rule}: {one.what}" for one in result.broken)
    return f"{result.case}\n{rules}\n" + "\n".join(result.log)


@pytest.fixture(scope="module")
def known() -> dict[str, Survey]:
    return surveys((*BASES, "escalated"))


def test_a_seeded_sample_of_the_matrix_holds_every_rule(known: dict[str, Survey]) -> None:
    """`make test-faults` plays all of it."""
    cases = plan({name: known[name] for name in BASES}, SEED)[:SAMPLE]
    results = run_all(cases, known, jobs=2)
    bad = [told(result) for result in results if result.broken]
    assert not bad, f"seed {SEED}\n" + "\n\n".join(bad)
    assert sum(result.struck for result in results) > SAMPLE * 0.8


NOTHING = ArmFault("429 with Retry-After", FaultSpec(operation="none", status=429))
SENTINELS = {
    "a write done twice makes one thing": Case("repaired", Crash("lost"), passing=True),
    "a script that was begun is not begun again": Case(
        "repaired", Crash("amid", activity="begin_script"), passing=True
    ),
    "a swap is read back": Case(
        "repaired", Happening("swap_lost", "attach_copy"), passing=False, outcomes=frozenset({"rolled_back"})
    ),
    "a deletion looks at the tag": Case(
        "approved", Happening("snapshot_name_taken", "decide"), passing=False, outcomes=frozenset({"rolled_back"})
    ),
    "running is not booted": Case("escalated", NOTHING, passing=True),
    "the VM gets another chance to start": Case(
        "rejected",
        ArmFault("no host", KINDS["AllocationFailed at the source's start"].make(START, 0)),
        passing=False,
        outcomes=frozenset({"rolled_back"}),
    ),
    "a swap whose answer was lost is not taken for somebody else's": Case(
        "repaired", ArmFault("reset after acting", KINDS["reset after acting"].make(VM_WRITE, 1)), passing=True
    ),
    "another size is tried": Case(
        "repaired",
        ArmFault("one size", KINDS["SkuNotAvailable in one size"].make(VM_WRITE, 0)),
        passing=True,
    ),
}


@pytest.mark.parametrize("case", SENTINELS.values(), ids=SENTINELS.keys())
def test_what_a_careless_change_would_break(known: dict[str, Survey], case: Case) -> None:
    base = "repaired" if case.base == "approved" else case.base
    result = run(case, known[base].normal)
    assert not result.broken, told(result)
    assert result.struck or case.mishap is NOTHING
