"""The seam for a screenshot reader: an installed package is found by its entry point."""

from pathlib import Path

import pytest

from bootmend.models.boot import ScreenshotReading
from bootmend.screenshot import READERS, read_screenshot

READER = """
from bootmend.models.boot import ScreenshotReading

def read(picture):
    return ScreenshotReading(stop_code=0xEF, words=picture.decode()) if picture else None
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that offers a reader, as an installer would leave it."""
    (tmp_path / "screen_reader_of_a_test.py").write_text(READER)
    info = tmp_path / "screen_reader_of_a_test-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: screen-reader-of-a-test\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{READERS}]\nreader = screen_reader_of_a_test:read\n")
    monkeypatch.syspath_prepend(str(tmp_path))


def test_without_a_reader_nothing_is_read() -> None:
    assert read_screenshot(b"BM") is None


@pytest.mark.usefixtures("installed")
def test_the_installed_reader_reads() -> None:
    assert read_screenshot(b"blue") == ScreenshotReading(stop_code=0xEF, words="blue")


@pytest.mark.usefixtures("installed")
def test_a_reader_may_see_nothing() -> None:
    assert read_screenshot(b"") is None
