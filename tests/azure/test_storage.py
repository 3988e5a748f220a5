"""The simulated storage account, by the product's own store, the real SDK, the real credential chain, and TLS."""

import asyncio
import hashlib
import ssl
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import timedelta

import pytest

from bootmend.evidence.blob import BlobStore
from bootmend.evidence.store import EvidenceUnavailableError
from sandbox.azure import AzureSimulator, FaultSpec, WorldSpec
from sandbox.azure.storage.service import BUILT_IN, CONTRIBUTOR, DELEGATOR
from sandbox.clock import VirtualClock
from tests.infra import proofs

REPAIR = "0123456789abcdef-0123456789ab"
OTHER = "0123456789abcdef-ba9876543210"
HOUR = timedelta(hours=1)


class Account:
    """A served simulator, and the store that the product would use."""

    def __init__(self, sim: AzureSimulator, clock: VirtualClock) -> None:
        self.sim, self.clock = sim, clock
        self.account_url, _, self.container = sim.storage.container_url.rpartition("/")

    def do[T](self, act: Callable[[BlobStore], Awaitable[T]], container: str | None = None) -> T:
        async def whole() -> T:
            return await act(BlobStore(self.account_url, container or self.container, ca_file=self.sim.storage.ca_file))

        return asyncio.run(whole())

    def link(self, name: str = "memory.dmp", valid_for: timedelta = HOUR) -> str:
        return self.do(lambda store: store.upload_url(REPAIR, name, now=self.clock.now(), valid_for=valid_for))

    def ask(
        self, method: str, url: str, data: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Status, and error code or body, of a request without any other credential than the link's own."""
        given = {"x-ms-blob-type": "BlockBlob", "x-ms-version": "2021-12-02", **(headers or {})}
        request = urllib.request.Request(url, data, given, method=method)
        trust = ssl.create_default_context(cafile=str(self.sim.storage.ca_file))
        try:
            with urllib.request.urlopen(request, context=trust, timeout=30) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers.get("x-ms-error-code", "")


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[WorldSpec], Account]]:
    running: list[AzureSimulator] = []

    def serve(world: WorldSpec) -> Account:
        clock = VirtualClock()
        sim = AzureSimulator(clock, world)
        sim.start()
        running.append(sim)
        for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
            monkeypatch.setenv(name, sim.environment()[name])
        return Account(sim, clock)

    yield serve
    for sim in running:
        sim.stop()


@pytest.fixture
def account(served: Callable[[WorldSpec], Account]) -> Account:
    return served(WorldSpec())


def test_the_store_works_as_on_the_real_service(account: Account) -> None:
    async def scene(store: BlobStore) -> None:
        assert await store.names(REPAIR) == ()
        assert await store.get(REPAIR, "report.json") is None
        assert await store.describe(REPAIR, "report.json") is None
        await store.put(REPAIR, "report.json", b"first")
        await store.put(REPAIR, "report.json", b"{}")
        await store.put(REPAIR, "empty.log", b"")
        await store.put(OTHER, "report.json", b"other")
        assert await store.names(REPAIR) == ("empty.log", "report.json")
        assert await store.get(REPAIR, "report.json") == b"{}"
        assert await store.get(REPAIR, "empty.log") == b""
        found = await store.describe(REPAIR, "report.json")
        assert found is not None
        assert (found.size_bytes, found.content_type) == (2, "application/json")
        assert found.md5 == hashlib.md5(b"{}").hexdigest()
        assert found.written_at == account.clock.now()

    account.do(scene)


@pytest.mark.parametrize(
    ("wanted", "part"),
    [("bytes=0-3", b"AAAA"), ("bytes=2-5", b"AABB"), ("bytes=9-", b"CCC"), ("bytes=4-99", b"BBBBCCCC")],
)
def test_a_part_of_a_blob_is_read_across_its_blocks(account: Account, wanted: str, part: bytes) -> None:
    link = account.link()
    blocks(account, link, "AAAA", "BBBB", "CCCC")
    names = "".join(f"<Latest>{name}</Latest>" for name in ("AAAA", "BBBB", "CCCC"))
    assert account.ask("PUT", f"{link}&comp=blocklist", f"<BlockList>{names}</BlockList>".encode())[0] == 201
    assert account.ask("GET", link, headers={"x-ms-range": wanted}) == (206, part.decode())
    assert account.ask("GET", link, headers={"x-ms-range": "bytes=12-"}) == (416, "InvalidRange")


def test_replaced_and_deleted_content_leaves_the_disk(account: Account) -> None:
    async def scene(store: BlobStore) -> None:
        for number in range(5):
            await store.put(REPAIR, "a.log", b"x" * (number + 1))

    account.do(scene)
    assert [path.stat().st_size for path in account.sim.storage.folder.iterdir()] == [5]


def test_a_container_that_nobody_made_is_not_there(account: Account) -> None:
    with pytest.raises(EvidenceUnavailableError, match="403 AuthorizationPermissionMismatch"):
        account.do(lambda store: store.put(REPAIR, "a.log", b""), "lost")


def test_without_its_role_the_app_may_nothing(served: Callable[[WorldSpec], Account]) -> None:
    account = served(WorldSpec(evidence_writable=False))
    with pytest.raises(EvidenceUnavailableError, match="403 AuthorizationPermissionMismatch"):
        account.do(lambda store: store.put(REPAIR, "a.log", b""))
    # The key may be had by the other role, and a link of it grants no more than the identity may.
    assert account.ask("PUT", account.link(), b"dump") == (403, "AuthorizationPermissionMismatch")


def test_a_token_of_resource_manager_is_none_of_storage(account: Account) -> None:
    environment = account.sim.environment()
    headers = {"X-IDENTITY-HEADER": environment["IDENTITY_HEADER"]}
    url = f"{environment['IDENTITY_ENDPOINT']}?api-version=2019-08-01&resource=https://management.azure.com"
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as response:
        token = response.read().decode().split('"access_token": "')[1].split('"')[0]
    blob = f"{account.sim.storage.container_url}/{REPAIR}/report.json"
    assert account.ask("GET", blob, headers={"Authorization": f"Bearer {token}"})[0] == 401
    assert account.ask("GET", blob, headers={"Authorization": "Bearer x"})[0] == 401
    assert account.ask("GET", blob) == (409, "PublicAccessNotPermitted")


def test_a_token_ends_on_the_virtual_clock(account: Account) -> None:
    account.do(lambda store: store.put(REPAIR, "a.log", b""))
    account.sim.expire_tokens()

    async def kept(store: BlobStore) -> None:
        await store.put(REPAIR, "a.log", b"")
        account.clock.advance(timedelta(hours=25).total_seconds())
        with pytest.raises(EvidenceUnavailableError, match="401"):
            await store.put(REPAIR, "b.log", b"")
        await store.put(REPAIR, "b.log", b"")
        await store.close()

    async def whole() -> None:
        ca_file = account.sim.storage.ca_file
        await kept(BlobStore(account.account_url, account.container, ca_file=ca_file, keep_open=True))

    asyncio.run(whole())


def blocks(account: Account, link: str, *names: str) -> None:
    for name in names:
        assert account.ask("PUT", f"{link}&comp=block&blockid={name}", name.encode())[0] == 201


def test_blocks_become_a_blob_by_their_list(account: Account) -> None:
    link = account.link()
    blocks(account, link, "AAAA", "BBBB", "CCCC")
    assert account.do(lambda store: store.names(REPAIR)) == ()
    status, listed = account.ask("GET", f"{link}&comp=blocklist&blocklisttype=all")
    assert status == 200
    assert "<Block><Name>AAAA</Name><Size>4</Size></Block>" in listed.partition("<UncommittedBlocks>")[2]
    body = b"<BlockList><Latest>CCCC</Latest><Latest>AAAA</Latest></BlockList>"
    assert account.ask("PUT", f"{link}&comp=blocklist", body)[0] == 201
    assert account.do(lambda store: store.get(REPAIR, "memory.dmp")) == b"CCCCAAAA"
    assert len(list(account.sim.storage.folder.iterdir())) == 2
    assert account.do(lambda store: store.describe(REPAIR, "memory.dmp")).md5 is None  # type: ignore[union-attr]


def test_what_a_block_may_not_be_is_refused(account: Account) -> None:
    link = account.link()
    blocks(account, link, "AAAA")
    assert account.ask("PUT", f"{link}&comp=block&blockid=AAAAAAAA", b"") == (400, "InvalidBlobOrBlock")
    assert account.ask("PUT", f"{link}&comp=block&blockid=****", b"") == (400, "InvalidBlobOrBlock")
    wrong = {"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}
    assert account.ask("PUT", f"{link}&comp=block&blockid=BBBB", b"x", wrong) == (400, "Md5Mismatch")
    body = b"<BlockList><Latest>BBBB</Latest></BlockList>"
    assert account.ask("PUT", f"{link}&comp=blocklist", body) == (400, "InvalidBlockList")
    assert account.ask("GET", f"{account.link('never.dmp')}&comp=blocklist") == (404, "BlobNotFound")


def test_a_link_grants_what_it_says_and_no_more(account: Account) -> None:
    link = account.link()
    assert account.ask("PUT", link, b"dump")[0] == 201
    assert account.ask("GET", link) == (200, "dump")
    assert account.ask("DELETE", link) == (403, "AuthorizationPermissionMismatch")
    for old, new in (("memory.dmp", "report.json"), (REPAIR, OTHER), ("sp=rcw", "sp=rcwd"), ("spr=https", "spr=http")):
        assert account.ask("PUT", link.replace(old, new), b"forged") == (403, "AuthenticationFailed")
    listing = f"{link.replace(f'/{REPAIR}/memory.dmp', '')}&restype=container&comp=list"
    assert account.ask("GET", listing) == (403, "AuthorizationResourceTypeMismatch")


def test_a_link_ends_on_the_virtual_clock(account: Account) -> None:
    link = account.link()
    account.clock.advance(HOUR.total_seconds() - 1)
    assert account.ask("PUT", link, b"in time")[0] == 201
    account.clock.advance(1)
    assert account.ask("PUT", link, b"late") == (403, "AuthenticationFailed")


def test_faults_strike_by_the_name_of_the_operation(served: Callable[[WorldSpec], Account]) -> None:
    fault = FaultSpec(operation="Microsoft.Storage/PutBlock", status=503, code="ServerBusy", times=1, after=1)
    account = served(WorldSpec(faults=(fault,)))
    link = account.link()
    blocks(account, link, "AAAA")
    assert account.ask("PUT", f"{link}&comp=block&blockid=BBBB", b"x") == (503, "ServerBusy")
    blocks(account, link, "BBBB")
    account.sim.add_fault(FaultSpec(operation="Microsoft.Storage/PutBlob", status=500, times=10))
    assert account.ask("PUT", link, b"") == (500, "InternalServerError")


def test_the_roles_are_those_that_the_templates_assign() -> None:
    assigned = {one.role for one in proofs.BUILT_IN if one.path == "modules/evidence_storage.bicep"}
    assert assigned == {CONTRIBUTOR, DELEGATOR} == BUILT_IN.keys()
