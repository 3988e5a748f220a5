"""The simulator as managed identity and Resource Manager of this process."""

import asyncio
import json
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from sandbox.azure import WorldSpec
from sandbox.azure.authorization import ROLES
from tests.azure.driver import Cloud

type Scene = Callable[[Cloud], Coroutine[Any, Any, None]]


FURTHER_ACTIONS = (
    "Microsoft.Compute/virtualMachines/runCommands/delete",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
)


@pytest.fixture
def wider_roles(tmp_path: Path) -> Path:
    """The shipped roles with what the app itself never does, and the simulator serves all the same."""
    folder = Path(shutil.copytree(ROLES, tmp_path / "roles"))
    for name in ("repair-host", "repair-operator"):
        body = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        body["Actions"] += FURTHER_ACTIONS
        (folder / f"{name}.json").write_text(json.dumps(body), encoding="utf-8")
    return folder


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
