"""The seam for reading a boot screenshot: a reader that is installed finds the stop code on it; without one nothing is read."""

from importlib.metadata import entry_points
from typing import Protocol

from bootmend.models.boot import ScreenshotReading

READERS = "bootmend.screenshot_readers"
"""Entry point group in which a package offers its reader."""


class ScreenshotReader(Protocol):
    """Reads an untrusted picture (BMP, at most 16 MiB). Answers None where it sees no stop code; never raises for a bad picture."""

    def __call__(self, picture: bytes) -> ScreenshotReading | None: ...


def read_screenshot(picture: bytes) -> ScreenshotReading | None:
    """What the installed reader says; None where none is installed, or it sees no stop code."""
    for entry in entry_points(group=READERS):
        reader: ScreenshotReader = entry.load()
        return reader(picture)
    return None
