"""The demo's two faces: a live display on a terminal, plain lines elsewhere."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sandbox.demo.story import Line, phase_lines, step_line
from sandbox.player.summary import duration
from sandbox.player.views import CommandView, ProgressView, RepairView

_MARKS = {"ahead": ("·", "dim"), "running": ("●", "cyan"), "done": ("✓", "green"), "failed": ("✗", "red")}


class Screen(Protocol):
    """Shows a repair as it goes."""

    def show(self, repair: RepairView, commands: Sequence[CommandView], now: datetime) -> None:
        """One look: the repair, what the guest's commands answered so far, the virtual time."""
        ...

    def close(self) -> None: ...


class PlainScreen:
    """Prints a line for whatever is new."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: set[str] = set()
        self._percent = -1.0

    def show(self, repair: RepairView, commands: Sequence[CommandView], now: datetime) -> None:
        for step in repair.steps:
            line = step_line(step, now)
            if line.state == "running":
                self._say(f"begun {step.name} {step.started_at}", f"{step.name} …", now)
            else:
                words = f"{step.name} {line.note or 'done'} ({duration(line.seconds)})"
                self._say(f"ended {step.name} {step.started_at}", words, now)
        if repair.awaiting:
            self._say(repair.awaiting.checkpoint_id, f"checkpoint {repair.awaiting.name} waits for a person", now)
        self._progress(repair.progress, now)
        self._boot(repair, now)
        for command in commands:
            self._say(f"command {command.id}", f"  {_answered(command)}", now)

    def close(self) -> None:
        """Nothing is held."""

    def _progress(self, progress: ProgressView | None, now: datetime) -> None:
        if progress is None or not progress.command:
            return
        self._say(f"progress {progress.command}", f"  guest runs {progress.command} ({_count(progress)})", now)
        if progress.percent is not None and progress.percent >= self._percent + 10:
            self._percent = progress.percent
            self._line(f"  {progress.command} {progress.percent:.0f} %", now)

    def _boot(self, repair: RepairView, now: datetime) -> None:
        since = repair.progress.healthy_since if repair.progress else None
        if since is not None:
            self._say(f"healthy {since}", f"  {boot_words(repair, now)}", now)

    def _say(self, key: str, words: str, now: datetime) -> None:
        if key not in self._said:
            self._said.add(key)
            self._line(words, now)

    def _line(self, words: str, now: datetime) -> None:
        self._console.print(f"{now:%H:%M:%S}  {words}", markup=False, highlight=False, soft_wrap=True)


class LiveScreen:
    """Redraws one picture; what the guest's commands answered scrolls away above it."""

    def __init__(self, console: Console, title: str) -> None:
        self._title = title
        self._answered: set[str] = set()
        self._live = Live(console=console, refresh_per_second=8)
        self._live.start()

    def show(self, repair: RepairView, commands: Sequence[CommandView], now: datetime) -> None:
        for command in commands:
            if command.id not in self._answered:
                self._answered.add(command.id)
                self._live.console.print(_answered(command), markup=False, highlight=False, style="dim")
        self._live.update(picture(self._title, repair, now))

    def close(self) -> None:
        self._live.stop()


def picture(title: str, repair: RepairView, now: datetime) -> RenderableType:
    """The whole display for one look."""
    parts: list[RenderableType] = [_phases(repair, now)]
    if repair.progress is not None and repair.progress.command:
        parts.append(_guest(repair.progress))
    if repair.awaiting:
        parts.append(Text(f"checkpoint {repair.awaiting.name} waits for a person: {repair.awaiting.why}", "yellow"))
    boot = boot_words(repair, now)
    if boot:
        parts.append(Text(boot, "cyan"))
    heading = f"{title}   virtual time {now:%H:%M:%S}"
    return Panel(Group(*parts), title=heading, title_align="left")


def boot_words(repair: RepairView, now: datetime) -> str:
    """How the watch over the boot stands; empty while there is none."""
    watch = next((step for step in repair.steps if step.name == "verify_boot" and step.finished_at is None), None)
    if watch is None:
        return ""
    since = repair.progress.healthy_since if repair.progress else None
    if since is None or repair.progress is None:
        return f"watching the boot for {duration((now - watch.started_at).total_seconds())}: no sign of the agent yet"
    left = max(0.0, repair.progress.stable_seconds - (now - since).total_seconds())
    return f"agent Ready, no new bugcheck; must stay so for another {left:.0f} s"


def _phases(repair: RepairView, now: datetime) -> Table:
    table = Table.grid(padding=(0, 2))
    for phase, steps in phase_lines(repair, now):
        table.add_row(_mark(phase), Text(phase.name, "bold"), _seconds(phase), Text(_running(steps), "dim"))
    return table


def _mark(line: Line) -> Text:
    mark, style = _MARKS[line.state]
    return Text(mark, style)


def _seconds(line: Line) -> Text:
    return Text("" if line.state == "ahead" else duration(line.seconds), "dim", justify="right")


def _running(steps: list[Line]) -> str:
    return ", ".join(line.note or line.name for line in steps if line.state in {"running", "failed"})


def _guest(progress: ProgressView) -> RenderableType:
    running = Text(f"the repair VM runs {progress.command} ({_count(progress)})")
    if progress.percent is None:
        return running
    row = Table.grid(padding=(0, 1))
    row.add_row(
        running, ProgressBar(total=100, completed=progress.percent, width=40), Text(f"{progress.percent:.0f} %")
    )
    return row


def _count(progress: ProgressView) -> str:
    return f"{progress.done} of {progress.total} commands done"


def _answered(command: CommandView) -> str:
    tail = " ".join(command.tail.split())
    code = "ended at its time limit" if command.exit_code is None else f"exit {command.exit_code}"
    return f"> {command.line}   [{code}, {command.seconds:.1f} s] {tail[-90:]}"
