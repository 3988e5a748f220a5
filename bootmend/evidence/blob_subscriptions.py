"""Subscriptions in the container of the evidence, one small JSON blob each: their URLs may hold secrets, as evidence may."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bootmend.evidence.container import Container
from bootmend.evidence.subscriptions import is_id, require_room
from bootmend.models.webhooks import Subscription
from bootmend.settings import settings

if TYPE_CHECKING:
    from azure.storage.blob.aio import ContainerClient

FOLDER: Final = "subscriptions/"
"""No repair's id begins so: evidence has its folders beside this one."""


class BlobSubscriptions(Container):
    """A SubscriptionStore. Raises EvidenceUnavailableError, which a retry may cure."""

    async def add(self, subscription: Subscription) -> None:
        from azure.storage.blob import ContentSettings

        path, described = _path(subscription.id), ContentSettings(content_type="application/json")
        async with self._open() as service:
            container = service.get_container_client(self._container)
            there = await _paths(container)
            if path not in there:
                require_room(len(there))
            document = subscription.model_dump_json().encode()
            await container.upload_blob(path, document, overwrite=True, content_settings=described)

    async def get(self, subscription_id: str) -> Subscription | None:
        if not is_id(subscription_id):
            return None
        async with self._open() as service:
            return await _read(service.get_container_client(self._container), _path(subscription_id))

    async def all(self) -> tuple[Subscription, ...]:
        async with self._open() as service:
            container = service.get_container_client(self._container)
            found = [await _read(container, path) for path in await _paths(container)]
        return tuple(one for one in found if one is not None)

    async def remove(self, subscription_id: str) -> bool:
        if not is_id(subscription_id):
            return False
        from azure.core.exceptions import ResourceNotFoundError

        async with self._open() as service:
            try:
                await service.get_blob_client(self._container, _path(subscription_id)).delete_blob()
            except ResourceNotFoundError as error:
                if not _is_missing_blob(error):
                    raise
                return False
        return True


def _path(subscription_id: str) -> str:
    return f"{FOLDER}{subscription_id}.json"


async def _paths(container: ContainerClient) -> list[str]:
    """The paths of all there are, sorted: the service lists them in this order."""
    return [path async for path in container.list_blob_names(name_starts_with=FOLDER)]


async def _read(container: ContainerClient, path: str) -> Subscription | None:
    """None if it was removed meanwhile."""
    from azure.core.exceptions import ResourceNotFoundError

    try:
        reading = await container.download_blob(path)
    except ResourceNotFoundError as error:
        if not _is_missing_blob(error):
            raise
        return None
    return Subscription.model_validate_json(await reading.readall())


def _is_missing_blob(error: Exception) -> bool:
    """A missing container is no missing blob."""
    return getattr(error, "error_code", "") == "BlobNotFound"


@lru_cache(maxsize=1)
def blob_subscriptions() -> BlobSubscriptions:
    """The store in the container that the settings name."""
    account_url, _, container = settings().evidence_url.rpartition("/")
    return BlobSubscriptions(account_url, container, keep_open=True)
