"""Every test here talks to a real local server by the real SDK, and gets its token by the real credential chain."""

from collections.abc import AsyncIterator

import pytest

from bootmend.arm.client import Azure, open_azure
from tests.arm.fake_arm import SUBSCRIPTION, FakeArm, fake_arm


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def arm(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeArm]:
    for proxy in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "AZURE_CLIENT_ID"):
        monkeypatch.delenv(proxy, raising=False)
    async with fake_arm() as fake:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{fake.url}/identity")
        monkeypatch.setenv("IDENTITY_HEADER", "secret-of-the-host")
        yield fake


@pytest.fixture
async def azure(arm: FakeArm) -> AsyncIterator[Azure]:
    async with open_azure(arm.url, SUBSCRIPTION) as client:
        yield client
