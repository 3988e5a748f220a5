"""What must hold after every run, checked against the simulator's own account and never against the report alone."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bootmend.names import copy_id, same_id
from sandbox.azure import TraceRow
from sandbox.faults.drive import Driven
from sandbox.faults.mishap import ArmFault, Case, Happening
from sandbox.faults.troubled_world import TroubledWorld
from sandbox.windows.boot import boot

MOST_REQUESTS = 1500
MOST_IN_A_MINUTE = 90
MOST_HOURS = 30.0
AS_FOUND = frozenset({"rolled_back", "cancelled", "escalated", "refused", "not_applicable", "planned"})
"""Outcomes that say: the VM is as it was found."""


@dataclass(frozen=True)
class Broken:
    """`rule`: honest, found, original, unlisted, leftovers, outcome, bounds, once or others."""

    rule: str
    what: str


@dataclass(frozen=True)
class Normal:
    """What a base does when nothing goes wrong."""

    outcome: str
    creations: dict[str, int]
    """Kind of creation → how often it was accepted."""


def creations(trace: list[TraceRow], source_vm: str) -> dict[str, int]:
    """How often Azure accepted what must happen once: a VM, a copy, a snapshot, a script, a swap, an attach or detach."""
    return Counter(_kind(row, source_vm) for row in trace if 200 <= row.status < 300 and _counts(row))


def _counts(row: TraceRow) -> bool:
    return row.method == "PUT" or row.path.lower().endswith("/attachdetachdatadisks")


def _kind(row: TraceRow, source_vm: str) -> str:
    swap = " (swap)" if row.path.lower() == source_vm.lower() else ""
    return row.operation + swap


def broken(world: TroubledWorld, driven: Driven, case: Case, normal: Normal) -> list[Broken]:
    """Every rule that does not hold. Empty: the run was honest and clean."""
    if driven.stuck:
        return [Broken("outcome", f"no report: {driven.stuck}")]
    if "outcome" not in driven.report:
        return [Broken("outcome", f"the orchestration itself failed: {str(driven.report)[:400]}")]
    return [
        *_honest(world, driven),
        *_as_found(world, driven, case),
        *_originals(world),
        *_listed(world, driven),
        *_as_expected(driven, case, normal),
        *(_once(world, normal) if case.passing and not _makes_again(case) else ()),
        *_bounded(world, driven),
    ]


def _honest(world: TroubledWorld, driven: Driven) -> Iterator[Broken]:
    """`repaired` only if the VM runs, with our copy, and that copy boots."""
    outcome = driven.report["outcome"]
    if not str(driven.report.get("reason", "")).strip():
        yield Broken("honest", f"{outcome} without a reason")
    if outcome != "repaired":
        return
    if not world.vm.exists():
        yield Broken("honest", "repaired, but the VM is gone")
        return
    state = world.vm.state()
    if state.power != "running":
        yield Broken("honest", f"repaired, but the VM is {state.power}")
    if not same_id(state.os_disk_id, copy_id(world.vm_id, driven.repair_id)):
        yield Broken("honest", f"repaired, but the VM's OS disk is {state.os_disk_id}")
    content = world.vm.disk_content(state.os_disk_id)
    if content is None or _boots(world, state.os_disk_id) != "booted":
        yield Broken("honest", "repaired, but the disk does not boot")


def _boots(world: TroubledWorld, disk_id: str) -> str:
    content = world.vm.disk_content(disk_id)
    if content is None:
        return "no disk"
    started = boot(content.clone(), memory_gb=8, rng=random.Random(1), boot_number=1, now=world.clock.now())
    return started.kind


def _as_found(world: TroubledWorld, driven: Driven, case: Case) -> Iterator[Broken]:
    if driven.report["outcome"] not in AS_FOUND:
        return
    if isinstance(case.mishap, Happening) and case.mishap.incident in ("vm_deleted", "os_disk_swapped"):
        yield Broken("found", f"{driven.report['outcome']} says that the VM is as found, yet others changed it")
        return
    yield from (Broken("found", f"{driven.report['outcome']}: {change}") for change in world.changes_of_vm())


def _originals(world: TroubledWorld) -> Iterator[Broken]:
    there = {one.id.lower() for one in world.azure.resources()}
    if world.original_id.lower() not in there:
        yield Broken("original", "the original OS disk is gone")
    for other in world.bystanders:
        if other.lower() not in there:
            yield Broken("others", f"{other} is gone, and was never ours")


def _listed(world: TroubledWorld, driven: Driven) -> Iterator[Broken]:
    report = driven.report
    there = {one.id.lower() for one in world.azure.resources()}
    listed = {entry["resource_id"].lower() for entry in (*report["leftovers"], *report["kept"])}
    others = {other.lower() for other in world.bystanders}
    for one in world.unlisted_candidates():
        if one.lower() not in listed | others:
            yield Broken("unlisted", f"{one} is neither in leftovers nor in kept")
    for entry in report["kept"]:
        if entry["resource_id"].lower() not in there:
            yield Broken("honest", f"kept names {entry['resource_id']}, which is not there")


def _as_expected(driven: Driven, case: Case, normal: Normal) -> Iterator[Broken]:
    outcome, reason = driven.report["outcome"], driven.report["reason"]
    if case.passing:
        if outcome != normal.outcome:
            yield Broken("outcome", f"{outcome} instead of {normal.outcome}: {reason}")
        yield from (Broken("leftovers", f"{left['resource_id']}: {left['why']}") for left in driven.report["leftovers"])
    elif outcome not in case.outcomes:
        yield Broken("outcome", f"{outcome} is none of {', '.join(sorted(case.outcomes))}: {reason}")


def _once(world: TroubledWorld, normal: Normal) -> Iterator[Broken]:
    """One VM, one copy, one swap, however often an activity ran."""
    for kind, count in creations(world.azure.trace, world.vm_id).items():
        if count > normal.creations.get(kind, 0):
            yield Broken("once", f"{kind} was accepted {count} times, it is {normal.creations.get(kind, 0)} otherwise")


def _makes_again(case: Case) -> bool:
    """A size that could not be had after all is followed by another: the repair VM is rightly asked for again."""
    return isinstance(case.mishap, ArmFault) and case.mishap.spec.in_operation


def _bounded(world: TroubledWorld, driven: Driven) -> Iterator[Broken]:
    """No retry storm."""
    trace = world.azure.trace
    if len(trace) > MOST_REQUESTS:
        yield Broken("bounds", f"{len(trace)} requests, at most {MOST_REQUESTS} are due")
    busiest = Counter(row.time.replace(second=0, microsecond=0) for row in trace).most_common(1)
    if busiest and busiest[0][1] > MOST_IN_A_MINUTE:
        yield Broken("bounds", f"{busiest[0][1]} requests in one minute, at most {MOST_IN_A_MINUTE} are due")
    if driven.hours > MOST_HOURS:
        yield Broken("bounds", f"it took {driven.hours:.1f} hours")
