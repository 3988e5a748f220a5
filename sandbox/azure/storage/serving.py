"""The storage account as something that runs: its certificate, its folder on disk, its server."""

import shutil
import tempfile
from pathlib import Path

from sandbox.azure.identity import Identity
from sandbox.azure.secrets import Secret
from sandbox.azure.storage.certificate import server_context
from sandbox.azure.storage.server import StorageServer
from sandbox.azure.storage.service import ACCOUNT, CONTAINER, StorageService
from sandbox.azure.world import WorldSpec
from sandbox.clock import VirtualClock


class Storage:
    """Serves between `start` and `stop`; what is stored is gone afterwards."""

    def __init__(self, clock: VirtualClock, spec: WorldSpec, identity: Identity) -> None:
        self.service = StorageService(clock, spec, identity)
        self.folder = Path()
        """Where the content of the blobs lies."""
        self.ca_file = Path()
        """The authority that clients must trust."""
        self._home = Path()
        self._server: StorageServer | None = None

    def start(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="bootmend-storage-"))
        self.folder = self._home / "blobs"
        self.folder.mkdir()
        context, self.ca_file = server_context(self._home)
        self._server = StorageServer(self.service, context, self.folder)
        self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None
            shutil.rmtree(self._home)

    @property
    def in_flight(self) -> int:
        """Requests that are not answered yet."""
        return self._server.in_flight if self._server else 0

    @property
    def container_url(self) -> str:
        """The address of the evidence's container; the account stands in the path, since the host is a bare address."""
        return f"{self._server.url}/{ACCOUNT}/{CONTAINER}" if self._server else ""

    def secrets(self) -> set[Secret]:
        """Signatures that were used, and the keys that they were made with."""
        return {Secret("blob signature", value) for value in self.service.delegation.seen}
