"""A repair as the API shows it, put together from what the engine knows of its instance."""

from datetime import UTC, datetime
from typing import Any

from azure.durable_functions import DurableFunctionsClient
from durabletask.client import OrchestrationState, OrchestrationStatus

from bootmend.models.repair import RepairJob, RepairStatus
from bootmend.names import attend_id_of
from triggers.problems import not_found

REPAIR_VM = "repair_vm"
ENDED = (OrchestrationStatus.COMPLETED, OrchestrationStatus.FAILED, OrchestrationStatus.TERMINATED)


async def find(client: DurableFunctionsClient, repair_id: str) -> OrchestrationState:
    """The instance of this repair, or the one that attends its VM while the repair's own is not yet begun.

    Raises ProblemError 404 where there is no such repair.
    """
    try:
        attending_id = attend_id_of(repair_id)
    except ValueError as error:
        raise not_found(str(error)) from None
    state = await client.get_orchestration_state(repair_id)
    if state is not None:
        return state
    attending = await client.get_orchestration_state(attending_id)
    if attending is None or job_of(attending).repair_id != repair_id:
        raise not_found(f"there is no repair {repair_id}")
    return attending


def job_of(state: OrchestrationState) -> RepairJob:
    return RepairJob.model_validate(state.get_input())


def status_of(state: OrchestrationState) -> RepairStatus:
    """The status that the repair shows of itself. One whose orchestration broke down is `failed`."""
    shown = state.get_custom_status()
    status = RepairStatus.model_validate(shown) if isinstance(shown, dict) and "phase" in shown else RepairStatus()
    if state.runtime_status in ENDED and status.outcome is None:
        return status.model_copy(update={"outcome": "failed", "phase": "done", "awaiting": None, "cancellable": False})
    return status


async def repair_view(client: DurableFunctionsClient, state: OrchestrationState) -> dict[str, Any]:
    """The repair: `progress` is what the guest's script says of itself while one runs."""
    status = status_of(state)
    job = job_of(state)
    return {
        "id": job.repair_id,
        "vm_id": job.vm_id,
        **status.model_dump(mode="json", exclude={"watching"}),
        "progress": await _progress(client, status),
        "created_at": zulu(state.created_at),
        "updated_at": zulu(state.last_updated_at),
    }


async def _progress(client: DurableFunctionsClient, status: RepairStatus) -> Any:
    if status.watching is None:
        return None
    watching = await client.get_orchestration_state(status.watching, fetch_payloads=False)
    return watching.get_custom_status() if watching is not None else None


def broken_report(state: OrchestrationState) -> dict[str, Any]:
    """In place of the report that an orchestration could not write: what is known, and that a person must look."""
    job = job_of(state)
    why = state.failure_details.message if state.failure_details else f"it was {state.runtime_status.name.lower()}"
    return {
        "id": job.repair_id,
        "vm_id": job.vm_id,
        "outcome": "failed",
        "reason": f"the repair's orchestration broke down: {why}",
        **status_of(state).model_dump(mode="json", include={"steps", "evidence", "leftovers"}),
        "started_at": zulu(state.created_at),
        "finished_at": zulu(state.last_updated_at),
    }


def utc(moment: datetime) -> datetime:
    """The engine's client hands times over without a zone, in UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def zulu(moment: datetime) -> str:
    return utc(moment).isoformat().replace("+00:00", "Z")
