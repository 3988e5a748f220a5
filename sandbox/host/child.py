"""The host's process, as HostProcess starts it: its own environment and folder, its output through a pipe."""

import os
from collections.abc import Mapping
from multiprocessing.connection import Connection

from aiohttp import connector

from sandbox.host.server import HostOptions, serve


def main(options: HostOptions, environment: Mapping[str, str], ready: Connection, output: Connection) -> None:
    """Serve the app. Sends the URL through `ready`; stdout and stderr go to `output`."""
    for stream in (1, 2):
        os.dup2(output.fileno(), stream)
    output.close()
    os.environ.clear()
    os.environ.update(environment)
    _trust(environment.get("SSL_CERT_FILE"))
    os.chdir(options.app_dir)
    serve(options, ready.send)


def _trust(ca_file: str | None) -> None:
    """aiohttp reads which authorities to trust when it is imported, which the fork server did before this environment held."""
    if ca_file is not None:
        connector._SSL_CONTEXT_VERIFIED.load_verify_locations(ca_file)
