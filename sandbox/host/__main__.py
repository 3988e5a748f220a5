"""`python -m sandbox.host`: serve a function app in the foreground, in the environment it is started from."""

import argparse
import os
from pathlib import Path

from sandbox.host.keys import HostKeys
from sandbox.host.server import HostOptions, serve


def main() -> None:
    """Read the command line, then serve until interrupted."""
    keys = HostKeys()
    parser = argparse.ArgumentParser(prog="python -m sandbox.host", description=__doc__)
    parser.add_argument("--app", type=Path, required=True, help="the folder of function_app.py")
    parser.add_argument("--engine", required=True, help="host:port of the durable engine")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--master-key", default=keys.master)
    parser.add_argument("--function-key", default=keys.function)
    parser.add_argument("--system-key", default=keys.system)
    given = parser.parse_args()
    app_dir = given.app.resolve()
    os.chdir(app_dir)
    keys = HostKeys(given.master_key, given.function_key, given.system_key)
    serve(
        HostOptions(app_dir, given.engine, given.port, keys),
        ready=lambda url: print(f"Functions host listening on {url}", flush=True),
    )


if __name__ == "__main__":
    main()
