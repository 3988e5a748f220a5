"""Blobs are fetched from storage hosts alone, without a token, in bounded pieces."""

import pytest

from bootmend.arm import errors
from bootmend.arm.blobs import is_storage_url
from bootmend.arm.client import Azure, open_azure
from tests.arm.fake_arm import SUBSCRIPTION, FakeArm

pytestmark = pytest.mark.anyio
CLOUD = "https://management.azure.com"
LOCAL = "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("url", "endpoint", "may"),
    [
        ("https://acct.blob.core.windows.net/boot/vm.bmp?sig=1", CLOUD, True),
        ("https://acct.BLOB.core.windows.net:443/boot", CLOUD, True),
        ("https://md-abc.z12.blob.storage.azure.net/boot", CLOUD, True),
        ("http://acct.blob.core.windows.net/boot", CLOUD, False),
        ("https://acct.blob.core.windows.net:8443/boot", CLOUD, False),
        ("https://blob.core.windows.net/boot", CLOUD, False),
        ("https://acct.blob.core.windows.net.evil.example/boot", CLOUD, False),
        ("https://evil.example/acct.blob.core.windows.net", CLOUD, False),
        ("https://evil.example#.blob.core.windows.net", CLOUD, False),
        ("https://evil.example\\.blob.core.windows.net", CLOUD, False),
        ("https://acct.blob.core.windows.net@evil.example/boot", CLOUD, False),
        ("https://user@acct.blob.core.windows.net/boot", CLOUD, False),
        ("https://acct.file.core.windows.net/boot", CLOUD, False),
        ("https://169.254.169.254/metadata", CLOUD, False),
        ("http://127.0.0.1:8080/boot", CLOUD, False),
        ("http://localhost/boot", CLOUD, False),
        ("file:///etc/passwd", CLOUD, False),
        ("https://acct.blob.core.windows.net:x/boot", CLOUD, False),
        ("", CLOUD, False),
        ("http://127.0.0.1:9000/boot", LOCAL, True),
        ("http://localhost:9000/boot", LOCAL, True),
        ("http://[::1]:9000/boot", LOCAL, True),
        ("ftp://127.0.0.1/boot", LOCAL, False),
        ("http://169.254.169.254/metadata", LOCAL, False),
        ("http://localhost.evil.example/boot", LOCAL, False),
        ("https://acct.blob.core.windows.net/boot", LOCAL, True),
    ],
)
def test_where_a_blob_may_be_fetched_from(url: str, endpoint: str, may: bool) -> None:
    assert is_storage_url(url, endpoint) is may


async def test_a_part_is_asked_for_by_range_without_a_token(arm: FakeArm, azure: Azure) -> None:
    span = {"Content-Range": "bytes 100-103/5000", "Last-Modified": "Mon, 23 Nov 2026 12:00:00 GMT"}
    arm.on("GET", "/boot/serial.log", 206, headers=span, raw=b"boot")
    blob = await azure.fetch_blob(f"{arm.url}/boot/serial.log?sig=secret", 4, start=100)
    assert blob is not None
    assert (blob.content, blob.total_length) == (b"boot", 5000)
    assert blob.modified_at is not None
    assert blob.modified_at.isoformat() == "2026-11-23T12:00:00+00:00"
    (asked,) = arm.asked
    assert asked.headers["Range"] == "bytes=100-103"
    assert "Authorization" not in asked.headers


async def test_more_than_was_asked_for_is_cut_off(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", "/boot/big", 200, raw=b"x" * 300_000)
    blob = await azure.fetch_blob(f"{arm.url}/boot/big", 100_000)
    assert blob is not None
    assert (len(blob.content), blob.total_length) == (100_000, 300_000)


async def test_nothing_past_the_end_and_nothing_at_all(arm: FakeArm, azure: Azure) -> None:
    arm.on("GET", "/boot/serial.log", 416, headers={"Content-Range": "bytes */120"})
    blob = await azure.fetch_blob(f"{arm.url}/boot/serial.log", 10, start=120)
    assert blob is not None
    assert (blob.content, blob.total_length) == (b"", 120)
    assert await azure.fetch_blob(f"{arm.url}/boot/absent", 10) is None


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (302, {"Location": "http://127.0.0.1:1/elsewhere"}, errors.Rejected),
        (403, {"x-ms-error-code": "AuthenticationFailed"}, errors.Denied),
        (503, {"x-ms-error-code": "ServerBusy"}, errors.Transient),
        (200, {}, errors.Rejected),
    ],
)
async def test_an_answer_that_is_no_part_of_the_blob(
    arm: FakeArm, azure: Azure, status: int, headers: dict[str, str], kind: type[errors.ArmError]
) -> None:
    arm.on("GET", "/boot/serial.log", status, headers=headers, raw=b"whole")
    with pytest.raises(kind) as caught:
        await azure.fetch_blob(f"{arm.url}/boot/serial.log", 10, start=5)
    assert caught.value.code in (headers.get("x-ms-error-code"), "Redirected", "RangeIgnored")
    assert len(arm.asked) == 1


async def test_a_foreign_host_is_refused_and_its_link_not_told(arm: FakeArm) -> None:
    async with open_azure(CLOUD, SUBSCRIPTION) as azure:
        with pytest.raises(errors.Rejected, match=r"refused to fetch a blob from 127\.0\.0\.1") as caught:
            await azure.fetch_blob(f"{arm.url}/boot?sig=secret", 10)
    assert "secret" not in str(caught.value)
    assert arm.asked == []


async def test_a_host_that_is_not_there_is_transient(azure: Azure) -> None:
    with pytest.raises(errors.Transient, match="no connection to the blob's host"):
        await azure.fetch_blob("http://127.0.0.1:1/boot?sig=secret", 10)
