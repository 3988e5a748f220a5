"""The timer of the sweep. It asks the durable engine which repairs have ended, and hands only those on."""

import logging

import azure.functions as func
import grpc
from azure.durable_functions import Blueprint, DurableFunctionsClient
from durabletask.client import OrchestrationQuery, OrchestrationState
from durabletask.internal.orchestrator_service_pb2 import OrchestrationIdReusePolicy

from bootmend.models.sweep import DeadRepair, SweepJob
from triggers.views import ENDED, REPAIR_VM, job_of, status_of

EVERY_HOUR = "0 23 * * * *"
SWEEP = "sweep"
_FIRST_START = "start_source"
_LOG = logging.getLogger("bootmend.sweep")

blueprint = Blueprint()


async def dead_repairs(client: DurableFunctionsClient) -> tuple[DeadRepair, ...]:
    """Every repair that the engine knows as ended. One that it does not know may live in another task hub."""
    query = OrchestrationQuery(runtime_status=list(ENDED), fetch_inputs_and_outputs=True)
    return tuple(_dead(state) for state in await client.get_all_orchestration_states(query) if state.name == REPAIR_VM)


def _dead(state: OrchestrationState) -> DeadRepair:
    """A repair without a report, since its orchestration broke down, is told by its last status."""
    job, steps = job_of(state), status_of(state).steps
    output = state.get_output() if state.serialized_output else None
    report = output if isinstance(output, dict) else {}
    return DeadRepair(
        repair_id=job.repair_id,
        vm_id=job.vm_id,
        ran=not steps or any(step.name == _FIRST_START for step in steps),
        kept=tuple(entry["resource_id"] for entry in report.get("kept", ())),
    )


@blueprint.function_name("sweep_orphans")
@blueprint.timer_trigger(arg_name="timer", schedule=EVERY_HOUR)
@blueprint.durable_client_input(client_name="client")
async def sweep_orphans(timer: func.TimerRequest, client: DurableFunctionsClient) -> None:  # noqa: ARG001 - the binding's
    """Begins a sweep, unless the one before is still at work."""
    dead = await dead_repairs(client)
    try:
        await client.schedule_new_orchestration(
            SWEEP,
            input=SweepJob(dead=dead).model_dump(mode="json"),
            instance_id=SWEEP,
            reuse_id_policy=OrchestrationIdReusePolicy(replaceableStatus=[status.value for status in ENDED]),
        )
    except grpc.aio.AioRpcError as error:
        _LOG.info("no sweep was begun, one is still at work: %s", error.code().name)
