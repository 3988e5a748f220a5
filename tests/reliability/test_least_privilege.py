"""The roles of infra/roles hold what the scenarios need, and nothing that no scenario uses."""

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from sandbox.azure.authorization import ROLES, load_roles
from sandbox.player.play import Player
from sandbox.scenario import load
from sandbox.scenario_play import Expect
from sandbox.world import World

SCENARIOS = Path(__file__).resolve().parents[2] / "sandbox" / "scenarios"
USING = ("corrupt-system-file", "unrepairable-file", "backup-preferred", "backup-cancelled")
"""Together they use everything that the app may do."""


def used_by(name: str) -> set[tuple[str, str]]:
    """Pairs of role and action that this scenario was granted."""
    scenario = load(SCENARIOS / f"{name}.yaml")
    with World(scenario) as world:
        Player(scenario, world).play()
        return {(grant.role, grant.action.lower()) for grant in world.azure.used_permissions()}


def granted() -> Iterator[tuple[str, str]]:
    for file, role in load_roles().items():
        yield from ((file, action.lower()) for action in role.actions)


def test_every_granted_action_is_used_by_some_scenario() -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        used = set[tuple[str, str]]().union(*pool.map(used_by, USING))
    assert sorted(set(granted()) - used) == []


NEEDED = [
    ("repair-operator", "Microsoft.Compute/snapshots/write", "Microsoft.Compute/snapshots/write"),
    ("repair-operator", "Microsoft.Compute/virtualMachines/write", "Microsoft.Compute/virtualMachines/write"),
    ("repair-host", "Microsoft.Network/virtualNetworks/subnets/join/action", "subnets/join"),
    ("subscription-reader", "Microsoft.Compute/locations/usages/read", "usages/read"),
]


@pytest.mark.parametrize(("role", "action", "told"), NEEDED)
def test_a_needed_action_that_is_missing_ends_no_run_well(tmp_path: Path, role: str, action: str, told: str) -> None:
    roles = Path(shutil.copytree(ROLES, tmp_path / "roles"))
    body = json.loads((roles / f"{role}.json").read_text(encoding="utf-8"))
    body["Actions"].remove(action)
    (roles / f"{role}.json").write_text(json.dumps(body), encoding="utf-8")
    scenario = load(SCENARIOS / "corrupt-system-file.yaml").model_copy(update={"expect": Expect()})
    with World(scenario, roles=roles) as world:
        played = Player(scenario, world).play()
        assert played.report.outcome in {"refused", "rolled_back"}
        assert told in played.report.reason
        assert world.changes_of_vm() == []
