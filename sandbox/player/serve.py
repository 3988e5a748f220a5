"""`python -m sandbox serve`: keeps host and simulator up, at a pace, until Ctrl-C."""

import json
import signal
import threading
from pathlib import Path
from types import FrameType

from sandbox.clock import ClockRunner
from sandbox.scenario import load
from sandbox.world import World


def serve(path: Path, *, pace: float, port: int) -> int:
    """Exit status 0 after Ctrl-C or SIGTERM. Raises ScenarioError for a wrong file."""
    asked_to_stop = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        asked_to_stop.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with World(load(path), port=port) as world, ClockRunner(world.clock, pace=pace) as runner:
            print("\n".join(how_to_call(world)), flush=True)
            while not asked_to_stop.wait(0.5) and runner.failure is None:
                pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def how_to_call(world: World) -> list[str]:
    """Where everything is, and a line that starts a repair."""
    body = json.dumps({"vm_id": world.vm_id})
    return [
        f"function app     {world.host_url}",
        f"console          {world.host_url}/api/console/",
        f"function key     {world.keys.function}",
        f"simulated Azure  {world.azure.url}",
        f"VM               {world.vm_id}",
        "",
        "Start a repair:",
        f"  curl -i -X POST {world.host_url}/api/repairs -H 'x-functions-key: {world.keys.function}' "
        f"-H 'Content-Type: application/json' -d '{body}'",
        "",
        "Ctrl-C stops all.",
    ]
