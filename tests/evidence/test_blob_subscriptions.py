"""Subscriptions in Blob Storage, on a real Azurite: the same promises as those of the folder."""

import asyncio
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from bootmend.evidence import subscriptions
from bootmend.evidence.blob import BlobStore
from bootmend.evidence.blob_subscriptions import BlobSubscriptions
from bootmend.evidence.store import EvidenceUnavailableError
from bootmend.evidence.subscriptions import SubscriptionStore, TooManySubscriptionsError
from bootmend.models.webhooks import Subscription
from tests.azurite.server import CONTAINER, AnyIdentity, Azurite, make_container, running

NUMBERS = count(1)
REPAIR = "0123456789abcdef-0123456789ab"


def subscription(number: int, **changes: Any) -> Subscription:
    return Subscription.model_validate(
        {
            "id": f"{number:032x}",
            "callback_url": "https://hooks.example.com/x",
            "events": ("repair.finished",),
            **changes,
        }
    )


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    with running(tmp_path_factory.mktemp("azurite")) as server:
        yield server


@pytest.fixture
def container(azurite: Azurite) -> str:
    """One that is empty."""
    name = f"{CONTAINER}{next(NUMBERS)}"
    asyncio.run(make_container(azurite, name))
    return name


@pytest.fixture
def store(azurite: Azurite, container: str) -> SubscriptionStore:
    return BlobSubscriptions(azurite.account_url, container, AnyIdentity, azurite.ca_file)


def test_what_is_added_is_there_until_it_is_removed(store: SubscriptionStore) -> None:
    async def scene() -> None:
        assert await store.all() == ()
        await store.add(subscription(2))
        await store.add(subscription(1))
        assert await store.all() == (subscription(1), subscription(2))
        assert await store.get(subscription(1).id) == subscription(1)
        assert await store.remove(subscription(1).id)
        assert not await store.remove(subscription(1).id)
        assert await store.get(subscription(1).id) is None
        assert await store.all() == (subscription(2),)

    asyncio.run(scene())


@pytest.mark.parametrize("name", ["", "..", "../report", "A" * 32, "x" * 32])
def test_what_is_no_id_is_not_there(store: SubscriptionStore, name: str) -> None:
    assert asyncio.run(store.get(name)) is None
    assert asyncio.run(store.remove(name)) is False


def test_there_may_be_so_many_and_no_more(store: SubscriptionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "LIMIT", 2)

    async def scene() -> None:
        await store.add(subscription(1))
        await store.add(subscription(2))
        await store.add(subscription(2, callback_url="https://hooks.example.com/new"))
        with pytest.raises(TooManySubscriptionsError, match="2 subscriptions already"):
            await store.add(subscription(3))
        assert [one.id for one in await store.all()] == [subscription(1).id, subscription(2).id]

    asyncio.run(scene())


def test_evidence_does_not_list_them(azurite: Azurite, container: str, store: SubscriptionStore) -> None:
    asyncio.run(store.add(subscription(1)))
    evidence = BlobStore(azurite.account_url, container, AnyIdentity, azurite.ca_file)
    assert asyncio.run(evidence.names(REPAIR)) == ()


def test_a_missing_container_is_an_error_and_not_no_subscription(azurite: Azurite) -> None:
    lost = BlobSubscriptions(azurite.account_url, "lost", AnyIdentity, azurite.ca_file)
    for call in (lost.all, lambda: lost.get("0" * 32), lambda: lost.remove("0" * 32)):
        with pytest.raises(EvidenceUnavailableError, match="ContainerNotFound"):
            asyncio.run(call())
