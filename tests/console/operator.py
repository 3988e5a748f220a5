"""An operator at the console: what a person does and sees there, by label and role, never by the page's inner names."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Route, expect

from tests.console.browser import PICTURES, violations
from tests.triggers.live import Live

PATIENCE_MS = 20_000
DESKTOP = {"width": 1000, "height": 900}
PHONE = {"width": 390, "height": 844}

SAME_ID = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    texts.currentNode.data = texts.currentNode.data.replace(/[0-9a-f]{16}-[0-9a-f]{12}/g, "0123456789abcdef-0123456789ab");
  }
}"""
"""A repair's id is another each time: pictures show one that is not."""


@dataclass
class Operator:
    """One person with one browser window on the console of a running app."""

    page: Page
    app: Live
    complaints: list[str]
    """What the browser complained of: the content policy, a script's fault."""
    strangers: list[str]
    """Addresses of other hosts that the page asked for."""

    def open(self, where: str = "") -> None:
        self.page.goto(f"{self.app.world.host_url}/api/console/{where}")

    def give_key(self, key: str | None = None) -> None:
        self.page.get_by_label("Function key").fill(key or self.app.world.keys.function)
        self.page.get_by_role("button", name="Use this key").click()

    def sign_in(self) -> None:
        self.open()
        self.give_key()
        self.sees("heading", "Repairs")

    def fill_in_the_form(self, vm_id: str | None = None) -> None:
        self.page.get_by_role("link", name="Start a repair").first.click()
        self.page.get_by_label("VM, by its resource id").fill(vm_id or self.app.vm_id)

    def start(self, button: str = "Start the repair") -> str:
        """Starts a repair by the form; its id."""
        self.fill_in_the_form()
        self.page.get_by_role("button", name=button).click()
        self.page.wait_for_url(re.compile(r"#/repairs/"))
        return self.page.url.rpartition("/")[2]

    def answer(self, question: str, button: str, name: str = "Ada") -> None:
        """Answers the checkpoint that the page asks, and waits until the answer is taken."""
        self.sees("heading", question)
        self.page.get_by_label("Your name").fill(name)
        with self.page.expect_response(re.compile(r"/checkpoints/")) as taken:
            self.page.get_by_role("button", name=button).click()
        assert taken.value.status == 202

    def sees(self, role: Any, name: str) -> None:
        """Sees it soon: the page looks by itself, so time is waited for, not pressed on."""
        expect(self.page.get_by_role(role, name=name).first).to_be_visible(timeout=PATIENCE_MS)

    def reads(self, text: str) -> None:
        expect(self.page.get_by_role("main").get_by_text(text).first).to_be_visible(timeout=PATIENCE_MS)

    def photographs(self, name: str, height: int | None = None) -> None:
        """A picture for the docs, of the window or its upper part; of the same state the same picture."""
        seen: Any = self.page.viewport_size
        self.page.evaluate(SAME_ID)
        clip: Any = {"x": 0, "y": 0, "width": seen["width"], "height": height or seen["height"]}
        self.page.screenshot(path=PICTURES / f"{name}.png", clip=clip, animations="disabled", caret="hide")

    def finds_it_accessible(self) -> None:
        assert violations(self.page) == []

    def need_not_scroll_sideways(self) -> None:
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@contextmanager
def operator(browser: Browser, app: Live, viewport: dict[str, int] | None = None) -> Iterator[Operator]:
    """A new window without any memory. Afterwards: no complaint of the browser, no other host asked."""
    size: Any = viewport or DESKTOP
    context = browser.new_context(viewport=size, color_scheme="light", accept_downloads=True)
    complaints: list[str] = []
    strangers: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def asked(request: Request) -> None:
        if not request.url.startswith((app.world.host_url, "blob:", "data:")):
            strangers.append(request.url)

    page = context.new_page()
    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", asked)
    try:
        yield Operator(page, app, complaints, strangers)
        assert complaints == []
        assert strangers == []
    finally:
        context.close()


def refuse(route: Route) -> None:
    """As a connection that is cut."""
    route.abort("connectionfailed")
