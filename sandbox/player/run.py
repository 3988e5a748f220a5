"""`python -m sandbox run`: plays one scenario as fast as it goes, and judges its end."""

import json
import sys
from pathlib import Path

from sandbox.player.api import ApiError
from sandbox.player.expectations import broken_expectations
from sandbox.player.play import Played, Player, StuckError
from sandbox.player.summary import summary
from sandbox.player.trace import write_trace
from sandbox.scenario import load
from sandbox.world import World

HELD, BROKEN = 0, 1


def run(path: Path, *, as_json: bool, trace: Path | None) -> int:
    """Exit status 0 if `expect` holds (without it: if the run ended), else 1 with each reason on stderr.

    Raises ScenarioError for a wrong file.
    """
    scenario = load(path)
    with World(scenario) as world:
        try:
            played = Player(scenario, world).play()
        except (StuckError, ApiError) as error:
            print(f"{path}: {error}", *world.host_log(), sep="\n", file=sys.stderr)
            return BROKEN
        finally:
            if trace is not None:
                write_trace(trace, world.requests())
        broken = broken_expectations(scenario, played, world)
    for line in broken:
        print(f"{path}: {line}", file=sys.stderr)
    _print_report(played, as_json=as_json)
    return BROKEN if broken else HELD


def _print_report(played: Played, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(played.answer.body), flush=True)
    else:
        print("\n".join(summary(played.report)), flush=True)
