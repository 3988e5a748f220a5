"""One container in Blob Storage, by the app's own identity. The Azure SDK is imported when it is first opened."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from bootmend.evidence.store import EvidenceUnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.blob.aio import BlobServiceClient


def own_identity() -> AsyncTokenCredential:
    """The managed identity of the app, or on a developer's machine whatever DefaultAzureCredential finds."""
    from azure.identity.aio import DefaultAzureCredential

    return DefaultAzureCredential()


class Container:
    """A container, which must exist.

    `account_url`: https, without a query. `credentials` makes one for each client. `ca_file`: certificates to trust instead of
    the public ones, where the storage is a private cloud's. `keep_open`: one client for each event loop, so that calls share
    connection and token, for a process that serves until it ends; else one for each call, closed at its end.
    """

    def __init__(
        self,
        account_url: str,
        container: str,
        credentials: Callable[[], AsyncTokenCredential] = own_identity,
        ca_file: Path | None = None,
        *,
        keep_open: bool = False,
    ) -> None:
        parts = urlsplit(account_url)
        if parts.scheme != "https" or parts.query or parts.username is not None:
            raise ValueError("the storage account's URL must begin with https and hold neither a query nor a user")
        self._account_url = account_url.rstrip("/")
        self._container = container
        self._credentials = credentials
        self._ca_file = ca_file
        self._keep_open = keep_open
        self._kept: WeakKeyDictionary[asyncio.AbstractEventLoop, _Opened] = WeakKeyDictionary()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[BlobServiceClient]:
        """Raises EvidenceUnavailableError for every error of the SDK that the block lets through."""
        from azure.core.exceptions import AzureError

        loop = asyncio.get_running_loop()
        opened = self._kept.get(loop) or self._connect()
        if self._keep_open:
            self._kept[loop] = opened
        refused = False
        try:
            yield opened.service
        except AzureError as error:
            # The credential would hand out the refused token again.
            refused = getattr(error, "status_code", None) == 401
            raise EvidenceUnavailableError(f"container {self._container}: {_words(error)}") from error
        finally:
            if refused or not self._keep_open:
                if self._kept.get(loop) is opened:
                    del self._kept[loop]
                await opened.close()

    async def close(self) -> None:
        """Closes the client that is kept for this event loop. A later call opens one anew."""
        opened = self._kept.pop(asyncio.get_running_loop(), None)
        if opened is not None:
            await opened.close()

    def _connect(self) -> _Opened:
        from azure.storage.blob.aio import BlobServiceClient, ExponentialRetry

        credential = self._credentials()
        service = BlobServiceClient(
            self._account_url,
            credential=credential,
            # Longer waits belong to the activity's own retries.
            retry_policy=ExponentialRetry(initial_backoff=1, increment_base=2, retry_total=2),
            max_single_get_size=4 << 20,
            connection_timeout=10,
            read_timeout=60,
            connection_verify=str(self._ca_file) if self._ca_file else True,
        )
        return _Opened(service, credential)


@dataclass(frozen=True)
class _Opened:
    service: BlobServiceClient
    credential: AsyncTokenCredential

    async def close(self) -> None:
        await self.service.close()
        await self.credential.close()


def _words(error: Exception) -> str:
    """Status and code; a message's further lines tell the request's id and its time."""
    status, code = getattr(error, "status_code", None), getattr(error, "error_code", None)
    first = str(error).split("\n", 1)[0][:300]
    return f"{status} {getattr(code, 'value', code) or type(error).__name__}" if status else first
