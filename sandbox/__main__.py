"""`python -m sandbox`: play a scenario, watch one, or keep a sandbox up."""

import argparse
import signal
import sys
from pathlib import Path

from sandbox.scenario_yaml import ScenarioError

EXAMPLE = Path(__file__).parent / "scenarios" / "corrupt-system-file.yaml"
WRONG_FILE = 2
INTERRUPTED = 130
TERMINATED = 143


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 when it held, 1 when not, 2 for a wrong file or command line."""
    given = _parser().parse_args(arguments)
    try:
        return _carry_out(given)
    except ScenarioError as error:
        print(error, file=sys.stderr)
        return WRONG_FILE
    except KeyboardInterrupt:
        return INTERRUPTED


def _carry_out(given: argparse.Namespace) -> int:
    if given.command == "run":
        from sandbox.player.run import run

        return run(given.file, as_json=given.json, trace=given.trace)
    if given.command == "demo":
        from sandbox.demo.show import demo

        return demo(given.file)
    if given.command == "bench":
        from sandbox.bench import bench

        return bench()
    from sandbox.player.serve import serve

    return serve(given.file, pace=given.pace, port=given.port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Bootmend on a simulated Azure.")
    commands = parser.add_subparsers(dest="command", required=True)

    run = commands.add_parser("run", help="play a scenario as fast as it goes; exit status 0 if its expectations hold")
    run.add_argument("file", type=Path, metavar="FILE")
    run.add_argument("--json", action="store_true", help="print the final report as one JSON line, the last one")
    run.add_argument("--trace", type=Path, metavar="FILE", help="write one JSON line for each ARM request")

    demo = commands.add_parser(
        "demo", help="play a scenario at a pace for the eye; exit status 0 if the VM is repaired"
    )
    demo.add_argument("file", type=Path, metavar="FILE", nargs="?", default=EXAMPLE)

    commands.add_parser("bench", help="print what one repair costs, one JSON line a figure")

    serve = commands.add_parser("serve", help="keep the function app and the simulated Azure up until Ctrl-C")
    serve.add_argument("file", type=Path, metavar="FILE", nargs="?", default=EXAMPLE)
    serve.add_argument("--pace", type=_positive, default=10.0, metavar="N", help="virtual seconds a real second, 10")
    serve.add_argument(
        "--port", type=int, default=0, metavar="PORT", help="the function app's port; 0 takes a free one"
    )
    return parser


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError("must be above 0")
    return number


if __name__ == "__main__":
    # Leaves by the way of every `with`, so that the host's process and the evidence folder go too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    sys.exit(main())
