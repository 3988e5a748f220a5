"""Compares how a run ended with the scenario's `expect`, the simulator's own account against the report."""

from sandbox.player.play import Played
from sandbox.player.stage import Request, Stage
from sandbox.player.views import ResourceView
from sandbox.scenario import Scenario
from sandbox.scenario_play import Expect

STATUS_OF_OUTCOME = {"refused": 422, "failed": 409}
"""HTTP status of /result, 200 for the others."""

READING_POST = "Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action"


def broken_expectations(scenario: Scenario, played: Played, stage: Stage) -> list[str]:
    """What does not hold, one line each. Without `expect`: nothing, since the run has ended."""
    if scenario.expect is None:
        return []
    return [
        *played.complaints,
        *_status(played),
        *_in_report(scenario.expect, played),
        *_resources("leftovers", scenario.expect.leftovers, played.report.leftovers),
        *_resources("kept", scenario.expect.kept, played.report.kept),
        *_unlisted(played, stage),
        *_os_disk(scenario.expect, stage),
        *(_writes(stage) if scenario.expect.no_writes else []),
        *(f"vm_as_found: {change}" for change in (stage.changes_of_vm() if scenario.expect.vm_as_found else [])),
    ]


def _status(played: Played) -> list[str]:
    due = STATUS_OF_OUTCOME.get(played.report.outcome, 200)
    if played.answer.status == due:
        return []
    return [f"result: HTTP {due} belongs to outcome {played.report.outcome}, but it was HTTP {played.answer.status}"]


def _in_report(expect: Expect, played: Played) -> list[str]:
    report = played.report
    broken = []
    if expect.outcome is not None and report.outcome != expect.outcome:
        broken.append(f"outcome: expected {expect.outcome}, got {report.outcome}: {report.reason}")
    if expect.reason_contains is not None and expect.reason_contains.lower() not in report.reason.lower():
        broken.append(f"reason_contains: {expect.reason_contains!r} is not in {report.reason!r}")
    diagnosis = report.diagnosis.kind if report.diagnosis else None
    if expect.diagnosis is not None and diagnosis != expect.diagnosis:
        broken.append(f"diagnosis: expected {expect.diagnosis}, got {diagnosis}")
    if expect.dump is not None and report.dump_is() != expect.dump:
        broken.append(f"dump: expected {expect.dump}, got {report.dump_is()}: {report.dump.why if report.dump else ''}")
    decided = {checkpoint.name: checkpoint.decision for checkpoint in report.checkpoints}
    for name, decision in (expect.checkpoints or {}).items():
        if decided.get(name) != decision:
            broken.append(f"checkpoints.{name}: expected {decision}, got {decided.get(name)}")
    return broken


def _resources(field: str, pieces: tuple[str, ...] | None, listed: tuple[ResourceView, ...]) -> list[str]:
    """Each piece must stand in the id of one entry of its own, and no entry may be over."""
    if pieces is None:
        return []
    rest = [entry.resource_id for entry in listed]
    broken = []
    for piece in pieces:
        found = next((one for one in rest if piece.lower() in one.lower()), None)
        if found is None:
            broken.append(f"{field}: {piece!r} is not in the report's list")
        else:
            rest.remove(found)
    return [*broken, *(f"{field}: not expected: {one}" for one in rest)]


def _os_disk(expect: Expect, stage: Stage) -> list[str]:
    there = stage.os_disk_of_vm()
    if expect.os_disk is None or expect.os_disk.lower() in there.lower():
        return []
    return [f"os_disk: expected {expect.os_disk!r}, but the VM {'has ' + there if there else 'is gone'}"]


def _unlisted(played: Played, stage: Stage) -> list[str]:
    listed = {entry.resource_id.lower() for entry in (*played.report.leftovers, *played.report.kept)}
    there = stage.unlisted_candidates()
    return [
        f"unlisted resource: {one} is neither in leftovers nor in kept" for one in there if one.lower() not in listed
    ]


def _writes(stage: Stage) -> list[str]:
    return [f"no_writes: {one.method} {one.path}" for one in stage.requests() if _is_write(one)]


def _is_write(request: Request) -> bool:
    return request.method not in {"GET", "HEAD"} and request.operation.lower() != READING_POST.lower()
