"""Starts a repair, whoever asks: one VM, one repair at a time."""

import secrets

import grpc
from azure.durable_functions import DurableFunctionsClient
from durabletask.client import OrchestrationState
from durabletask.internal.orchestrator_service_pb2 import OrchestrationIdReusePolicy

from bootmend.models.repair import RepairJob, RepairRequest, StartedBy
from bootmend.names import attend_id, new_repair_id
from triggers.views import ENDED, job_of

ATTEND_VM = "attend_vm"


async def start(client: DurableFunctionsClient, request: RepairRequest, started_by: StartedBy) -> str:
    """Answers the id of the repair: the one that is active for this VM already, or a new one."""
    active = await active_of(client, request.vm_id)
    if active is not None:
        return job_of(active).repair_id
    job = RepairJob(
        repair_id=new_repair_id(request.vm_id, secrets.token_hex(6)),
        vm_id=request.vm_id,
        reason=request.reason,
        policy=request.policy,
        started_by=started_by,
    )
    try:
        await client.schedule_new_orchestration(
            ATTEND_VM,
            input=job.model_dump(mode="json"),
            instance_id=attend_id(request.vm_id),
            reuse_id_policy=OrchestrationIdReusePolicy(replaceableStatus=[status.value for status in ENDED]),
        )
    except grpc.aio.AioRpcError:
        # Somebody else was first: the engine refuses a second start under an id that is active.
        active = await active_of(client, request.vm_id)
        if active is None:
            raise
        return job_of(active).repair_id
    return job.repair_id


async def active_of(client: DurableFunctionsClient, vm_id: str) -> OrchestrationState | None:
    """The instance that attends this VM while a repair of it is active."""
    state = await client.get_orchestration_state(attend_id(vm_id))
    return state if state is not None and state.runtime_status not in ENDED else None
