"""Plays a scenario: asks for the repair, lets time pass, looks each time the world stands still, until the end."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.player.api import Answer, ApiError
from sandbox.player.begin import begin
from sandbox.player.cues import Cues, People
from sandbox.player.stage import Stage
from sandbox.player.views import RepairView, ReportView, read
from sandbox.scenario import Scenario

LONGEST_VIRTUAL = timedelta(days=7)
LONGEST_REAL_SECONDS = 300.0

type Pace = Callable[[float], None]
"""Called before each jump of the clock with its virtual seconds; waits in real time."""

type Watch = Callable[[RepairView, datetime], None]
"""Called with each look at the repair, and the virtual time."""


class StuckError(Exception):
    """The run did not end; the message tells where it stands."""


@dataclass(frozen=True)
class Played:
    """How a run ended."""

    answer: Answer
    report: ReportView
    repair_id: str
    began: datetime
    ended: datetime
    complaints: tuple[str, ...] = ()
    second_ids: tuple[str, ...] = ()


@dataclass
class Player:
    """Plays one scenario in one world. `pace` and `watch` are for the eye; without them it runs as fast as it can."""

    scenario: Scenario
    stage: Stage
    pace: Pace | None = None
    watch: Watch | None = None
    longest_virtual: timedelta = LONGEST_VIRTUAL
    longest_real_seconds: float = LONGEST_REAL_SECONDS
    _last: RepairView | None = field(default=None, init=False)
    _last_news: object = field(default=None, init=False)

    def play(self) -> Played:
        """Raises StuckError when the run does not end, ApiError when the app does not answer as it should."""
        self._began = self.stage.clock.now()
        self._give_up_at = time.monotonic() + self.longest_real_seconds
        cues, people = Cues(self.scenario, self.stage), People(self.scenario, self.stage)
        repair_id = begin(self.scenario, self.stage, self._pass_time)
        while True:
            self._settle()
            repair = self._look(repair_id)
            answer = self.stage.api.result(repair_id) if repair.outcome else None
            if answer is not None and answer.status != 202:
                return self._end(repair_id, answer, cues)
            acted = cues.act_on(repair)
            if not (people.notice(repair) or acted):
                self._pass_time()
                cues.after_jump()

    def _look(self, repair_id: str) -> RepairView:
        """The repair as the API shows it now; the last look again if nothing can have changed since."""
        news = self.stage.news()
        if self._last is not None and news == self._last_news:
            return self._last
        self._last_news = news
        answer = self.stage.api.repair(repair_id)
        if answer.status != 200:
            raise ApiError(f"GET /api/repairs/{repair_id} was answered with HTTP {answer.status}: {answer.text[:300]}")
        self._last = read(RepairView, answer)
        if self.watch:
            self.watch(self._last, self.stage.clock.now())
        return self._last

    def _settle(self) -> None:
        if not self.stage.settle(max(0.0, self._give_up_at - time.monotonic())):
            raise StuckError(
                f"work was still in flight after {self.longest_real_seconds:g} s of real time; {self._state()}"
            )

    def _pass_time(self) -> None:
        """Let the clock jump to what comes next, the world being still."""
        clock = self.stage.clock
        due = clock.next_at()
        if due is None:
            raise StuckError(f"nothing is left that could happen; {self._state()}")
        if due - self._began > self.longest_virtual:
            raise StuckError(f"no end within {self.longest_virtual.days} virtual days; {self._state()}")
        if time.monotonic() > self._give_up_at:
            raise StuckError(f"no end within {self.longest_real_seconds:g} s of real time; {self._state()}")
        if self.pace:
            self.pace((due - clock.now()).total_seconds())
        clock.advance_to_next()

    def _end(self, repair_id: str, answer: Answer, cues: Cues) -> Played:
        complaints = [*cues.complaints, *(f"{missed}: its moment never came" for missed in cues.missed())]
        return Played(
            answer=answer,
            report=read(ReportView, answer),
            repair_id=repair_id,
            began=self._began,
            ended=self.stage.clock.now(),
            complaints=tuple(complaints),
            second_ids=tuple(cues.second_ids),
        )

    def _state(self) -> str:
        now = f"virtual time {self.stage.clock.now():%Y-%m-%dT%H:%M:%SZ}"
        if self._last is None:
            return f"the repair was never seen; {now}"
        running = [step.name for step in self._last.steps if step.finished_at is None]
        waits = f", waiting for {self._last.awaiting.name}" if self._last.awaiting else ""
        steps = f", running {', '.join(running)}" if running else ""
        return f"repair {self._last.id} stands in phase {self._last.phase}{steps}{waits}; {now}"
