"""Fixtures of the host's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host.world import World, running_world


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for a module's tests that do not disturb each other."""
    with running_world(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world of the test's own, whose host it may kill."""
    with running_world(tmp_path) as world:
        yield world
