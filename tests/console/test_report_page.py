"""The HTML report: whole in itself, and whatever a guest wrote stays text."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bootmend.models.report import Report
from bootmend.report_page import LARGEST_PICTURE, report_page

BEGAN = datetime(2026, 11, 23, 8, tzinfo=UTC)
VM = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-prod"
    "/providers/Microsoft.Compute/virtualMachines/vm-web-01"
)
ATTACK = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>"


class Reader(HTMLParser):
    """The page as a browser takes it: elements with attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}


def command(tail: str = "", **changes: Any) -> dict[str, Any]:
    usual = {"id": "sfc", "line": "sfc /scannow", "article_step": "4", "exit_code": 0, "seconds": 1552.9, "tail": tail}
    return usual | changes


def report(**changes: Any) -> Report:
    usual = {
        "id": "0123456789abcdef-0123456789ab",
        "vm_id": VM,
        "outcome": "repaired",
        "reason": "the VM was seen to boot",
        "started_at": BEGAN,
        "finished_at": BEGAN + timedelta(minutes=30),
    }
    return Report.model_validate(usual | changes)


def transcript(*commands: dict[str, Any]) -> dict[str, Any]:
    return {"ended": "completed", "identity": None, "offline": True, "commands": commands}


def test_it_tells_what_was_done_and_what_is_left_where() -> None:
    left = {"resource_id": f"{VM}-copy", "why": "could not be deleted: ScopeLocked"}
    kept = {"resource_id": f"{VM}-disk", "why": "the OS disk as it was", "until": BEGAN + timedelta(days=14)}
    page = Reader(
        report_page(
            report(leftovers=[left], kept=[kept], transcripts=[transcript(command("Verification 100% complete."))]), {}
        )
    )
    for words in (
        "sfc /scannow",
        "exit code 0, 1552.9 s",
        "Verification 100% complete.",
        left["why"],
        "the OS disk as it was",
    ):
        assert words in page.text
    assert "2026-12-07 08:00:00Z" in page.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"exit_code": None, "timed_out": True}, "ended at its time limit"),
        ({"exit_code": None}, "could not be started"),
        ({"exit_code": 3}, "exit code 3"),
    ],
)
def test_a_command_without_an_answer_is_not_told_as_one_with(changes: dict[str, Any], words: str) -> None:
    page = Reader(report_page(report(transcripts=[transcript(command(**changes))]), {}))
    assert words in page.text
    assert "exit code None" not in page.text


def test_the_plan_of_a_dry_run_is_told_as_not_done() -> None:
    page = Reader(report_page(report(outcome="planned", plan=["4. Fix:", "    sfc /scannow"]), {}))
    assert "nothing of this was done" in page.text
    assert "4. Fix:\n    sfc /scannow" in page.text


def test_a_bitmap_is_carried_along_and_nothing_else_is_shown_as_one() -> None:
    pieces = {
        "screenshot-before.bmp": b"BM" + bytes(60),
        "screenshot-again.bmp": b"<svg onload=alert(1)>",
        "screenshot-after.bmp": b"BM" + bytes(LARGEST_PICTURE),
    }
    images = [given for tag, given in Reader(report_page(report(), pieces)).elements if tag == "img"]
    assert [image["alt"] for image in images] == ["Before: boot screenshot"]
    assert (images[0]["src"] or "").startswith("data:image/bmp;base64,")


def test_a_bugcheck_in_the_serial_log_is_marked() -> None:
    log = b'<?xml>\r\n<INSTANCE CLASSNAME="BLUESCREEN">\r\n<VALUE>"0xEF"</VALUE>\r\n</INSTANCE>\r\n\x1b[0mSAC>\r\n'
    page = report_page(report(), {"serial-before.log": log})
    assert page.count("<mark>") == 3
    assert "\x1b" not in page


def test_a_timeline_shows_a_step_without_an_end() -> None:
    steps = [
        {"name": "read_vm", "started_at": BEGAN, "finished_at": BEGAN + timedelta(seconds=5), "result": "done"},
        {"name": "decide", "started_at": BEGAN, "finished_at": None, "result": None},
    ]
    page = Reader(report_page(report(steps=steps), {}))
    assert len([tag for tag, _ in page.elements if tag == "rect"]) == 2
    assert "running" in page.text


def test_it_forbids_itself_scripts_and_loads() -> None:
    policies = [
        given for tag, given in Reader(report_page(report(), {})).elements if tag == "meta" and "http-equiv" in given
    ]
    assert policies[0]["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


hostile = st.text(max_size=200) | st.just(ATTACK) | st.text(alphabet="<>&\"'$\x00\x1b\r\n/", max_size=40)


@settings(max_examples=150, deadline=None)
@given(tail=hostile, reason=hostile, line=hostile, comment=hostile, log=st.binary(max_size=300))
def test_no_text_becomes_markup(tail: str, reason: str, line: str, comment: str, log: bytes) -> None:
    answer = {"name": "approve_repair", "decision": "approve", "by": comment, "at": BEGAN, "comment": comment}
    full = report(reason=reason, plan=[line], checkpoints=[answer], transcripts=[transcript(command(tail, line=line))])
    page = report_page(full, {"serial-before.log": log, "screenshot-before.bmp": log})
    page.encode()
    read = Reader(page)
    assert read.tags() & {"script", "iframe", "object", "a", "form", "link", "base"} == set()
    assert not [name for _, given in read.elements for name in given if name.startswith("on")]
    assert [
        given["src"] for tag, given in read.elements if tag == "img" and not (given["src"] or "").startswith("data:")
    ] == []
