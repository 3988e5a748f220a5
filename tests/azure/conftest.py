"""The simulator as managed identity and Resource Manager of this process."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from sandbox.azure import WorldSpec
from tests.azure.driver import Cloud

type Scene = Callable[[Cloud], Coroutine[Any, Any, None]]


@pytest.fixture
def in_cloud(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Cloud]:
    """Plays a scene in a cloud of its own: `in_cloud(scene, world)`. The cloud is handed back for a look afterwards."""

    def run(scene: Scene, world: WorldSpec | None = None, **settings: Any) -> Cloud:
        cloud = Cloud(world, **settings)

        async def whole() -> None:
            async with cloud:
                await scene(cloud)

        with cloud.sim:
            for name, value in cloud.sim.environment().items():
                monkeypatch.setenv(name, value)
            asyncio.run(whole())
        return cloud

    return run
