"""One VM, one repair: the instance id derives from the VM, so the engine itself refuses a second one at the same time."""

from typing import Any

from durabletask import task

from bootmend.models.repair import RepairJob
from orchestrators.repair_vm import repair_vm
from orchestrators.step import Steps


def attend_vm(ctx: task.OrchestrationContext, wire: dict[str, Any]) -> Steps[Any]:
    """Orchestrator: runs the repair, with its history, under the id that the caller was given when it was accepted."""
    job = RepairJob.model_validate(wire)
    ctx.set_custom_status({"repair_id": job.repair_id})
    report = yield ctx.call_sub_orchestrator(repair_vm.__name__, input=wire, instance_id=job.repair_id)
    return {"repair_id": job.repair_id, "outcome": report["outcome"]}
