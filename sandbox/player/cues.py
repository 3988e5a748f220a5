"""What the scenario has happen during the run, each thing once, and the people who answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sandbox.player.api import Answer, ApiError
from sandbox.player.stage import Stage
from sandbox.player.views import AwaitingView, RepairView
from sandbox.scenario import Scenario
from sandbox.scenario_play import Answer as PersonsAnswer


@dataclass
class Cue:
    """Something that happens once, as soon as its moment is seen."""

    label: str
    is_due: Callable[[RepairView], bool]
    act: Callable[[str], None]
    done: bool = False


class Cues:
    """Watches the repair for the scenario's moments. `complaints` gathers what went otherwise than a caller may expect."""

    def __init__(self, scenario: Scenario, stage: Stage) -> None:
        self.complaints: list[str] = []
        self.second_ids: list[str] = []
        self._stage = stage
        self._policy = scenario.requested_policy()
        self._host_is_to_die = False
        self._cues = [
            *(Cue(f"restart after {one.after_step}", _after(one.after_step), self._restart)
              for one in scenario.azure.host_restarts),
            *(Cue(one.happens, _at(one.after_step, one.during), self._incident(one.happens))
              for one in scenario.meanwhile),
        ]  # fmt: skip
        if scenario.second_request:
            self._cues.append(Cue("second request", _after(scenario.second_request.after_step), self._request_again))
        if scenario.cancel:
            moment = _at(scenario.cancel.after_step, scenario.cancel.at_checkpoint)
            self._cues.append(Cue("cancel", moment, self._cancel))

    def act_on(self, repair: RepairView) -> bool:
        """Let happen what is due now; whether anything did."""
        due = [cue for cue in self._cues if not cue.done and cue.is_due(repair)]
        for cue in due:
            cue.done = True
            cue.act(repair.id)
        return bool(due)

    def after_jump(self) -> None:
        """The clock has just jumped, and the host is at work: the moment to kill it, where the scenario wants that."""
        if self._host_is_to_die:
            self._host_is_to_die = False
            self._stage.restart_host()

    def missed(self) -> list[str]:
        """What never happened, since its moment never came."""
        late = ["a restart of the host"] if self._host_is_to_die else []
        return [cue.label for cue in self._cues if not cue.done] + late

    def _restart(self, _: str) -> None:
        self._host_is_to_die = True

    def _incident(self, happens: str) -> Callable[[str], None]:
        def act(_: str) -> None:
            self._stage.happen(happens)  # type: ignore[arg-type]  # checked when the scenario was loaded

        return act

    def _request_again(self, repair_id: str) -> None:
        answer = self._stage.api.start(self._stage.vm_id, self._policy)
        got = answer.mapping().get("id")
        self.second_ids.append(str(got))
        if answer.status != 202 or got != repair_id:
            self.complaints.append(
                f"second_request: expected HTTP 202 with the repair {repair_id}, got HTTP {answer.status} with {got}"
            )

    def _cancel(self, repair_id: str) -> None:
        answer = self._stage.api.cancel(repair_id)
        if answer.status >= 400:
            self.complaints.append(f"cancel: refused with HTTP {answer.status}: {answer.text[:200]}")


class People:
    """Answers each checkpoint once, on the virtual clock, some time after it was seen waiting."""

    def __init__(self, scenario: Scenario, stage: Stage) -> None:
        self._people = scenario.people
        self._stage = stage
        self._asked: set[str] = set()
        self._due: list[tuple[str, AwaitingView, PersonsAnswer]] = []

    def notice(self, repair: RepairView) -> bool:
        """See which checkpoint waits and set the clock for its answer; whether an answer was sent just now."""
        awaiting = repair.awaiting
        if awaiting is not None and awaiting.checkpoint_id not in self._asked:
            self._asked.add(awaiting.checkpoint_id)
            answer = self._people.answer_to(awaiting.name)
            if answer is not None:
                self._answer_later(repair.id, awaiting, answer)
        return self._send_due()

    def _answer_later(self, repair_id: str, awaiting: AwaitingView, answer: PersonsAnswer) -> None:
        if answer.after == timedelta(0):
            self._due.append((repair_id, awaiting, answer))
            return
        when = self._stage.clock.now() + answer.after
        self._stage.clock.call_at(
            when, lambda: self._due.append((repair_id, awaiting, answer)), f"a person answers {awaiting.name}"
        )

    def _send_due(self) -> bool:
        due, self._due = self._due, []
        for repair_id, awaiting, answer in due:
            decision: dict[str, object] = {
                "decision": answer.decision,
                "by": answer.by,
                "comment": answer.comment,
                "values": answer.values,
            }
            sent = self._stage.api.answer_checkpoint(repair_id, awaiting.checkpoint_id, decision)
            self._check(awaiting, sent)
        return bool(due)

    @staticmethod
    def _check(awaiting: AwaitingView, sent: Answer) -> None:
        # 404, 409 and 410 say that nobody waits any longer: a person may come too late.
        if sent.status >= 400 and sent.status not in {404, 409, 410}:
            raise ApiError(f"the answer to {awaiting.name} was refused with HTTP {sent.status}: {sent.text[:300]}")


def _after(step: str) -> Callable[[RepairView], bool]:
    return lambda repair: repair.has_finished(step)


def _at(step: str | None, checkpoint: str | None) -> Callable[[RepairView], bool]:
    if step is not None:
        return _after(step)
    return lambda repair: repair.awaiting is not None and repair.awaiting.name == checkpoint
