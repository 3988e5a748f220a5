"""The runbook as a chart: one bar a step, along the time that the repair took. Inline SVG."""

from datetime import datetime
from xml.etree.ElementTree import Element

from bootmend.markup import el
from bootmend.models.repair import StepRecord

_ROW, _LABEL, _WIDTH = 20, 170, 900
_LEAST = 2.0
"""Width of a step that took no time, so that it is seen."""


def timeline(steps: tuple[StepRecord, ...]) -> Element:
    """An `<svg>` of one row a step; a paragraph where there is none. A step that has no end reaches to the last time known."""
    times = [moment for step in steps for moment in (step.started_at, step.finished_at) if moment]
    if not times:
        return el("p", "No step was begun.")
    first, last = min(times), max(times)
    height = _ROW * len(steps) + 24
    return el(
        "svg",
        *(part for row, step in enumerate(steps) for part in _row(row, step, first, last)),
        *_axis(height, (last - first).total_seconds()),
        viewBox=f"0 0 {_LABEL + _WIDTH + 60} {height}",
        role="img",
        **{"aria-label": f"{len(steps)} steps in {_words((last - first).total_seconds())}; the table below has each"},
    )


def _row(row: int, step: StepRecord, first: datetime, last: datetime) -> tuple[Element, ...]:
    whole = max((last - first).total_seconds(), 1.0)
    begun = (step.started_at - first).total_seconds()
    took = ((step.finished_at or last) - step.started_at).total_seconds()
    left, width = _LABEL + _WIDTH * begun / whole, max(_LEAST, _WIDTH * took / whole)
    top = row * _ROW
    kind = "bar" if step.result in {"done", None} else "failed"
    return (
        el("text", step.name, x=str(_LABEL - 8), y=str(top + 14), **{"text-anchor": "end"}),
        el("rect", x=f"{left:.1f}", y=str(top + 4), width=f"{width:.1f}", height=str(_ROW - 8), cls=kind),
    )


def _axis(height: int, whole: float) -> tuple[Element, ...]:
    marks = (0.0, 0.25, 0.5, 0.75, 1.0)
    return tuple(
        el(
            "text",
            _words(whole * part),
            x=f"{_LABEL + _WIDTH * part:.0f}",
            y=str(height - 6),
            **{"text-anchor": "middle"},
        )
        for part in marks
    )


def _words(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
