"""The whole plan as text, one file a generation, to be read beside the article in docs/article.md."""

from pathlib import Path
from typing import get_args

import pytest

from bootmend.articles import critical_process_died
from bootmend.models.azure import Generation
from bootmend.models.guest import Plan
from tests.articles import facts as given

GOLDEN = Path(__file__).parent / "golden"


def as_text(plan: Plan) -> str:
    lines = []
    step = ""
    for command in plan.commands:
        if command.article_step != step:
            step = command.article_step
            lines.append(f"# {step}")
        marks = f"  [clean-up of {command.after}]" if command.always else ""
        marks += f"  [proves {command.proves}]" if command.proves else ""
        lines.append(f"{command.line}{marks}")
    assert plan.dump
    lines += ["# the dump", plan.dump.goes_to, *(f"# note: {note}" for note in plan.notes)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("generation", get_args(Generation))
def test_plan_is_the_golden_one(generation: Generation) -> None:
    sets = (given.control_set(1), given.control_set(2))
    hive = given.hive(4 if generation == "V2" else 2, control_sets=[one.model_dump() for one in sets])
    windows = given.windows(generation, hive=hive.model_dump())
    plan = critical_process_died.plan(given.facts(generation, windows=(windows,)), given.machine(generation))
    assert isinstance(plan, Plan)
    golden = GOLDEN / f"{'gen2' if generation == 'V2' else 'gen1'}.txt"
    assert as_text(plan) == golden.read_text(encoding="ascii")
