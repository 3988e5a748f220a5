"""The steps that a scenario may name, and those that the demo arranges, are those of the runbook."""

import re
from pathlib import Path
from typing import get_args

from sandbox.demo.story import PHASES
from sandbox.scenario_play import Step

ORCHESTRATORS = Path(__file__).resolve().parents[2] / "orchestrators"


def runbook_steps() -> set[str]:
    sources = [path.read_text(encoding="utf-8") for path in ORCHESTRATORS.glob("*.py")]
    return {name for source in sources for name in re.findall(r"@runbook_step\ndef (\w+)\(", source)}


def test_a_scenario_may_name_every_step() -> None:
    assert runbook_steps() - set(get_args(Step)) == set()
    assert "execute_plan" in runbook_steps()


def test_the_demo_has_a_phase_for_every_step() -> None:
    arranged = [step for steps in PHASES.values() for step in steps]
    assert sorted(arranged) == sorted(get_args(Step))
