"""Starts triages, and gives the one activity that needs the durable client its client."""

import logging
from typing import Any, Literal

import grpc
from azure.durable_functions import Blueprint, DurableFunctionsClient
from durabletask.client import OrchestrationQuery, OrchestrationState
from durabletask.internal.orchestrator_service_pb2 import OrchestrationIdReusePolicy

from bootmend.models.answer import Answer
from bootmend.models.events import Confirmed, Hint, Ignored, PastRepair, TriageEnd, TriageJob
from bootmend.models.repair import RepairRequest, StartedBy
from bootmend.names import vm_hash
from bootmend.settings import settings
from bootmend.triage import begin_repair as begin
from bootmend.triage import triage_id
from triggers.starting import active_of, start
from triggers.views import ENDED, REPAIR_VM, job_of, status_of, utc

TRIAGE_VM = "triage_vm"
_LOG = logging.getLogger("bootmend.triage")

blueprint = Blueprint()


class DurableRepairs:
    """The repairs of a VM, as the durable engine knows them."""

    def __init__(self, client: DurableFunctionsClient) -> None:
        self._client = client

    async def of(self, vm_id: str) -> tuple[PastRepair, ...]:
        query = OrchestrationQuery(instance_id_prefix=vm_hash(vm_id), fetch_inputs_and_outputs=True)
        states = [state for state in await self._client.get_all_orchestration_states(query) if state.name == REPAIR_VM]
        past = tuple(_past(state) for state in states)
        attending = await active_of(self._client, vm_id)
        if attending is None or any(repair.ended_at is None for repair in past):
            return past
        return (*past, PastRepair(repair_id=job_of(attending).repair_id, began_at=utc(attending.created_at)))

    async def start(self, request: RepairRequest, started_by: StartedBy) -> str:
        return await start(self._client, request, started_by)


def _past(state: OrchestrationState) -> PastRepair:
    ended = state.runtime_status in ENDED
    return PastRepair(
        repair_id=state.instance_id,
        began_at=utc(state.created_at),
        ended_at=utc(state.last_updated_at) if ended else None,
        outcome=status_of(state).outcome,
    )


async def take(client: DurableFunctionsClient, hint: Hint | Ignored) -> tuple[Literal["started", "ignored"], str]:
    """Starts the triage of a hint's VM, unless it is known already; says what came of it in words.

    Raises what the engine raises when it cannot be reached: the sender must deliver again.
    """
    why_not = hint.why if isinstance(hint, Ignored) else await _known(client, hint)
    if why_not is None and isinstance(hint, Hint):
        why_not = await _start(client, hint)
    _LOG.info("%s: %s", "ignored" if why_not else "triage started", why_not or hint)
    return ("ignored", why_not) if why_not else ("started", "the VM will be looked at after the settling time")


async def _known(client: DurableFunctionsClient, hint: Hint) -> str | None:
    """Why the hint tells nothing new. Times are compared with each other; the trigger itself reads no clock."""
    attending = await active_of(client, hint.vm_id)
    if attending is not None:
        return f"repair {job_of(attending).repair_id} is active for this VM"
    last = await client.get_orchestration_state(triage_id(hint.vm_id))
    if last is None:
        return None
    if last.runtime_status not in ENDED:
        return "a triage of this VM runs, or has only just ended"
    end = last.get_custom_status()
    if not isinstance(end, dict) or hint.occurred_at is None:
        return None
    if hint.occurred_at <= TriageEnd.model_validate(end).looked_at:
        return "the VM was looked at after this happened"
    return None


async def _start(client: DurableFunctionsClient, hint: Hint) -> str | None:
    rules = settings()
    job = TriageJob(hint=hint, settle_seconds=rules.settle_seconds, quiet_seconds=rules.quiet_seconds)
    try:
        await client.schedule_new_orchestration(
            TRIAGE_VM,
            input=job.model_dump(mode="json"),
            instance_id=triage_id(hint.vm_id),
            reuse_id_policy=OrchestrationIdReusePolicy(replaceableStatus=[status.value for status in ENDED]),
        )
    except grpc.aio.AioRpcError:
        # Another event of the same burst was first: the engine refuses a second start under an id that is active.
        state = await client.get_orchestration_state(triage_id(hint.vm_id))
        if state is None or state.runtime_status in ENDED:
            raise
        return "another event about this VM was first"
    return None


async def begin_repair(job: Any, client: DurableFunctionsClient) -> Any:
    """Activity, with the durable client that starting a repair needs."""
    end = await begin(Confirmed.model_validate(job), DurableRepairs(client))
    _LOG.info("triage of a confirmed VM: repair %s: %s", end.repair_id, end.why)
    return Answer(value=end.model_dump(mode="json")).model_dump(mode="json")


begin_repair.__annotations__ = {"job": dict, "client": DurableFunctionsClient, "return": dict}
blueprint.durable_client_input(client_name="client")(blueprint.activity_trigger(input_name="job")(begin_repair))
