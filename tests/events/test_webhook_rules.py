"""Where notifications may go. Every way into the inside is refused."""

import asyncio
import socket
from datetime import UTC, datetime

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from activities.delivery import CheckedResolver, post
from bootmend.models.webhooks import Notice, NoticeData
from bootmend.webhooks import callback_fault, cloud_event, is_public, signature
from tests.triggers.receiver import receiver

HOSTS = ("hooks.example.com", "*.logic.azure.com")
REFUSED = [
    "http://hooks.example.com/x",
    "ftp://hooks.example.com/x",
    "file:///etc/passwd",
    "gopher://hooks.example.com/x",
    "//hooks.example.com/x",
    "hooks.example.com/x",
    "https://ada:secret@hooks.example.com/x",
    "https://hooks.example.com@169.254.169.254/x",
    "https://@hooks.example.com/x",
    "https://hooks.example.com:8443/x",
    "https://hooks.example.com:0x1bb/x",
    "https://hooks.example.com/x#fragment",
    "https://other.example.com/x",
    "https://hooks.example.com.evil.net/x",
    "https://evilhooks.example.com/x",
    "https://logic.azure.com/x",
    "https://evillogic.azure.com/x",
    "https://127.0.0.1/x",
    "https://10.0.0.4/x",
    "https://169.254.169.254/metadata/instance",
    "https://168.63.129.16/x",
    "https://[::1]/x",
    "https://[::ffff:10.0.0.4]/x",
    "https://[fd00::1]/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://0x7f.1/x",
    "https://017700000001/x",
    "https://127.1/x",
    "https://localhost/x",
    "https://hooks.example.com\\@evil.net/x",
    "https://hooks.example.com%2f@evil.net/x",
    "https://hooks.example.com\t/x",
    "https://hooks.example.com/x y",
    "https://hööks.example.com/x",
    "https://hooks。example。com/x",
    "https://hooks.example.com./x",
    "https:///x",
    "https://[::1/x",
    "",
]


@pytest.mark.parametrize("url", REFUSED)
def test_a_url_that_leads_elsewhere_is_refused_in_words(url: str) -> None:
    assert callback_fault(url, HOSTS)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/x?sig=abc%20d",
        "https://HOOKS.example.com:443/x",
        "https://prod-12.westeurope.logic.azure.com:443/workflows/1/triggers/manual/run?sv=1.0&sig=x",
    ],
)
def test_a_url_of_an_allowed_host_is_taken(url: str) -> None:
    assert callback_fault(url, HOSTS) is None


def test_loopback_is_taken_only_where_azure_itself_is_simulated() -> None:
    assert callback_fault("http://127.0.0.1:8000/x", ())
    assert callback_fault("http://127.0.0.1:8000/x", (), loopback_too=True) is None
    assert callback_fault("http://10.0.0.4/x", (), loopback_too=True)
    assert callback_fault("http://127.0.0.1.evil.net/x", (), loopback_too=True)


PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.4", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "168.63.129.16", "100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "192.0.2.1", "198.18.0.1", "240.0.0.1",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.4", "::ffff:169.254.169.254", "::ffff:168.63.129.16", "::10.0.0.4",
    "64:ff9b::10.0.0.4", "64:ff9b::a9fe:a9fe", "64:ff9b:1::10.0.0.4", "2002:a00:4::1", "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:f5ff:fffb", "not an address", "",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_the_inside_is_known_in_every_form(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["20.50.2.1", "8.8.8.8", "2603:1020::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


class Names(AbstractResolver):
    """A name service of the test's own."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)
            for address in self._addresses
        ]

    async def close(self) -> None:
        return


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("20.50.2.1", "127.0.0.1"), ("::ffff:127.0.0.1",), ()])
def test_a_name_that_resolves_to_the_inside_gets_no_request(addresses: tuple[str, ...]) -> None:
    with receiver() as hook:
        port = hook.url.split(":")[2].partition("/")[0]
        names = Names(*addresses)
        came = asyncio.run(post(f"http://hooks.example.com:{port}/x", b"{}", {}, CheckedResolver(names)))
        assert came.state == "refused"
        assert "not public" in came.why
        assert names.asked == 1
        assert hook.got == []


def test_the_connection_goes_to_the_very_address_that_was_resolved() -> None:
    with receiver() as hook:
        port = hook.url.split(":")[2].partition("/")[0]
        names = Names("127.0.0.1")
        came = asyncio.run(post(f"http://hooks.example.com:{port}/x", b"{}", {}, names))
        assert came.state == "delivered"
        assert names.asked == 1
        assert hook.got[0].headers["host"] == f"hooks.example.com:{port}"


@pytest.mark.parametrize(
    ("status", "state"),
    [(200, "delivered"), (202, "delivered"), (204, "delivered"), (301, "refused"), (307, "refused"), (400, "again"),
     (404, "again"), (410, "gone"), (429, "again"), (500, "again")],
)  # fmt: skip
def test_what_an_answer_means(status: int, state: str) -> None:
    with receiver() as hook, receiver() as inside:
        hook.answers, hook.location = [status], inside.url
        came = asyncio.run(post(hook.url, b"{}", {}))
        assert came.state == state
        assert inside.got == []


def test_a_receiver_that_cannot_be_reached_is_tried_again_and_its_secret_is_not_told() -> None:
    with receiver() as hook:
        url = hook.url
    came = asyncio.run(post(url, b"{}", {}))
    assert came.state == "again"
    assert "a-secret-of-the-caller" not in came.why


def test_the_signature_is_over_time_and_body() -> None:
    at = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    signed = signature("key", at, b"{}")
    assert signed.startswith("t=1795420800,v1=")
    assert signed != signature("key", at, b"{ }")
    assert signed.partition(",")[2] != signature("key", at.replace(minute=1), b"{}").partition(",")[2]


def test_the_event_links_to_the_app_and_holds_no_key() -> None:
    data = NoticeData(
        repair_id="r", vm_id="/vm", started_by="http", evidence=("serial-before.log", "screenshot-before.bmp")
    )
    notice = Notice(id="n", type="repair.started", at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC), data=data)
    text = cloud_event(notice, "https://mend.example.com").decode()
    assert '"screenshot":"https://mend.example.com/api/repairs/r/evidence/screenshot-before.bmp"' in text
    assert "code=" not in text
