"""Slows a run down for the eye."""

import time
from collections.abc import Callable


class EyePace:
    """So many virtual seconds for each real one, but never longer than `longest` real seconds at one jump.

    What the work itself takes counts as waiting, so the whole run keeps its pace.
    """

    def __init__(
        self,
        rate: float,
        longest: float = 1.0,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if rate <= 0:
            raise ValueError("a pace is a number of virtual seconds for each real one, above 0")
        self._rate = rate
        self._longest = longest
        self._now = now
        self._sleep = sleep
        self._last_jump = now()

    def __call__(self, virtual_seconds: float) -> None:
        """Wait before a jump of so many virtual seconds."""
        due = self._last_jump + min(self._longest, virtual_seconds / self._rate)
        late = due - self._now()
        if late > 0:
            self._sleep(late)
        self._last_jump = self._now()
