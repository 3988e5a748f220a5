"""Drives a repair to its end whatever happens to the host: restarts it when it is dead, and answers for people at once."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.faults.troubled_world import Shown, TroubledWorld
from sandbox.player.api import ApiError

LONGEST_VIRTUAL = timedelta(days=2)
LONGEST_REAL_SECONDS = 120.0


@dataclass(frozen=True)
class Driven:
    """How it ended. `stuck`: why there is no report, else empty."""

    repair_id: str
    report: dict[str, Any]
    hours: float
    stuck: str = ""


def drive(world: TroubledWorld) -> Driven:
    """One repair from request to report. Never raises for what the app does: a repair without an end is a result too."""
    began, give_up = world.clock.now(), time.monotonic() + LONGEST_REAL_SECONDS
    accepted = world.api.start(world.vm_id, world.scenario.requested_policy())
    repair_id = str(accepted.mapping().get("id", ""))
    answered: set[str] = set()
    shown = world.shown(repair_id)
    seen: object = None
    try:
        while not shown.done:
            _settle(world, give_up)
            if seen != (seen := world.news()):
                shown = world.shown(repair_id)
                world.look(repair_id, shown)
            if not shown.done and not _answer(world, repair_id, shown, answered):
                _pass_time(world, began, give_up)
        return Driven(repair_id, world.api.result(repair_id).mapping(), _hours(began, world.clock.now()))
    except (TimeoutError, ApiError) as error:
        return Driven(repair_id, {}, _hours(began, world.clock.now()), str(error))


def _settle(world: TroubledWorld, give_up: float) -> None:
    while True:
        if not world.host_runs:
            world.restart_host()
        if world.settle(0.2) and world.host_runs:
            return
        if time.monotonic() > give_up:
            raise TimeoutError(f"work was still in flight after {LONGEST_REAL_SECONDS:g} s")


def _pass_time(world: TroubledWorld, began: datetime, give_up: float) -> None:
    due = world.clock.next_at()
    if due is None:
        raise TimeoutError("nothing is left that could happen")
    if due - began > LONGEST_VIRTUAL or time.monotonic() > give_up:
        raise TimeoutError(f"no end within {_hours(began, world.clock.now()):.1f} virtual hours")
    world.clock.advance_to_next()


def _answer(world: TroubledWorld, repair_id: str, shown: Shown, answered: set[str]) -> bool:
    """Whether somebody has just answered a checkpoint."""
    if shown.awaiting is None or shown.awaiting[1] in answered:
        return False
    name, checkpoint = shown.awaiting
    answered.add(checkpoint)
    given = world.scenario.people.answer_to(name)
    if given is None:
        return False
    body: dict[str, object] = {"decision": given.decision, "by": given.by, "values": dict(given.values)}
    world.api.close()  # a connection that was idle for long may be closed on the other side
    world.api.answer_checkpoint(repair_id, checkpoint, body)
    return True


def _hours(began: datetime, ended: datetime) -> float:
    return (ended - began).total_seconds() / 3600
