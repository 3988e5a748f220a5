"""The console's words cover every step, outcome, checkpoint and decision that the app can show."""

import re
from typing import get_args

import pytest

from bootmend.models.repair import DECISIONS, CheckpointName, Outcome
from sandbox.scenario_play import Step
from tests.source_tree import ROOT

WORDS = (ROOT / "console" / "words.js").read_text(encoding="utf-8")


def table(name: str) -> str:
    found = re.search(rf"^export const {name} = \{{$(.*?)^\}};$", WORDS, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_every_step_has_words() -> None:
    assert set(get_args(Step)) <= set(re.findall(r"^  (\w+):", table("STEPS"), re.MULTILINE))


def test_every_outcome_has_words() -> None:
    assert set(re.findall(r"^  (\w+):", table("OUTCOMES"), re.MULTILINE)) == set(get_args(Outcome))


@pytest.mark.parametrize("name", get_args(CheckpointName))
def test_every_checkpoint_says_what_each_answer_means(name: CheckpointName) -> None:
    found = re.search(rf"^  {name}: \{{$(.*?)^  \}},$", table("CHECKPOINTS"), re.MULTILINE | re.DOTALL)
    assert found is not None
    decisions = re.search(r"decisions: \{(.*?)\}", found[1], re.DOTALL)
    assert decisions is not None
    assert set(re.findall(r"(\w+): \[", decisions[1])) == set(DECISIONS[name])
    assert "means: [" in found[1]
