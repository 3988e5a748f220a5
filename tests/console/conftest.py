"""One browser and one running sandbox for all that an operator does in a module."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.console.browser import chromium
from tests.triggers.live import Live, live


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of one module only: while Playwright runs, no other event loop can on this thread."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def app() -> Iterator[Live]:
    """A VM whose system file is damaged, and nobody who answers but the operator."""
    with live(people={}) as running:
        yield running
