"""The host's process, as HostProcess starts it: its own environment and folder, its output through a pipe."""

import os
from collections.abc import Mapping
from multiprocessing.connection import Connection

from sandbox.host.server import HostOptions, serve


def main(options: HostOptions, environment: Mapping[str, str], ready: Connection, output: Connection) -> None:
    """Serve the app. Sends the URL through `ready`; stdout and stderr go to `output`."""
    for stream in (1, 2):
        os.dup2(output.fileno(), stream)
    output.close()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(options.app_dir)
    serve(options, ready.send)
