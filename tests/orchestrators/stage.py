"""Plays orchestrators on the mended engine with a real durable worker, virtual time, and a small world for activities."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from durabletask import task
from durabletask.client import TaskHubGrpcClient
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.worker import TaskHubGrpcWorker

from bootmend.models.repair import Awaiting, Policy, RepairJob, RepairStatus
from orchestrators.functions import ORCHESTRATORS
from sandbox.clock import ClockRunner, VirtualClock
from sandbox.engine.durable_engine import DurableEngine
from tests.orchestrators.small_world import REPAIR_ID, VM_ID, SmallWorld

REAL_LIMIT = 20.0
QUIET = logging.getLogger("tests.orchestrators")
QUIET.propagate = False
QUIET.addHandler(logging.NullHandler())


@dataclass
class Played:
    """What came of a repair."""

    report: dict[str, Any]
    world: SmallWorld
    histories: dict[str, list[pb.HistoryEvent]] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        return str(self.report["outcome"])

    @property
    def steps(self) -> list[str]:
        return [step["name"] for step in self.report["steps"]]


@contextmanager
def stage(world: SmallWorld) -> Iterator[tuple[VirtualClock, DurableEngine, TaskHubGrpcClient]]:
    """An engine with a worker that runs the orchestrators, and the small world's fakes as activities."""
    clock = VirtualClock()
    engine = DurableEngine(clock)
    address = engine.start()
    worker = TaskHubGrpcWorker(host_address=address, logger=QUIET)
    for orchestrator in ORCHESTRATORS:
        worker.add_orchestrator(orchestrator)
    for name in world.activities():
        worker.add_activity(_fake(world, name))
    worker.start()  # type: ignore[no-untyped-call]
    try:
        with ClockRunner(clock):
            yield clock, engine, TaskHubGrpcClient(host_address=address, logger=QUIET)
    finally:
        # It takes a second to stop, and there is nothing to wait for.
        threading.Thread(target=worker.stop, daemon=True).start()
        engine.stop()


def _fake(world: SmallWorld, name: str) -> Callable[[task.ActivityContext, Any], Any]:
    def fake(ctx: task.ActivityContext, job: Any) -> Any:
        return world.call(name, job)

    fake.__name__ = name
    return fake


def play(
    world: SmallWorld,
    *,
    policy: dict[str, Any] | None = None,
    started_by: str = "http",
    answers: dict[str, str] | None = None,
    cancel_before: str | None = None,
) -> Played:
    """Runs one repair to its end. `answers`: what a person says at each checkpoint; `cancel_before`: the activity just
    before whose first call a cancel arrives."""
    job = RepairJob(
        repair_id=REPAIR_ID,
        vm_id=VM_ID,
        policy=Policy.model_validate(policy or {}),
        started_by=started_by,
    )
    with stage(world) as (clock, engine, client):
        person = _Person(engine, client, answers or {})
        clock.add_idle_check(lambda: person.waited_for() is None)
        if cancel_before is not None:
            world.before[cancel_before] = lambda: client.raise_orchestration_event(
                REPAIR_ID, "cancel", data={"by": "ada", "comment": ""}
            )
        client.schedule_new_orchestration("attend_vm", input=job.model_dump(mode="json"), instance_id="vm-attended")
        deadline = time.monotonic() + REAL_LIMIT
        while time.monotonic() < deadline:
            state = client.get_orchestration_state("vm-attended")
            if state is not None and state.runtime_status.name in {"COMPLETED", "FAILED"}:
                break
            person.look()
            clock.wait_for_poke(clock.pokes(), 0.01)
        state = client.get_orchestration_state(REPAIR_ID)
        assert state is not None
        assert state.failure_details is None, state.failure_details
        assert state.serialized_output is not None, f"still {state.serialized_custom_status}"
        # What is told of the end is told beside the repair: its history is whole only once that is over too.
        client.wait_for_orchestration_completion(f"{REPAIR_ID}-repair-finished", timeout=REAL_LIMIT)
        histories = {view.instance_id: engine.history(view.instance_id) for view in engine.instances()}
        return Played(json.loads(state.serialized_output), world, histories)


class _Person:
    """Answers checkpoints. Time stands still while there is one that this person means to answer."""

    def __init__(self, engine: DurableEngine, client: TaskHubGrpcClient, answers: dict[str, str]) -> None:
        self._engine = engine
        self._client = client
        self._answers = dict(answers)
        self._answered: set[str] = set()

    def waited_for(self) -> Awaiting | None:
        shown = next((view.custom_status for view in self._engine.instances() if view.instance_id == REPAIR_ID), None)
        awaiting = RepairStatus.model_validate_json(shown).awaiting if shown else None
        if awaiting is None or awaiting.name not in self._answers or awaiting.checkpoint_id in self._answered:
            return None
        return awaiting

    def look(self) -> None:
        awaiting = self.waited_for()
        if awaiting is None:
            return
        event = {"decision": self._answers[awaiting.name], "by": "ada", "comment": "", "values": {}}
        self._client.raise_orchestration_event(REPAIR_ID, awaiting.checkpoint_id, data=event)
        self._answered.add(awaiting.checkpoint_id)


__all__ = ["Played", "play", "stage"]
