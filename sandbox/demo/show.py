"""`python -m sandbox demo`: one repair, live. It knows the HTTP API only."""

import sys
from datetime import datetime
from pathlib import Path

from rich.console import Console

from sandbox.demo.screen import LiveScreen, PlainScreen, Screen
from sandbox.player.api import ApiError
from sandbox.player.pace import EyePace
from sandbox.player.play import Player, StuckError
from sandbox.player.summary import summary
from sandbox.player.views import CommandView, RepairView, TranscriptView, read
from sandbox.scenario import load
from sandbox.world import World

VIRTUAL_SECONDS_A_SECOND = 50.0
TRANSCRIPT = "transcript.json"


def demo(path: Path) -> int:
    """Exit status 0 only if the VM was repaired. Raises ScenarioError for a wrong file."""
    scenario = load(path)
    console = Console()
    console.print(f"[bold]{scenario.id}[/]: {scenario.title}", highlight=False)
    with World(scenario) as world:
        screen: Screen = LiveScreen(console, scenario.vm.name) if console.is_terminal else PlainScreen(console)
        watcher = Watcher(world, screen)
        try:
            played = Player(scenario, world, EyePace(VIRTUAL_SECONDS_A_SECOND), watcher.look).play()
        except (StuckError, ApiError) as error:
            print(error, *world.host_log(), sep="\n", file=sys.stderr)
            return 1
        finally:
            screen.close()
    for line in summary(played.report):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return 0 if played.report.outcome == "repaired" else 1


class Watcher:
    """Shows each look, and fetches the guest's transcript once it is there."""

    def __init__(self, world: World, screen: Screen) -> None:
        self._world = world
        self._screen = screen
        self._commands: tuple[CommandView, ...] = ()

    def look(self, repair: RepairView, now: datetime) -> None:
        """One look at the repair."""
        if not self._commands and TRANSCRIPT in repair.evidence:
            answer = self._world.api.evidence(repair.id, TRANSCRIPT)
            self._commands = read(TranscriptView, answer).commands if answer.status == 200 else ()
        self._screen.show(repair, self._commands, now)
