"""What one repair costs: counts and ratios of a run of `corrupt-system-file`, one JSON line a figure.

Nothing here is an absolute time of this machine. Virtual times come from the simulator's durations, which are the medians of public
recordings; SFC's scan and the stable time after the boot are left out, since no order of steps can shorten them.
"""

import json
import statistics
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.azure import TraceRow
from sandbox.player.play import Played, Player
from sandbox.scenario import load
from sandbox.world import World

SCENARIO = Path(__file__).parent / "scenarios" / "corrupt-system-file.yaml"
LOOKS = ("operations/read", "DiskOperations/read", "runCommands/read")


def bench() -> int:
    """Prints the figures. Exit status 0 only if the run they are of ended as `repaired`."""
    scenario = load(SCENARIO)
    with World(scenario) as world:
        played = Player(scenario, world).play()
        for figure, value, means in _figures(world, played):
            sys.stdout.write(json.dumps({"figure": figure, "value": value, "means": means}) + "\n")
    return 0 if played.report.outcome == "repaired" else 1


def _figures(world: World, played: Played) -> Iterator[tuple[str, float, str]]:
    rows = world.requests()
    looks = [row for row in rows if row.operation.endswith(LOOKS)]
    yield "arm_requests", len(rows), "requests to Resource Manager, all of them"
    yield "arm_requests_besides_looks", len(rows) - len(looks), "without looks at running operations and scripts"
    yield "looks_per_operation_median", _median_looks(looks), "status reads of one operation"
    histories = [len(world.engine.history(view.instance_id)) for view in world.engine.instances()]
    yield "repair_history_events", len(world.engine.history(played.repair_id)), "events in the repair's own history"
    yield "longest_history_events", max(histories), "events in the longest history of any instance"
    yield "waiting_share", _waiting_share(json.loads(json.dumps(played.answer.body))), "share of time outside the guest"


def _median_looks(looks: list[TraceRow]) -> float:
    counts: dict[str, int] = {}
    for row in looks:
        if "perations/" in row.path:
            counts[row.path] = counts.get(row.path, 0) + 1
    return statistics.median(counts.values())


def _waiting_share(report: dict[str, Any]) -> float:
    """Of the whole run, SFC and the stable time left out, what was spent on Azure's side rather than in the guest's commands."""
    commands = [command for transcript in report["transcripts"] for command in transcript["commands"]]
    sfc = sum(command["seconds"] for command in commands if command["line"].startswith("sfc"))
    others = sum(command["seconds"] for command in commands) - sfc
    boot = report["boot"]["attempts"][-1]
    stable = (_moment(boot["decided_at"]) - _moment(boot["ready_at"])).total_seconds()
    whole = (_moment(report["finished_at"]) - _moment(report["started_at"])).total_seconds() - sfc - stable
    return round(float((whole - others) / whole), 3)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
