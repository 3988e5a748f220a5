"""The folder of subscriptions: private, bounded, and indifferent to ids that are none."""

import asyncio
import stat
from pathlib import Path

import pytest

from bootmend.evidence.subscriptions import LIMIT, FolderSubscriptions, TooManySubscriptionsError
from bootmend.models.webhooks import Subscription


def one(number: int) -> Subscription:
    return Subscription(id=f"{number:032x}", callback_url="https://hooks.example.com/x", events=("repair.finished",))


def test_what_is_kept_is_found_until_it_is_removed(tmp_path: Path) -> None:
    store = FolderSubscriptions(tmp_path / "subscriptions")
    assert asyncio.run(store.all()) == ()
    for number in (2, 1, 1):
        asyncio.run(store.add(one(number)))
    assert asyncio.run(store.all()) == (one(1), one(2))
    assert asyncio.run(store.get(one(1).id)) == one(1)
    assert asyncio.run(store.remove(one(1).id))
    assert not asyncio.run(store.remove(one(1).id))
    assert asyncio.run(store.get(one(1).id)) is None


def test_nobody_else_reads_them(tmp_path: Path) -> None:
    asyncio.run(FolderSubscriptions(tmp_path / "subscriptions").add(one(1)))
    (file,) = (tmp_path / "subscriptions").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("odd", ["", "..", "../report", "x" * 32, "0" * 31, "0" * 32 + "\n"])
def test_an_id_that_is_none_leads_nowhere(tmp_path: Path, odd: str) -> None:
    store = FolderSubscriptions(tmp_path)
    assert asyncio.run(store.get(odd)) is None
    assert not asyncio.run(store.remove(odd))


def test_there_are_so_many_and_no_more(tmp_path: Path) -> None:
    store = FolderSubscriptions(tmp_path)
    for number in range(LIMIT):
        asyncio.run(store.add(one(number)))
    asyncio.run(store.add(one(0)))
    with pytest.raises(TooManySubscriptionsError):
        asyncio.run(store.add(one(LIMIT)))
