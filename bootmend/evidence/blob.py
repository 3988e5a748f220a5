"""Evidence in Blob Storage, by the app's own identity: one prefix a repair in one container."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bootmend.evidence.container import Container
from bootmend.evidence.store import _NAME, _REPAIR, checked
from bootmend.models.record import Moment, Record
from bootmend.settings import settings

if TYPE_CHECKING:
    from azure.storage.blob import BlobProperties

LARGEST_READ: Final = 64 << 20
"""Bytes that `get` returns at most: a memory dump is never held in memory."""
LONGEST_LINK: Final = timedelta(days=7)
"""What a user delegation key lives at most (Create a user delegation SAS)."""
EARLY: Final = timedelta(minutes=15)
"""A link is valid from so long before now, since clocks differ (Shared access signatures, best practices)."""
UPLOAD_PERMISSION: Final = "rcw"
"""Create and write the one blob; read it too, since Get Block List and Get Blob Properties, by which an upload is resumed
and proved, ask for that (Permissions for a blob)."""
_TEXT: Final = "charset=utf-8"
_CONTENT_TYPES: Final = {
    "json": "application/json",
    "log": f"text/plain; {_TEXT}",
    "txt": f"text/plain; {_TEXT}",
    "html": f"text/html; {_TEXT}",
    "bmp": "image/bmp",
    "png": "image/png",
}


class BlobFacts(Record):
    """A stored piece of evidence as Blob Storage describes it. `md5`: 32 hex digits, None if none was stored."""

    size_bytes: int
    md5: str | None
    content_type: str
    written_at: Moment


class BlobStore(Container):
    """An EvidenceStore in one container. Raises EvidenceUnavailableError, which a retry may cure."""

    async def put(self, repair_id: str, name: str, data: bytes) -> str:
        """Stores and answers the name. Raises ValueError for a name or id that is not plain."""
        path = _path(repair_id, name)
        from azure.storage.blob import ContentSettings

        described = ContentSettings(
            content_type=_CONTENT_TYPES.get(name.rpartition(".")[2], "application/octet-stream"),
            content_md5=bytearray(hashlib.md5(data, usedforsecurity=False).digest()),
        )
        async with self._open() as service:
            blob = service.get_blob_client(self._container, path)
            await blob.upload_blob(data, overwrite=True, content_settings=described, validate_content=True)
        return name

    async def get(self, repair_id: str, name: str) -> bytes | None:
        """The data, or None where there is no such evidence. Raises ValueError beyond LARGEST_READ bytes."""
        path = _path(repair_id, name)
        from azure.core.exceptions import ResourceNotFoundError

        async with self._open() as service:
            try:
                reading = await service.get_blob_client(self._container, path).download_blob()
            except ResourceNotFoundError as error:
                if getattr(error, "error_code", "") != "BlobNotFound":
                    raise
                return None
            if reading.size > LARGEST_READ:
                raise ValueError(f"{name} has {reading.size} bytes: fetch it from the storage account itself")
            return bytes(await reading.readall())

    async def names(self, repair_id: str) -> tuple[str, ...]:
        """All names of a repair, sorted."""
        prefix = f"{checked(_REPAIR, repair_id)}/"
        async with self._open() as service:
            container = service.get_container_client(self._container)
            found = [name async for name in container.list_blob_names(name_starts_with=prefix)]
        return tuple(sorted(name.removeprefix(prefix) for name in found))

    async def describe(self, repair_id: str, name: str) -> BlobFacts | None:
        """Length and MD5 as stored, without reading the data; None where there is no such evidence."""
        path = _path(repair_id, name)
        async with self._open() as service:
            container = service.get_container_client(self._container)
            listed = [item async for item in container.list_blobs(name_starts_with=path) if item.name == path]
        return _facts(listed[0]) if listed else None

    async def upload_url(self, repair_id: str, name: str, *, now: datetime, valid_for: timedelta) -> str:
        """A link by which this one blob can be written, over https alone: a user delegation SAS. It is a secret.

        Raises ValueError for a time of nothing, or longer than a user delegation key lives.
        """
        path, start, end = _path(repair_id, name), now - EARLY, now + valid_for
        if valid_for <= timedelta(0) or end - start > LONGEST_LINK:
            raise ValueError(f"a link is valid for up to {LONGEST_LINK - EARLY}, not {valid_for}")
        from azure.storage.blob import generate_blob_sas

        async with self._open() as service:
            signature = generate_blob_sas(
                account_name=service.account_name or "",
                container_name=self._container,
                blob_name=path,
                user_delegation_key=await service.get_user_delegation_key(start, end),
                permission=UPLOAD_PERMISSION,
                start=start,
                expiry=end,
                protocol="https",
            )
            return f"{service.get_blob_client(self._container, path).url}?{signature}"


def _path(repair_id: str, name: str) -> str:
    return f"{checked(_REPAIR, repair_id)}/{checked(_NAME, name)}"


def _facts(found: BlobProperties) -> BlobFacts:
    settings = found.content_settings
    return BlobFacts(
        size_bytes=found.size,
        md5=bytes(settings.content_md5).hex() if settings.content_md5 else None,
        content_type=settings.content_type or "",
        written_at=found.last_modified,
    )


@lru_cache(maxsize=1)
def blob_store() -> BlobStore:
    """The store in the container that the settings name. Raises RuntimeError where they name a folder instead."""
    account_url, _, container = settings().evidence_url.rpartition("/")
    if not container:
        raise RuntimeError("evidence is kept in a folder: there is no container")
    return BlobStore(account_url, container, keep_open=True)
