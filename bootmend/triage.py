"""From a hint to a repair, or to the reason why there is none. Pure; the repairs are reached through a port."""

from datetime import timedelta
from typing import Literal, Protocol

from bootmend.models.events import Confirmed, Finding, PastRepair, TriageEnd
from bootmend.models.record import Moment, Record
from bootmend.models.repair import AUTO_TAG, EXCLUDE_TAG, CheckpointPolicy, Policy, RepairRequest, StartedBy
from bootmend.names import vm_hash
from bootmend.settings import Settings, settings

DAY = timedelta(days=1)
_UNTOUCHED = {"refused", "not_applicable", "planned"}


class Repairs(Protocol):
    """The repairs that the engine knows."""

    async def of(self, vm_id: str) -> tuple[PastRepair, ...]:
        """Every repair of this VM, the active one included."""

    async def start(self, request: RepairRequest, started_by: StartedBy) -> str:
        """Starts one, or answers the id of the one that is active."""


class Go(Record):
    """The VM is to be repaired; `approve` says who approves."""

    approve: Literal["auto", "manual"]
    why: str


class Stay(Record):
    """The VM is left alone."""

    why: str


def triage_id(vm_id: str) -> str:
    """The instance id of a VM's triage: one VM, one triage, however many events there are."""
    return f"triage-{vm_hash(vm_id)}"


def not_confirmed(finding: Finding) -> str | None:
    """Why this VM is left alone, or None: it stops with the stop code that can be treated. An event is never guessed from."""
    if not finding.found:
        return "the VM does not exist any more"
    if finding.excluded:
        return f"the VM bears the tag {EXCLUDE_TAG}: it is never touched"
    if finding.diagnosis is None or finding.diagnosis.kind != "critical_process_died":
        return f"not confirmed: {finding.diagnosis.reason if finding.diagnosis else 'nothing was seen of the VM'}"
    return None


def decide(job: Confirmed, past: tuple[PastRepair, ...], rules: Settings) -> Go | Stay:
    """Whether to repair a VM whose crash is confirmed, and whether a person must approve."""
    active = next((repair for repair in past if repair.ended_at is None), None)
    if active is not None:
        return Stay(why=f"repair {active.repair_id} is active")
    occurred = job.hint.occurred_at
    ended = max((repair.ended_at for repair in past if repair.ended_at is not None), default=None)
    if occurred is not None and ended is not None and occurred <= ended:
        return Stay(why="what is reported happened before the last repair ended")
    recent = sum(_counts(repair, job.at) for repair in past)
    if recent >= rules.repairs_a_day:
        return Go(approve="manual", why=f"repairs of this VM in the last 24 hours: {recent}; a person decides")
    if job.finding.auto:
        return Go(approve="auto", why=f"the VM bears the tag {AUTO_TAG}")
    if rules.auto_approve:
        return Go(approve="auto", why="the settings allow it without approval")
    return Go(approve="manual", why="a person decides")


def _counts(repair: PastRepair, now: Moment) -> bool:
    return repair.outcome not in _UNTOUCHED and now - repair.began_at < DAY


async def begin_repair(job: Confirmed, repairs: Repairs) -> TriageEnd:
    """Activity: starts the repair of a confirmed VM, unless something speaks against it. Done twice it starts one repair."""
    decision = decide(job, await repairs.of(job.hint.vm_id), settings())
    if isinstance(decision, Stay):
        return TriageEnd(why=decision.why, looked_at=job.at)
    request = RepairRequest(
        vm_id=job.hint.vm_id,
        reason=f"{job.hint.source}: {job.hint.what}; {decision.why}"[:1024],
        policy=Policy(checkpoints=CheckpointPolicy(approve_repair=decision.approve)),
    )
    repair_id = await repairs.start(request, job.hint.source)
    return TriageEnd(repair_id=repair_id, why=decision.why, looked_at=job.at)


__all__ = ["Go", "Repairs", "Stay", "begin_repair", "decide", "not_confirmed", "triage_id"]
