"""Notifications: told at every occasion, delivered at least once, and never in the repair's way."""

from datetime import timedelta

import pytest

from bootmend.models.answer import Failure
from bootmend.models.repair import RepairStatus
from bootmend.models.webhooks import Deliver, Notice, NoticeData
from orchestrators.notify import WAITS, deliver_notice
from tests.orchestrators.small_world import NOW, REPAIR_ID, VM_ID, SmallWorld
from tests.orchestrators.stage import play, stage

BROKEN = Failure(code="Broken", kind="rejected", message="it is broken")
NOTICE = Notice(
    id=f"{REPAIR_ID}-repair-finished",
    type="repair.finished",
    at=NOW,
    data=NoticeData(repair_id=REPAIR_ID, vm_id=VM_ID, started_by="http", outcome="repaired"),
)


def told(world: SmallWorld) -> list[str]:
    return [notice.type for notice in world.notices]


def test_beginning_and_end_are_told_with_the_outcome() -> None:
    world = SmallWorld()
    played = play(world)
    assert told(world) == ["repair.started", "repair.finished"]
    assert world.notices[-1].data.outcome == played.outcome == "repaired"
    assert world.calls["forget_subscriptions"] == 1


def test_a_checkpoint_is_told_with_its_id_and_deadline() -> None:
    world = SmallWorld()
    play(world, policy={"checkpoints": {"approve_swap": "manual"}}, answers={"approve_swap": "approve"})
    (waiting,) = [notice for notice in world.notices if notice.type == "checkpoint.waiting"]
    assert waiting.data.checkpoint is not None
    assert waiting.data.checkpoint.checkpoint_id == "approve_swap-1"
    assert waiting.data.checkpoint.deadline - waiting.at == timedelta(hours=4)


@pytest.mark.parametrize("trouble", ["away for ever", "cannot be listed"])
def test_a_receiver_in_trouble_neither_delays_nor_fails_a_repair(trouble: str) -> None:
    undisturbed = play(SmallWorld())
    away = {"away": ["again"]} if trouble == "away for ever" else {}
    failures = {"find_recipients": [BROKEN, BROKEN, BROKEN]} if trouble == "cannot be listed" else {}
    played = play(SmallWorld(answers_of_receivers=away, failures=failures))
    assert played.outcome == "repaired"
    assert played.report["finished_at"] == undisturbed.report["finished_at"]


@pytest.mark.parametrize(
    ("answers", "state", "attempts", "waited"),
    [
        (["delivered"], "delivered", 1, 0),
        (["again", "again", "delivered"], "delivered", 3, sum(WAITS[:2])),
        (["refused"], "refused", 1, 0),
        (["gone"], "gone", 1, 0),
        (["again"], "given_up", len(WAITS) + 1, sum(WAITS)),
    ],
)
def test_a_notice_is_delivered_with_back_off(answers: list[str], state: str, attempts: int, waited: int) -> None:
    world = SmallWorld(answers_of_receivers={"somebody": answers})
    job = Deliver(recipient="somebody", notice=NOTICE, at=NOW)
    with stage(world) as (clock, _, client):
        began = clock.now()
        name = deliver_notice.__name__
        client.schedule_new_orchestration(name, input=job.model_dump(mode="json"), instance_id="one")
        ended = client.wait_for_orchestration_completion("one", timeout=20)
        assert ended is not None
        assert ended.get_output() == {"state": state}
        assert world.calls["deliver"] == attempts
        assert timedelta(seconds=waited) <= clock.now() - began <= timedelta(seconds=waited + 60)


def test_the_status_of_a_repair_ends_with_the_step_that_tells() -> None:
    world = SmallWorld()
    with stage(world) as (_, _, client):
        job = {"repair_id": REPAIR_ID, "vm_id": VM_ID}
        client.schedule_new_orchestration("repair_vm", input=job, instance_id=REPAIR_ID)
        ended = client.wait_for_orchestration_completion(REPAIR_ID, timeout=20)
        assert ended is not None
        status = RepairStatus.model_validate(ended.get_custom_status())
        assert [step.name for step in status.steps][-2:] == ["write_report", "notify"]
