"""Replay: what an orchestrator decides after every prefix of a history is a prefix of what it decided in the end."""

from collections.abc import Callable
from typing import Any

import pytest
from durabletask.internal import orchestrator_service_pb2 as pb

from bootmend.models.answer import Failure
from orchestrators.functions import ORCHESTRATORS
from sandbox.engine.replay import Decision, ReplayMismatchError, decided, prefixes, recorded, replay
from tests.orchestrators.small_world import SmallWorld
from tests.orchestrators.stage import Played, play

BY_NAME: dict[str, Callable[..., Any]] = {orchestrator.__name__: orchestrator for orchestrator in ORCHESTRATORS}
BUSY = Failure(code="Busy", kind="busy", message="ask again", transient=True)
NO_ROOM = Failure(code="SkuNotAvailable", kind="no_capacity", message="none here")

PLAYS: dict[str, Callable[[], Played]] = {
    "repaired": lambda: play(SmallWorld()),
    "with passing faults": lambda: play(
        SmallWorld(failures={"begin_swap": [BUSY, BUSY], "begin_repair_vm": [NO_ROOM], "look_at_boot": [BUSY]})
    ),
    "bugchecks again": lambda: play(SmallWorld(boot="bugcheck")),
    "asked and confirmed": lambda: play(
        SmallWorld(boot="silent", ask_first=True), answers={"approve_repair": "approve", "confirm_boot": "booted"}
    ),
    "nobody answers": lambda: play(SmallWorld(), policy={"checkpoints": {"approve_swap": "manual"}}),
    "cancelled while it boots": lambda: play(SmallWorld(), cancel_before="look_at_boot"),
}


def without_content(decisions: list[Decision]) -> list[tuple[str, int, str]]:
    """Two workers may spell the same JSON differently; kind, number and name are what replay compares."""
    return [(decision.kind, decision.task_id, decision.name) for decision in decisions]


def orchestrator_of(history: list[pb.HistoryEvent]) -> Callable[..., Any]:
    return next(BY_NAME[event.executionStarted.name] for event in history if event.HasField("executionStarted"))


@pytest.mark.parametrize("name", PLAYS)
def test_every_prefix_of_every_history_is_replayed_to_a_prefix_of_its_decisions(name: str) -> None:
    played = PLAYS[name]()
    assert len(played.histories) > 2
    for history in played.histories.values():
        orchestrator = orchestrator_of(history)
        final = without_content(decided(replay(orchestrator, history)))
        if recorded(history)[-1].kind == "complete":
            assert final == without_content(recorded(history))
        for prefix in prefixes(history):
            so_far = without_content(decided(replay(orchestrator, prefix)))
            assert so_far == final[: len(so_far)]


def test_a_history_of_another_order_of_steps_is_refused() -> None:
    history = play(SmallWorld()).histories["88e10bcef018e01e-0123456789ab"]
    for event in history:
        if event.HasField("taskScheduled") and event.taskScheduled.name == "read_boot_evidence":
            event.taskScheduled.name = "begin_deallocate"
    with pytest.raises(ReplayMismatchError):
        replay(BY_NAME["repair_vm"], history)
