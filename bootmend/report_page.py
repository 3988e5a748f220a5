"""The report as one HTML page that needs nothing else: what was found, done and seen, and what is left where.

The guest wrote some of the text and the pictures, so nothing is joined into markup by hand: the page is a tree of elements,
whose text is escaped when it is written out, and it forbids itself every script and every load.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Final
from xml.etree.ElementTree import Element, tostring

from bootmend.markup import el, plain
from bootmend.models.guest import CommandResult, Transcript
from bootmend.models.repair import StepRecord
from bootmend.models.report import Report
from bootmend.report_timeline import timeline

SHOWN: Final = re.compile(r"(?:screenshot|serial)-[a-z]+\.(?:bmp|log)")
"""The names of the evidence that the page holds itself; any other is named."""
LARGEST_PICTURE: Final = 8 << 20
SERIAL_LINES: Final = 120
LABELS: Final = {"before": "Before", "again": "Before, looked at again", "after": "After"}

_TEMPLATE: Final = Path(__file__).with_suffix(".html")
_GOOD: Final = frozenset({"repaired", "restored_from_backup", "planned", "not_applicable"})
_BAD: Final = frozenset({"failed", "escalated"})


def report_page(report: Report, pieces: Mapping[str, bytes]) -> str:
    """The whole page. `pieces`: the evidence whose names match SHOWN, as stored; one that is absent is only named."""
    body = el("body", el("main", *_parts(report, pieces)))
    title = f"{_vm_name(report)}: {report.outcome}"
    template = Template(_TEMPLATE.read_text(encoding="utf-8"))
    return template.substitute(title=escape(plain(title)), body=tostring(body, encoding="unicode", method="html"))


def _parts(report: Report, pieces: Mapping[str, bytes]) -> Iterable[Element | None]:
    yield el("h1", f"Repair of {_vm_name(report)}")
    yield _facts(report)
    yield from _plan(report)
    yield from _left(report)
    yield from _checkpoints(report)
    yield from _timeline(report.steps)
    yield from _pictures(pieces)
    yield from _serial_logs(pieces)
    for transcript in report.transcripts:
        yield from _transcript(transcript)
    yield from _dump_and_ticket(report)
    yield el("h2", "Evidence")
    yield _list(el("li", name) for name in report.evidence)


def _facts(report: Report) -> Element:
    tone = "good" if report.outcome in _GOOD else "bad" if report.outcome in _BAD else "wait"
    rows: list[tuple[str, str | Element]] = [
        ("Outcome", el("span", report.outcome, cls=f"outcome {tone}")),
        ("Why", report.reason),
        ("VM", report.vm_id),
        ("Repair", report.id),
        ("Started", _time(report.started_at)),
        ("Finished", _time(report.finished_at)),
    ]
    if report.diagnosis:
        rows.append(("Diagnosis", f"{report.diagnosis.kind}: {report.diagnosis.reason}"))
    if report.backup:
        rows.append(("Backup", report.backup.why))
    if report.fix:
        rows.append(("Fix", report.fix.reason))
        rows.append(("A memory dump goes to", report.fix.dump_goes_to))
    rows += [(f"Boot {n}", f"{one.kind}: {one.reason}") for n, one in enumerate(report.boot.attempts, start=1)]
    return el("dl", *(part for name, value in rows for part in (el("dt", name), el("dd", value))))


def _plan(report: Report) -> Iterable[Element]:
    if report.plan:
        yield el("h2", "What would be done")
        yield el("p", "A dry run: nothing of this was done.", cls="quiet")
        yield el("pre", "\n".join(report.plan))


def _left(report: Report) -> Iterable[Element]:
    yield el("h2", "What is left where")
    if not report.leftovers and not report.kept:
        yield el("p", "Nothing: no resource that this repair made is left.")
    if report.leftovers:
        yield el("h3", "Leftovers: there against policy")
        yield _table(("Resource", "Why"), ((left.resource_id, left.why) for left in report.leftovers))
    if report.kept:
        yield el("h3", "Kept: there on purpose")
        rows = ((kept.resource_id, kept.why, _time(kept.until) if kept.until else "-") for kept in report.kept)
        yield _table(("Resource", "Why", "Advised until"), rows)


def _checkpoints(report: Report) -> Iterable[Element]:
    if report.checkpoints:
        yield el("h2", "Decisions")
        rows = (
            (one.name, one.decision, f"{one.by} (claimed)" if one.claimed else one.by, _time(one.at), one.comment)
            for one in report.checkpoints
        )
        yield _table(("Checkpoint", "Decision", "By", "At", "Comment"), rows)


def _timeline(steps: tuple[StepRecord, ...]) -> Iterable[Element]:
    yield el("h2", "Runbook")
    yield timeline(steps)
    rows = ((step.name, _time(step.started_at), _seconds(step), step.result or "running") for step in steps)
    yield _table(("Step", "Begun", "Took", "Result"), rows)


def _pictures(pieces: Mapping[str, bytes]) -> Iterable[Element]:
    figures = [
        el("figure", el("img", alt=f"{label}: boot screenshot", src=source), el("figcaption", label))
        for key, label in LABELS.items()
        if (source := _picture(pieces.get(f"screenshot-{key}.bmp", b"")))
    ]
    if figures:
        yield el("h2", "Boot screenshots")
        yield el("div", *figures)


def _picture(data: bytes) -> str | None:
    """A data URI of a bitmap; None for anything else, or one too large to carry along."""
    if not data.startswith(b"BM") or len(data) > LARGEST_PICTURE:
        return None
    return f"data:image/bmp;base64,{base64.b64encode(data).decode()}"


def _serial_logs(pieces: Mapping[str, bytes]) -> Iterable[Element]:
    for key, label in LABELS.items():
        log = pieces.get(f"serial-{key}.log")
        if log:
            yield el("h2", f"Serial log, {label.lower()}")
            yield el("p", f"Its last {SERIAL_LINES} lines at most; a bugcheck is marked.", cls="quiet")
            yield el("pre", *_marked(plain(log.decode("utf-8", "replace")).split("\n")))


def _marked(lines: list[str]) -> Iterable[Element | str]:
    inside = False
    for line in lines[-SERIAL_LINES:]:
        inside = inside or "bluescreen" in line.lower()
        yield el("mark", line) if inside else f"{line}\n"
        inside = inside and "</instance>" not in line.lower()


def _transcript(transcript: Transcript) -> Iterable[Element]:
    yield el("h2", "Commands on the repair VM")
    why = f": {transcript.why}" if transcript.why else ""
    yield el("p", f"The plan {transcript.ended}{why}. Times are those of the guest.", cls="quiet")
    step = ""
    for command in transcript.commands:
        if command.article_step != step:
            step = command.article_step
            yield el("h3", f"Step {step}")
        yield _command(command)
    if transcript.sfc and transcript.sfc.lines:
        yield el("h3", "SFC's log")
        yield el("pre", "\n".join(f"{line.count} times: {line.text}" for line in transcript.sfc.lines))


def _command(command: CommandResult) -> Element:
    ended = "ended at its time limit" if command.timed_out else f"exit code {command.exit_code}"
    if command.exit_code is None and not command.timed_out:
        ended = "could not be started"
    said = plain(command.tail).strip()
    return el(
        "div",
        el("code", command.line),
        el("div", f"{ended}, {command.seconds:g} s", cls="quiet"),
        el("pre", said) if said else el("div", "no output", cls="quiet"),
        cls="command",
    )


def _dump_and_ticket(report: Report) -> Iterable[Element]:
    if report.dump:
        yield el("h2", "Memory dump")
        yield el("p", f"{'Found' if report.dump.found else 'Not found'}: {report.dump.why}")
    if report.ticket:
        filed = f"filed by {report.ticket.by}" if report.ticket.filed else "a draft"
        yield el("h2", f"Support ticket: {filed}{f', {report.ticket.number}' if report.ticket.number else ''}")
        yield el("p", f"{report.ticket.title} (severity {report.ticket.severity})")
        yield el("pre", report.ticket.description)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Element:
    head = el("thead", el("tr", *(el("th", name, scope="col") for name in heads)))
    return el("table", head, el("tbody", *(el("tr", *(el("td", cell) for cell in row)) for row in rows)))


def _list(items: Iterable[Element]) -> Element:
    return el("ul", *items)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"


def _seconds(step: StepRecord) -> str:
    return f"{(step.finished_at - step.started_at).total_seconds():.0f} s" if step.finished_at else "-"


def _vm_name(report: Report) -> str:
    return report.vm_id.rpartition("/")[2]
