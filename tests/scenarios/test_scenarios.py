"""Every scenario file, played end to end through the real function app in a world of its own."""

from pathlib import Path

import pytest

from sandbox.player.expectations import broken_expectations
from sandbox.player.play import Player
from sandbox.scenario import load
from sandbox.world import World

FILES = sorted((Path(__file__).resolve().parents[2] / "sandbox" / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_holds_what_it_expects(path: Path) -> None:
    scenario = load(path)
    with World(scenario) as world:
        played = Player(scenario, world).play()
        assert broken_expectations(scenario, played, world) == [], "\n".join(world.host_log())


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_is_named_after_its_file_and_expects_an_outcome(path: Path) -> None:
    scenario = load(path)
    assert scenario.id == path.stem
    assert scenario.expect is not None
    assert scenario.expect.outcome is not None
