"""Screenshot and serial log: where they are, who may read them, and how much of them."""

import struct
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from azure.core.exceptions import HttpResponseError

from sandbox.azure import SourceSpec, WorldSpec
from sandbox.azure.bitmap import bitmap
from sandbox.windows import Screenshot, SourceVm, SourceWindows
from tests.azure.driver import SOURCE_GROUP, Cloud

VM = "vm-web-01"


async def fetch(url: str, **headers: str) -> tuple[int, bytes, Any]:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status, await answer.read(), answer.headers


async def urls(cloud: Cloud, minutes: int = 60) -> tuple[str, str]:
    ask = cloud.client.virtual_machines.retrieve_boot_diagnostics_data
    found = await ask(SOURCE_GROUP, VM, sas_uri_expiration_time_in_minutes=minutes)
    assert found.console_screenshot_blob_uri
    assert found.serial_console_log_blob_uri
    return found.console_screenshot_blob_uri, found.serial_console_log_blob_uri


def test_both_blobs_are_read_anonymously(in_cloud: Callable[..., Cloud]) -> None:
    async def scene(cloud: Cloud) -> None:
        screenshot, serial = await urls(cloud)
        status, data, _ = await fetch(screenshot)
        assert (status, data[:2]) == (200, b"BM")
        status, data, _ = await fetch(serial)
        assert status == 200
        assert b'"0xEF"' in data
        assert (await fetch(serial, Authorization="Bearer x"))[0] == 403
        assert (await fetch(serial.replace("sig=", "sig=0")))[0] == 403

    in_cloud(scene)


def test_the_url_expires(in_cloud: Callable[..., Cloud]) -> None:
    async def scene(cloud: Cloud) -> None:
        _, serial = await urls(cloud, minutes=5)
        assert (await fetch(serial))[0] == 200
        cloud.pass_time(minutes=6)
        assert (await fetch(serial))[0] == 403

    in_cloud(scene)


def test_a_range_is_read_from_an_offset(in_cloud: Callable[..., Cloud]) -> None:
    async def scene(cloud: Cloud) -> None:
        _, serial = await urls(cloud)
        _, whole, _ = await fetch(serial)
        status, part, headers = await fetch(serial, Range="bytes=10-19")
        assert (status, part) == (206, whole[10:20])
        assert headers["Content-Range"] == f"bytes 10-19/{len(whole)}"
        status, part, _ = await fetch(serial, Range=f"bytes={len(whole) - 5}-")
        assert (status, part) == (206, whole[-5:])
        status, _, headers = await fetch(serial, Range=f"bytes={len(whole)}-")
        assert (status, headers["Content-Range"]) == (416, f"bytes */{len(whole)}")

    in_cloud(scene)


def test_the_serial_log_grows_with_each_crash(in_cloud: Callable[..., Cloud]) -> None:
    async def scene(cloud: Cloud) -> None:
        _, serial = await urls(cloud)
        _, before, _ = await fetch(serial)
        cloud.pass_time(minutes=6)
        _, after, _ = await fetch(serial)
        assert after.startswith(before)
        assert after[len(before) :].count(b"BLUESCREEN") == 3

    in_cloud(scene)


@pytest.mark.parametrize(
    "source",
    [SourceSpec(windows=SourceWindows(ems=False)), SourceSpec(vm=SourceVm(os="Windows11"))],
    ids=["ems off", "client"],
)
def test_serial_is_silent_without_ems_and_on_clients(in_cloud: Callable[..., Cloud], source: SourceSpec) -> None:
    cloud = in_cloud(nothing, WorldSpec(sources=(source,)))
    cloud.pass_time(minutes=10)
    assert cloud.sim.vm(VM).state().serial == ""


def test_without_boot_diagnostics_there_is_nothing_to_read(in_cloud: Callable[..., Cloud]) -> None:
    async def scene(cloud: Cloud) -> None:
        with pytest.raises(HttpResponseError) as caught:
            await urls(cloud)
        assert caught.value.status_code == 409
        assert "Boot diagnostics" in caught.value.message

    in_cloud(scene, WorldSpec(sources=(SourceSpec(boot_diagnostics=False),)))


@pytest.mark.parametrize("screen", [Screenshot("bluescreen", 0xEF), Screenshot("login"), Screenshot("boot")])
def test_the_screenshot_is_a_bmp_that_shows_something(screen: Screenshot) -> None:
    data = bitmap(screen)
    magic, size, _, _, offset = struct.unpack("<2sIHHI", data[:14])
    _, width, height, planes, bits = struct.unpack("<IiiHH", data[14:30])
    assert (magic, size, planes, bits) == (b"BM", len(data), 1, 1)
    assert len(data) - offset == width // 8 * height
    assert any(data[offset:])
    assert bitmap(Screenshot("bluescreen", 0xEF)) != bitmap(Screenshot("bluescreen", 0x7B))


async def nothing(cloud: Cloud) -> None:
    """No request at all."""
