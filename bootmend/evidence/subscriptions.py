"""Where subscriptions lie: one small JSON file each, beside the evidence."""

import asyncio
import re
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from bootmend.models.webhooks import Subscription
from bootmend.settings import settings

LIMIT = 200
"""Subscriptions at once: each notice goes to all that want it."""
_ID = re.compile(r"[0-9a-f]{32}")


class TooManySubscriptionsError(Exception):
    """There are as many subscriptions as there may be."""


class SubscriptionStore(Protocol):
    """Keeps subscriptions, a few hundred at most. An id that is none is like one that does not exist."""

    async def add(self, subscription: Subscription) -> None:
        """Stores it; a second time under the same id replaces the first. Raises TooManySubscriptionsError."""

    async def get(self, subscription_id: str) -> Subscription | None: ...

    async def all(self) -> tuple[Subscription, ...]:
        """Every subscription, by id."""

    async def remove(self, subscription_id: str) -> bool:
        """Whether there was one."""


class FolderSubscriptions:
    """Subscriptions in a folder that only the app can read: their URLs may hold secrets."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def add(self, subscription: Subscription) -> None:
        await asyncio.to_thread(self._write, subscription)

    async def get(self, subscription_id: str) -> Subscription | None:
        if not is_id(subscription_id):
            return None
        return await asyncio.to_thread(_read, self._folder / f"{subscription_id}.json")

    async def all(self) -> tuple[Subscription, ...]:
        found = await asyncio.to_thread(lambda: [_read(path) for path in sorted(self._folder.glob("[!.]*.json"))])
        return tuple(one for one in found if one is not None)

    async def remove(self, subscription_id: str) -> bool:
        if not is_id(subscription_id):
            return False
        return await asyncio.to_thread(_unlink, self._folder / f"{subscription_id}.json")

    def _write(self, subscription: Subscription) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{subscription.id}.json"
        if not path.exists():
            require_room(sum(1 for _ in self._folder.glob("[!.]*.json")))
        # A temporary file is readable by its owner alone, and keeps that when it takes its name.
        with tempfile.NamedTemporaryFile("w", dir=self._folder, prefix=".", delete=False, encoding="utf-8") as half:
            half.write(subscription.model_dump_json())
        Path(half.name).replace(path)


def require_room(there: int) -> None:
    """Raises TooManySubscriptionsError where one more would be too many."""
    if there >= LIMIT:
        raise TooManySubscriptionsError(f"there are {LIMIT} subscriptions already; delete those that nobody needs")


def is_id(text: str) -> bool:
    """Whether this can be a subscription's id at all."""
    return _ID.fullmatch(text) is not None


def _read(path: Path) -> Subscription | None:
    try:
        return Subscription.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None


def _unlink(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


@lru_cache(maxsize=1)
def subscription_store() -> SubscriptionStore:
    """The store that the settings name."""
    if (folder := settings().evidence_folder) is not None:
        return FolderSubscriptions(folder / "subscriptions")
    from bootmend.evidence.blob_subscriptions import blob_subscriptions

    return blob_subscriptions()
