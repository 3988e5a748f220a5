"""Debian's Chromium, driven by Playwright, and the accessibility rules of axe-core: installed here where they are missing."""

import fcntl
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = HERE.parents[1] / "docs" / "img"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-color-profile=srgb", "--font-render-hinting=none",
    "--disable-lcd-text",
)  # fmt: skip
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def install() -> str:
    """Chromium and axe-core, once; another test process that installs them already is waited for. The browser's path."""
    with (HERE / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if shutil.which("chromium") is None:
            _run("apt-get", "update")
            _run("apt-get", "install", "--yes", "--no-install-recommends", "chromium")
        if not AXE.exists():
            _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    found = shutil.which("chromium")
    assert found is not None, "Chromium was installed, but is not on the PATH"
    return found


def _run(*command: str) -> None:
    subprocess.run(command, cwd=HERE, check=True, capture_output=True, timeout=900)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=install(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands, in the light and, as to its colours, in the dark."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    light = _found(page, {"type": "tag", "values": RULES})
    page.emulate_media(color_scheme="dark")
    dark = _found(page, {"type": "rule", "values": ["color-contrast"]})
    page.emulate_media(color_scheme="light")
    return [*light, *(f"dark: {words}" for words in dark)]


def _found(page: Page, rules: dict[str, Any]) -> list[str]:
    """Each violation: its rule, what it asks, and the elements."""
    options = json.dumps({"runOnly": rules, "resultTypes": ["violations"]})
    found: list[dict[str, Any]] = page.evaluate(f"axe.run(document, {options}).then((result) => result.violations)")
    return [f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes']]}" for one in found]
