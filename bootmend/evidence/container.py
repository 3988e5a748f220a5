"""One container in Blob Storage, by the app's own identity. The Azure SDK is imported when it is first opened."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

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
    """A container, which must exist. A client lives for one call: one that is kept would outlive the event loop that it was
    made on, and a token that Azure refuses would be used again.

    `account_url`: https, without a query. `credentials` makes one for each call, which closes it. `ca_file`: certificates to
    trust instead of the public ones, where the storage is a private cloud's.
    """

    def __init__(
        self,
        account_url: str,
        container: str,
        credentials: Callable[[], AsyncTokenCredential] = own_identity,
        ca_file: Path | None = None,
    ) -> None:
        parts = urlsplit(account_url)
        if parts.scheme != "https" or parts.query or parts.username is not None:
            raise ValueError("the storage account's URL must begin with https and hold neither a query nor a user")
        self._account_url = account_url.rstrip("/")
        self._container = container
        self._credentials = credentials
        self._ca_file = ca_file

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[BlobServiceClient]:
        """Raises EvidenceUnavailableError for every error of the SDK that the block lets through."""
        from azure.core.exceptions import AzureError
        from azure.storage.blob.aio import BlobServiceClient, ExponentialRetry

        try:
            async with AsyncExitStack() as opened:
                credential = await opened.enter_async_context(self._credentials())
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
                yield await opened.enter_async_context(service)
        except AzureError as error:
            raise EvidenceUnavailableError(f"container {self._container}: {_words(error)}") from error


def _words(error: Exception) -> str:
    """Status and code; a message's further lines tell the request's id and its time."""
    status, code = getattr(error, "status_code", None), getattr(error, "error_code", None)
    first = str(error).split("\n", 1)[0][:300]
    return f"{status} {getattr(code, 'value', code) or type(error).__name__}" if status else first
