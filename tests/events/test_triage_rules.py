"""From a confirmed crash to a repair: who approves, and what ends it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bootmend.models.boot import Diagnosis
from bootmend.models.events import Confirmed, Finding, Hint, PastRepair
from bootmend.settings import Settings
from bootmend.triage import Go, Stay, decide, not_confirmed

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
VM = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-prod"
    "/providers/Microsoft.Compute/virtualMachines/vm-web-01"
)
DIED = Diagnosis(kind="critical_process_died", stop_code="0x000000EF", source="serial_log", reason="stop code")


def hours(count: float) -> datetime:
    return NOW - timedelta(hours=count)


def rules(**changes: Any) -> Settings:
    return Settings(repair_group="rg", repair_subnets={}, evidence_folder=Path("evidence"), **changes)


def repair(began: float, ended: float | None, outcome: str | None = "repaired") -> PastRepair:
    return PastRepair.model_validate(
        {
            "repair_id": "x",
            "began_at": hours(began),
            "ended_at": None if ended is None else hours(ended),
            "outcome": outcome,
        }
    )


def confirmed(occurred: float | None = 0.1, *, auto: bool = False) -> Confirmed:
    at = None if occurred is None else hours(occurred)
    hint = Hint(vm_id=VM, occurred_at=at, what="VirtualMachineCrashed", source="event")
    return Confirmed(hint=hint, finding=Finding(diagnosis=DIED, auto=auto), at=NOW)


@pytest.mark.parametrize(
    ("finding", "confirmed_"),
    [
        (Finding(diagnosis=DIED), True),
        (Finding(diagnosis=DIED, excluded=True), False),
        (Finding(found=False), False),
        (Finding(), False),
        (Finding(diagnosis=DIED.model_copy(update={"kind": "unknown"})), False),
        (Finding(diagnosis=DIED.model_copy(update={"kind": "healthy"})), False),
        (Finding(diagnosis=DIED.model_copy(update={"kind": "other_stop_code"})), False),
    ],
)
def test_only_the_stop_code_itself_confirms(finding: Finding, confirmed_: bool) -> None:
    assert (not_confirmed(finding) is None) is confirmed_


@pytest.mark.parametrize(
    ("job", "past", "settings", "approve"),
    [
        (confirmed(), (), {}, "manual"),
        (confirmed(auto=True), (), {}, "auto"),
        (confirmed(), (), {"auto_approve": True}, "auto"),
        (confirmed(auto=True), (repair(5, 4),), {}, "auto"),
        (confirmed(auto=True), (repair(9, 8), repair(5, 4)), {}, "manual"),
        (confirmed(auto=True), (repair(30, 29), repair(5, 4)), {}, "auto"),
        (confirmed(auto=True), (repair(9, 8, "refused"), repair(8, 7, "not_applicable"), repair(5, 4)), {}, "auto"),
        (confirmed(auto=True), (repair(9, 8, "failed"), repair(5, 4, "rolled_back")), {}, "manual"),
        (confirmed(auto=True), (), {"repairs_a_day": 0}, "manual"),
        (confirmed(None, auto=True), (repair(5, 4),), {}, "auto"),
    ],
)
def test_who_approves(job: Confirmed, past: tuple[PastRepair, ...], settings: dict[str, Any], approve: str) -> None:
    decision = decide(job, past, rules(**settings))
    assert isinstance(decision, Go)
    assert decision.approve == approve


@pytest.mark.parametrize(
    ("job", "past", "words"),
    [
        (confirmed(auto=True), (repair(1, None, None),), "active"),
        (confirmed(2, auto=True), (repair(5, 1),), "before the last repair ended"),
        (confirmed(1, auto=True), (repair(5, 1),), "before the last repair ended"),
    ],
)
def test_what_ends_it(job: Confirmed, past: tuple[PastRepair, ...], words: str) -> None:
    decision = decide(job, past, rules())
    assert isinstance(decision, Stay)
    assert words in decision.why
