"""The host as a process of its own, that the world starts, kills and starts again."""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Self

from sandbox.host import child
from sandbox.host.keys import HostKeys
from sandbox.host.server import HostOptions

_LOG_LINES = 400
_START_SECONDS = 60
_STOP_SECONDS = 5

# Loaded once in the fork server, so that a restart costs a fork and the import of the app alone. Never function_app:
# it must see its own environment when it is imported.
_PRELOADED = (
    "sandbox.host.child",
    "azure.durable_functions",
    "azure.functions",
    "azure.identity.aio",
    "azure.mgmt.compute.aio",
    "azure.storage.blob.aio",
    "aiohttp",
    "pydantic",
)
_context = multiprocessing.get_context("forkserver")


class HostError(Exception):
    """The host did not start; the message ends with what it wrote."""


class HostProcess:
    """A Functions host in a process of its own. It keeps its port when it is started again."""

    def __init__(
        self, app_dir: Path, engine_address: str, environment: Mapping[str, str], keys: HostKeys | None = None
    ) -> None:
        """`environment` is the whole of the app's environment: nothing is inherited."""
        self.keys = keys or HostKeys()
        self._options = HostOptions(app_dir.resolve(), engine_address, keys=self.keys)
        self._environment = dict(environment)
        self._url = ""
        self._process: ForkServerProcess | None = None
        self._reader: threading.Thread | None = None
        self._lines: deque[str] = deque(maxlen=_LOG_LINES)

    @property
    def url(self) -> str:
        """`http://127.0.0.1:port`, known once it was started."""
        return self._url

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.is_alive()

    def log(self) -> list[str]:
        """The last lines that the host wrote, over all its starts."""
        return list(self._lines)

    def start(self) -> None:
        """Start the host and wait until it accepts requests. Raises HostError when it does not."""
        if self.running:
            raise HostError("the host runs already")
        _context.set_forkserver_preload(list(_PRELOADED))
        hears, ready = _context.Pipe(duplex=False)
        output, writes = _context.Pipe(duplex=False)
        arguments = (self._options, self._environment, ready, writes)
        self._process = _context.Process(target=child.main, args=arguments, daemon=True)
        with hears, ready, writes:
            self._process.start()
            ready.close()
            writes.close()
            self._reader = threading.Thread(target=self._read, args=(output,), name="host-output", daemon=True)
            self._reader.start()
            self._url = self._await_ready(hears)
        self._options = replace(self._options, port=int(self._url.rpartition(":")[2]))

    def _await_ready(self, hears: Connection) -> str:
        try:
            if hears.poll(_START_SECONDS):
                return str(hears.recv())
            reason = f"the host did not start within {_START_SECONDS} s"
        except EOFError:
            reason = "the host ended while it started"
        self.kill()
        raise HostError("\n".join([reason, *self.log()[-30:]]))

    def _read(self, output: Connection) -> None:
        with output, os.fdopen(os.dup(output.fileno()), encoding="utf-8", errors="replace") as lines:
            for line in lines:
                self._lines.append(line.rstrip("\n"))

    def kill(self) -> None:
        """End the process at once (SIGKILL), whatever it is doing. Harmless when it does not run."""
        if self._process is not None:
            self._process.kill()
            self._gone()

    def strike(self) -> None:
        """End the process at once, and leave it to the next `kill` to clear away: safe from any thread."""
        process = self._process
        if process is not None:
            process.kill()

    def stop(self) -> None:
        """Ask the process to end (SIGTERM), and kill it when it does not."""
        if self._process is not None:
            self._process.terminate()
            self._process.join(_STOP_SECONDS)
            self.kill()

    def _gone(self) -> None:
        if self._process is not None:
            self._process.join()
            self._process.close()
            self._process = None
        if self._reader is not None:
            self._reader.join()
            self._reader = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
