"""The one clock of the sandbox: time passes only when nobody is busy, so an hour takes seconds and comes out the same.

Whoever waits for time to pass registers a callback with `VirtualClock.call_at`; whoever has work in flight says so by
an idle check. A `ClockRunner` jumps to the earliest callback once every check says idle.
"""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Self

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

type Callback = Callable[[], None]
type IdleCheck = Callable[[], bool]


class Alarm:
    """A callback that waits for its time; what `call_at` hands back."""

    def __init__(self, when: datetime, order: int, callback: Callback, label: str) -> None:
        self.when = when
        self.order = order
        self.callback = callback
        self.label = label
        self.cancelled = False

    def cancel(self) -> None:
        """Make sure that the callback does not run. Harmless when it has already run."""
        self.cancelled = True

    def __lt__(self, other: "Alarm") -> bool:
        return (self.when, self.order) < (other.when, other.order)


class VirtualClock:
    """A clock that stands still until it is told to advance. Safe to use from several threads."""

    def __init__(self, start: datetime = START) -> None:
        if start.tzinfo is None:
            raise ValueError("the clock's start needs a zone")
        self._now = start.astimezone(UTC)
        self._heap: list[Alarm] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._advancing = threading.RLock()
        self._pokes = 0
        self._idle_checks: list[IdleCheck] = []

    def now(self) -> datetime:
        """The virtual time, aware, in UTC."""
        with self._changed:
            return self._now

    def call_at(self, when: datetime, callback: Callback, label: str = "") -> Alarm:
        """Run `callback` when the clock reaches `when`; a time gone by means at the next advance, without going back.

        Callbacks of equal time run in the order in which they were registered, on the thread that advances the clock.
        """
        with self._changed:
            alarm = Alarm(max(when.astimezone(UTC), self._now), next(self._order), callback, label)
            heapq.heappush(self._heap, alarm)
        self.poke()
        return alarm

    def call_after(self, seconds: float, callback: Callback, label: str = "") -> Alarm:
        """Run `callback` after `seconds` of virtual time."""
        return self.call_at(self.now() + timedelta(seconds=seconds), callback, label)

    def upcoming(self) -> Alarm | None:
        """The earliest callback that waits, without running it."""
        with self._changed:
            while self._heap and self._heap[0].cancelled:
                heapq.heappop(self._heap)
            return self._heap[0] if self._heap else None

    def next_at(self) -> datetime | None:
        """When the earliest waiting callback is due."""
        alarm = self.upcoming()
        return alarm.when if alarm else None

    def advance_to_next(self) -> bool:
        """Jump to the earliest callback and run it. False when none waits. What the callback raises comes through."""
        with self._advancing:
            with self._changed:
                alarm = self.upcoming()
                if alarm is None:
                    return False
                heapq.heappop(self._heap)
                self._now = max(self._now, alarm.when)
            alarm.callback()
        self.poke()
        return True

    def advance_to(self, when: datetime) -> None:
        """Run every callback that is due up to `when`, then stand at `when`."""
        with self._advancing:
            while (due := self.next_at()) is not None and due <= when:
                self.advance_to_next()
            with self._changed:
                self._now = max(self._now, when.astimezone(UTC))
        self.poke()

    def advance(self, seconds: float) -> None:
        """Let `seconds` of virtual time pass."""
        self.advance_to(self.now() + timedelta(seconds=seconds))

    def add_idle_check(self, check: IdleCheck) -> None:
        """Register a question that is true when its owner has no work in flight. It must not block."""
        with self._changed:
            self._idle_checks.append(check)

    def is_idle(self) -> bool:
        """Whether every idle check says so now."""
        with self._changed:
            checks = tuple(self._idle_checks)
        return all(check() for check in checks)

    def poke(self) -> None:
        """Say that something has changed, so that a runner looks again at once."""
        with self._changed:
            self._pokes += 1
            self._changed.notify_all()

    def pokes(self) -> int:
        """How often it was poked: what `wait_for_poke` compares with."""
        with self._changed:
            return self._pokes

    def wait_for_poke(self, seen: int, real_seconds: float) -> bool:
        """Wait in real time until it is poked beyond `seen`; whether it was."""
        with self._changed:
            return self._changed.wait_for(lambda: self._pokes != seen, real_seconds)


class ClockRunner:
    """A thread that advances the clock whenever nobody is busy.

    `pace` is virtual seconds for each real second, None for no pause. `settle` is how long in real seconds all must
    be idle, unpoked, before a jump: it covers the hand-over between two threads, when neither shows work yet.
    """

    def __init__(self, clock: VirtualClock, pace: float | None = None, settle: float = 0.001) -> None:
        if pace is not None and pace <= 0:
            raise ValueError("a pace is a number of virtual seconds for each real one, above 0")
        self.failure: BaseException | None = None
        self._clock = clock
        self._pace = pace
        self._settle = settle
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="virtual-clock", daemon=True)
        self._paced: tuple[Alarm, float] | None = None

    def start(self) -> None:
        """Begin to advance the clock."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and raise what a callback raised, if one did."""
        self._stopping.set()
        self._clock.poke()
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._turn()
        except BaseException as failure:  # noqa: BLE001 - kept for stop(), which raises it on the caller's thread
            self.failure = failure

    def _turn(self) -> None:
        seen = self._clock.pokes()
        alarm = self._clock.upcoming()
        if alarm is None or not self._clock.is_idle():
            self._clock.wait_for_poke(seen, 0.02)
            return
        if self._clock.wait_for_poke(seen, max(self._settle, self._real_wait(alarm))):
            return
        if self._clock.is_idle() and not self._stopping.is_set():
            self._clock.advance_to_next()

    def _real_wait(self, alarm: Alarm) -> float:
        """Real seconds until a paced jump to `alarm`. A poke does not restart the wait for the same alarm."""
        if self._pace is None:
            return 0.0
        if self._paced is None or self._paced[0] is not alarm:
            wait = (alarm.when - self._clock.now()).total_seconds() / self._pace
            self._paced = (alarm, time.monotonic() + wait)
        return self._paced[1] - time.monotonic()
