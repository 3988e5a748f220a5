"""Starts a repair, whoever asks: one VM, one repair at a time."""

import secrets

import grpc
from azure.durable_functions import DurableFunctionsClient
from durabletask.client import OrchestrationState
from durabletask.internal.orchestrator_service_pb2 import OrchestrationIdReusePolicy

from bootmend.evidence.subscriptions import subscription_store
from bootmend.models.repair import RepairJob, RepairRequest, StartedBy
from bootmend.names import attend_id, new_repair_id
from triggers.callbacks import for_the_end, keep
from triggers.problems import conflict
from triggers.views import ENDED, job_of

ATTEND_VM = "attend_vm"


async def start(
    client: DurableFunctionsClient, request: RepairRequest, started_by: StartedBy, requested_by: str = ""
) -> str:
    """Answers the id of the repair: the one that is active for this VM already, or a new one.

    Raises ProblemError 409 where the active one ends at this very moment, so that its end could not be called back.
    """
    active = await active_of(client, request.vm_id)
    if active is not None:
        return await _join(client, request, job_of(active).repair_id)
    job = RepairJob(
        repair_id=new_repair_id(request.vm_id, secrets.token_hex(6)),
        vm_id=request.vm_id,
        reason=request.reason,
        policy=request.policy,
        started_by=started_by,
        requested_by=requested_by,
    )
    await _subscribe(request, job.repair_id)
    try:
        await client.schedule_new_orchestration(
            ATTEND_VM,
            input=job.model_dump(mode="json"),
            instance_id=attend_id(request.vm_id),
            reuse_id_policy=OrchestrationIdReusePolicy(replaceableStatus=[status.value for status in ENDED]),
        )
    except grpc.aio.AioRpcError:
        # Somebody else was first: the engine refuses a second start under an id that is active.
        await _unsubscribe(request, job.repair_id)
        active = await active_of(client, request.vm_id)
        if active is None:
            raise
        return await _join(client, request, job_of(active).repair_id)
    return job.repair_id


async def active_of(client: DurableFunctionsClient, vm_id: str) -> OrchestrationState | None:
    """The instance that attends this VM while a repair of it is active."""
    state = await client.get_orchestration_state(attend_id(vm_id))
    return state if state is not None and state.runtime_status not in ENDED else None


async def _join(client: DurableFunctionsClient, request: RepairRequest, repair_id: str) -> str:
    """Takes the active repair for the one that was asked for. Looks again after subscribing: it may have ended meanwhile."""
    if request.callback_url is None:
        return repair_id
    await _subscribe(request, repair_id)
    state = await client.get_orchestration_state(repair_id)
    if state is not None and state.runtime_status in ENDED:
        await _unsubscribe(request, repair_id)
        raise conflict(f"repair {repair_id} of this VM is just ending: ask again in a moment")
    return repair_id


async def _subscribe(request: RepairRequest, repair_id: str) -> None:
    if request.callback_url is not None:
        await keep(for_the_end(repair_id, request.callback_url))


async def _unsubscribe(request: RepairRequest, repair_id: str) -> None:
    if request.callback_url is not None:
        await subscription_store().remove(for_the_end(repair_id, request.callback_url).id)
