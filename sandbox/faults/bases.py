"""The scenarios on which things go wrong: every way through the runbook that changes anything."""

from pathlib import Path

from sandbox.scenario import Scenario, load
from sandbox.scenario_play import People

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
SFC_SECONDS = 60.0
"""A scan takes half an hour, and each half minute of it is one more look: nothing of what is tested here is in them."""

FILES = {
    "repaired": "corrupt-system-file",
    "repaired-gen1": "corrupt-system-file-gen1",
    "trusted-launch": "trusted-launch",
    "approved": "approved",
    "escalated": "unrepairable-file",
    "confirmed": "silent-client",
    "rejected": "rejected-swap",
}
"""Base's name → the scenario's file."""

APPROVED = {
    "id": "approved",
    "title": "a person approves the repair and the swap",
    "policy": {"checkpoints": {"approve_repair": "manual", "approve_swap": "manual"}},
}


def base(name: str) -> Scenario:
    """The scenario, with a short scan and without `expect`: the matrix judges by the simulator's account. KeyError."""
    file = FILES[name]
    scenario = Scenario.model_validate_json(_json(APPROVED)) if file == "approved" else load(SCENARIOS / f"{file}.yaml")
    windows = scenario.windows.model_copy(update={"sfc_seconds": SFC_SECONDS})
    return scenario.model_copy(update={"windows": windows, "expect": None})
