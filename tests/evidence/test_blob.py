"""Evidence in Blob Storage, on a real Azurite: put, get, names, and the link by which a guest uploads one blob."""

import asyncio
import hashlib
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from bootmend.evidence import blob
from bootmend.evidence.blob import BlobStore
from bootmend.evidence.store import EvidenceStore, EvidenceUnavailableError
from tests.azurite.server import CONTAINER, AnyIdentity, Azurite, make_container, running

REPAIR = "0123456789abcdef-0123456789ab"
OTHER = "0123456789abcdef-ba9876543210"
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    with running(tmp_path_factory.mktemp("azurite")) as server:
        asyncio.run(make_container(server))
        yield server


@pytest.fixture
def store(azurite: Azurite) -> BlobStore:
    return BlobStore(azurite.account_url, CONTAINER, AnyIdentity, azurite.ca_file)


def link(
    store: BlobStore, name: str = "memory.dmp", *, now: datetime | None = None, valid_for: timedelta = HOUR
) -> str:
    moment = now or datetime.now(UTC)
    return asyncio.run(store.upload_url(REPAIR, name, now=moment, valid_for=valid_for))


def ask(azurite: Azurite, method: str, url: str, data: bytes | None = None) -> tuple[int, str]:
    """Status and error code of one request without any other credential than the link's own."""
    request = urllib.request.Request(
        url, data, {"x-ms-blob-type": "BlockBlob", "x-ms-version": "2021-12-02"}, method=method
    )
    trust = ssl.create_default_context(cafile=str(azurite.ca_file))
    try:
        with urllib.request.urlopen(request, context=trust, timeout=30) as response:
            return response.status, ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("x-ms-error-code", "")


def test_what_is_put_is_got_and_listed(store: BlobStore) -> None:
    async def scenario(kept: EvidenceStore) -> None:
        assert await kept.names(REPAIR) == ()
        assert await kept.put(REPAIR, "serial-before.log", b"SAC>") == "serial-before.log"
        assert await kept.put(REPAIR, "report.json", b"{}") == "report.json"
        await kept.put(OTHER, "report.json", b"[]")
        assert await kept.names(REPAIR) == ("report.json", "serial-before.log")
        assert await kept.get(REPAIR, "serial-before.log") == b"SAC>"
        assert await kept.get(OTHER, "report.json") == b"[]"

    asyncio.run(scenario(store))


def test_a_second_put_replaces_the_first(store: BlobStore) -> None:
    async def scenario() -> bytes | None:
        await store.put(REPAIR, "twice.json", b"a longer first")
        await store.put(REPAIR, "twice.json", b"second")
        return await store.get(REPAIR, "twice.json")

    assert asyncio.run(scenario()) == b"second"


def test_nothing_is_none(store: BlobStore) -> None:
    assert asyncio.run(store.get(REPAIR, "never.log")) is None
    assert asyncio.run(store.describe(REPAIR, "never.log")) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.json", "application/json"),
        ("a.log", "text/plain; charset=utf-8"),
        ("a.html", "text/html; charset=utf-8"),
        ("a.bmp", "image/bmp"),
        ("a.dmp", "application/octet-stream"),
    ],
)
def test_each_piece_has_its_type_and_checksum(store: BlobStore, name: str, kind: str) -> None:
    asyncio.run(store.put(REPAIR, name, b"evidence"))
    found = asyncio.run(store.describe(REPAIR, name))
    assert found is not None
    assert (found.size_bytes, found.content_type) == (8, kind)
    assert found.md5 == hashlib.md5(b"evidence").hexdigest()
    assert datetime.now(UTC) - found.written_at < HOUR


def test_an_empty_piece_is_kept(store: BlobStore) -> None:
    asyncio.run(store.put(REPAIR, "empty.log", b""))
    assert asyncio.run(store.get(REPAIR, "empty.log")) == b""


def test_a_dump_is_not_read_into_memory(store: BlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(store.put(REPAIR, "large.dmp", b"x" * 101))
    monkeypatch.setattr(blob, "LARGEST_READ", 100)
    with pytest.raises(ValueError, match=r"large\.dmp has 101 bytes"):
        asyncio.run(store.get(REPAIR, "large.dmp"))


@pytest.mark.parametrize("name", ["", "../report.json", "a/b", "A.json", ".hidden", "x?sig=1", "a" * 81])
def test_a_name_that_is_not_plain_is_refused(store: BlobStore, name: str) -> None:
    with pytest.raises(ValueError, match="not a plain name"):
        asyncio.run(store.put(REPAIR, name, b""))
    with pytest.raises(ValueError, match="not a plain name"):
        asyncio.run(store.get(REPAIR, name))
    with pytest.raises(ValueError, match="not a plain name"):
        link(store, name)


def test_a_repair_id_that_is_not_plain_is_refused(store: BlobStore) -> None:
    with pytest.raises(ValueError, match="not a plain name"):
        asyncio.run(store.names("../" + REPAIR))


def test_a_missing_container_is_an_error_and_not_missing_evidence(azurite: Azurite) -> None:
    lost = BlobStore(azurite.account_url, "lost", AnyIdentity, azurite.ca_file)
    with pytest.raises(EvidenceUnavailableError, match="ContainerNotFound"):
        asyncio.run(lost.names(REPAIR))
    with pytest.raises(EvidenceUnavailableError, match="ContainerNotFound"):
        asyncio.run(lost.put(REPAIR, "report.json", b"{}"))


@pytest.mark.parametrize(
    "url", ["http://a.blob.core.windows.net", "https://a.blob.core.windows.net?sig=x", "https://u:p@a"]
)
def test_only_an_https_account_without_secrets_is_taken(url: str) -> None:
    with pytest.raises(ValueError, match="must begin with https"):
        BlobStore(url, CONTAINER)


def test_the_link_writes_its_blob(azurite: Azurite, store: BlobStore) -> None:
    assert ask(azurite, "PUT", link(store), b"dump") == (201, "")
    assert asyncio.run(store.get(REPAIR, "memory.dmp")) == b"dump"
    assert ask(azurite, "HEAD", link(store))[0] == 200


def test_the_link_is_signed_by_delegation_for_one_blob_over_https(store: BlobStore) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    signed = parse_qs(urlsplit(link(store, now=now)).query)
    assert (signed["sr"], signed["sp"], signed["spr"]) == (["b"], ["rcw"], ["https"])
    assert signed["skoid"]
    assert datetime.fromisoformat(signed["st"][0]) == now - blob.EARLY
    assert datetime.fromisoformat(signed["se"][0]) == now + HOUR


def test_the_link_does_nothing_else(azurite: Azurite, store: BlobStore) -> None:
    asyncio.run(store.put(REPAIR, "memory.dmp", b"dump"))
    asyncio.run(store.put(REPAIR, "report.json", b"{}"))
    signed = link(store)
    assert ask(azurite, "DELETE", signed)[0] == 403
    assert ask(azurite, "PUT", signed.replace("memory.dmp", "report.json"), b"forged")[0] == 403
    assert ask(azurite, "PUT", signed.replace(REPAIR, OTHER), b"forged")[0] == 403
    assert ask(azurite, "PUT", signed.replace("sp=rcw", "sp=rcwd"), b"forged")[0] == 403
    container = signed.replace(f"/{REPAIR}/memory.dmp", "")
    assert ask(azurite, "GET", f"{container}&restype=container&comp=list")[0] == 403
    assert asyncio.run(store.get(REPAIR, "report.json")) == b"{}"


def test_the_link_ends(azurite: Azurite, store: BlobStore) -> None:
    old = link(store, now=datetime.now(UTC) - 2 * HOUR)
    assert ask(azurite, "PUT", old, b"late")[0] == 403


@pytest.mark.parametrize("valid_for", [timedelta(0), timedelta(seconds=-1), timedelta(days=7)])
def test_a_link_of_no_time_or_too_much_is_refused(store: BlobStore, valid_for: timedelta) -> None:
    with pytest.raises(ValueError, match="a link is valid for up to"):
        link(store, valid_for=valid_for)


def test_the_longest_link_is_taken(azurite: Azurite, store: BlobStore) -> None:
    longest = link(store, "longest.dmp", valid_for=blob.LONGEST_LINK - blob.EARLY)
    assert ask(azurite, "PUT", longest, b"dump") == (201, "")
