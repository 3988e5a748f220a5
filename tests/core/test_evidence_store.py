"""The folder that keeps evidence: whole files, plain names, nothing outside it."""

import asyncio
from pathlib import Path

import pytest

from bootmend.evidence.store import FolderStore
from tests.core.facts import REPAIR_ID

OTHER_REPAIR = "fedcba9876543210-ba9876543210"


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "evidence")


def test_what_was_put_is_got(store: FolderStore) -> None:
    data = bytes(range(256))
    assert asyncio.run(store.put(REPAIR_ID, "serial-before.log", data)) == "serial-before.log"
    assert asyncio.run(store.get(REPAIR_ID, "serial-before.log")) == data


def test_a_second_put_replaces_the_first(store: FolderStore) -> None:
    asyncio.run(store.put(REPAIR_ID, "report.json", b"a long first report"))
    asyncio.run(store.put(REPAIR_ID, "report.json", b"second"))
    assert asyncio.run(store.get(REPAIR_ID, "report.json")) == b"second"
    assert asyncio.run(store.names(REPAIR_ID)) == ("report.json",)


def test_names_are_sorted_and_of_one_repair(store: FolderStore) -> None:
    for name in ("b.log", "a.bmp", "10.json"):
        asyncio.run(store.put(REPAIR_ID, name, b""))
    asyncio.run(store.put(OTHER_REPAIR, "other.log", b""))
    assert asyncio.run(store.names(REPAIR_ID)) == ("10.json", "a.bmp", "b.log")


def test_what_is_not_there_is_none(store: FolderStore) -> None:
    assert asyncio.run(store.get(REPAIR_ID, "report.json")) is None
    assert asyncio.run(store.names(REPAIR_ID)) == ()
    asyncio.run(store.put(REPAIR_ID, "report.json", b"{}"))
    assert asyncio.run(store.get(REPAIR_ID, "screenshot.bmp")) is None
    assert asyncio.run(store.get(OTHER_REPAIR, "report.json")) is None


UNPLAIN = [
    pytest.param("", id="empty"),
    pytest.param("..", id="two dots"),
    pytest.param(".hidden", id="a dot first"),
    pytest.param("../report.json", id="a way up"),
    pytest.param("sub/report.json", id="a slash"),
    pytest.param("sub\\report.json", id="a backslash"),
    pytest.param("/etc/passwd", id="an absolute path"),
    pytest.param("Report.json", id="a capital"),
    pytest.param("report.json\n", id="a line end"),
    pytest.param("report.json\x00", id="a NUL"),
    pytest.param("r\u00e9port.json", id="an accent"),
    pytest.param("a" * 81, id="81 characters"),
]


@pytest.mark.parametrize("name", UNPLAIN)
def test_a_name_that_is_not_plain_is_refused(store: FolderStore, tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a plain name"):
        asyncio.run(store.put(REPAIR_ID, name, b"x"))
    with pytest.raises(ValueError, match="not a plain name"):
        asyncio.run(store.get(REPAIR_ID, name))
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize(
    "repair_id",
    [
        pytest.param("", id="empty"),
        pytest.param("..", id="two dots"),
        pytest.param(REPAIR_ID.upper(), id="capitals"),
        pytest.param(f"{REPAIR_ID}\n", id="a line end"),
        pytest.param(f"../{REPAIR_ID}", id="a way up"),
        pytest.param(REPAIR_ID[:-1], id="too short"),
    ],
)
def test_an_id_that_names_no_repair_is_refused(store: FolderStore, tmp_path: Path, repair_id: str) -> None:
    with pytest.raises(ValueError, match="not a plain name"):
        asyncio.run(store.put(repair_id, "report.json", b"x"))
    with pytest.raises(ValueError, match="not a plain name"):
        asyncio.run(store.names(repair_id))
    assert list(tmp_path.rglob("*")) == []


def test_the_longest_plain_name_is_taken(store: FolderStore) -> None:
    name = "a" * 80
    asyncio.run(store.put(REPAIR_ID, name, b"x"))
    assert asyncio.run(store.names(REPAIR_ID)) == (name,)


def test_a_put_that_fails_leaves_nothing_and_keeps_what_was_there(store: FolderStore, tmp_path: Path) -> None:
    """A folder stands where the file should: the last move fails."""
    asyncio.run(store.put(REPAIR_ID, "a.log", b"kept"))
    folder = tmp_path / "evidence" / REPAIR_ID
    (folder / "report.json").mkdir()
    with pytest.raises(IsADirectoryError):
        asyncio.run(store.put(REPAIR_ID, "report.json", b"new"))
    assert sorted(path.name for path in folder.iterdir()) == ["a.log", "report.json"]
    assert asyncio.run(store.get(REPAIR_ID, "report.json")) is None


def test_puts_at_the_same_time_leave_one_whole_file(store: FolderStore) -> None:
    texts = [bytes([letter]) * 50_000 for letter in b"abcdefgh"]

    async def together() -> None:
        async with asyncio.TaskGroup() as group:
            for text in texts:
                group.create_task(store.put(REPAIR_ID, "report.json", text))

    asyncio.run(together())
    assert asyncio.run(store.get(REPAIR_ID, "report.json")) in texts
    assert asyncio.run(store.names(REPAIR_ID)) == ("report.json",)
