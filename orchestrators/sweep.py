"""The sweep: removes what repairs that have ended left behind. In a dry run it only tells."""

from typing import Any

from durabletask import task

from activities import workshop
from activities.sweep import look_for_orphans
from bootmend.models.jobs import Delete
from bootmend.models.repair import Leftover
from bootmend.models.sweep import Orphans, SweepJob, Swept
from orchestrators.step import StepFailedError, Steps, failure_words, step
from orchestrators.waiting import done


def sweep(ctx: task.OrchestrationContext, wire: dict[str, Any]) -> Steps[Any]:
    """Orchestrator: SweepJob in, Swept out. It knows only repairs that had ended when it began, so it races with none."""
    found = yield from step(ctx, look_for_orphans, SweepJob.model_validate(wire))
    swept = yield from _remove(ctx, found)
    return swept.model_dump(mode="json")


def _remove(ctx: task.OrchestrationContext, found: Orphans) -> Steps[Swept]:
    removed: list[str] = []
    failed: list[Leftover] = []
    for orphan in () if found.dry_run else found.orphans:
        job = Delete(repair_id=orphan.repair_id, vm_id=orphan.vm_id, resource_id=orphan.resource_id)
        try:
            yield from done(ctx, workshop.begin_delete, job)
            removed.append(orphan.resource_id)
        except StepFailedError as failure:
            failed.append(Leftover(resource_id=orphan.resource_id, why=failure_words(failure)))
    return Swept(
        dry_run=found.dry_run,
        found=tuple(orphan.resource_id for orphan in found.orphans),
        removed=tuple(removed),
        failed=tuple(failed),
        spared=found.spared,
        unread=found.unread,
    )
