"""The scenarios on which things go wrong: every way through the runbook that changes anything."""

from pathlib import Path

from sandbox.scenario import Scenario, load

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
SFC_SECONDS = 60.0
"""A scan takes half an hour, and each half minute of it is one more look: nothing of what is tested here is in them."""

FILES = {
    "repaired": "corrupt-system-file",
    "trusted-launch": "trusted-launch",
    "approved": "approved-by-people",
    "escalated": "unrepairable-file",
    "confirmed": "silent-client",
    "rejected": "rejected-swap",
}
"""Base's name → the scenario's file."""


def base(name: str) -> Scenario:
    """The scenario, with a short scan and without `expect`: the matrix judges by the simulator's account. KeyError."""
    scenario = load(SCENARIOS / f"{FILES[name]}.yaml")
    windows = scenario.windows.model_copy(update={"sfc_seconds": SFC_SECONDS})
    return scenario.model_copy(update={"windows": windows, "expect": None})
