"""The HTTP API of repairs."""

import azure.functions as func
from azure.durable_functions import Blueprint, DurableFunctionsClient
from durabletask.client import OrchestrationQuery, OrchestrationStatus
from pydantic import Field

from bootmend.models.record import Request
from bootmend.models.repair import Awaiting, Decision, RepairRequest
from bootmend.names import vm_hash
from triggers.callbacks import check_callback
from triggers.http import accepted, answer, route
from triggers.problems import ProblemError, conflict, not_found, read_body
from triggers.starting import start
from triggers.views import ENDED, REPAIR_VM, broken_report, find, job_of, repair_view, status_of
from triggers.who import check_may_decide, principal, who

CANCEL = "cancel"
_STATUS_OF_OUTCOME = {"refused": 422, "failed": 409}
_WORDS_FOR = {"confirm_boot": {"approve": "booted", "reject": "not_booted"}}
"""Answers that mean the same at a checkpoint whose own words are others."""

blueprint = Blueprint()


class CancelRequest(Request):
    by: str = Field(default="", max_length=200)
    comment: str = Field(default="", max_length=2000)


async def start_repair(req: func.HttpRequest, client: DurableFunctionsClient) -> func.HttpResponse:
    """POST /api/repairs: 202 with the repair; for a VM whose repair is active, with that one."""
    asked = read_body(req, RepairRequest)
    check_callback(asked.callback_url)
    repair_id = await start(client, asked, "http", principal(req))
    return accepted(req, repair_id, await repair_view(client, await find(client, repair_id)))


async def list_repairs(req: func.HttpRequest, client: DurableFunctionsClient) -> func.HttpResponse:
    """GET /api/repairs?state=active|waiting|done|<outcome>&vm_id=: the newest first."""
    vm_id, wanted = req.params.get("vm_id"), req.params.get("state")
    query = OrchestrationQuery(instance_id_prefix=vm_hash(vm_id) if vm_id else None, fetch_inputs_and_outputs=True)
    states = [state for state in await client.get_all_orchestration_states(query) if state.name == REPAIR_VM]
    states.sort(key=lambda state: state.created_at, reverse=True)
    views = [await repair_view(client, state) for state in states]
    shown = [view for view in views if wanted is None or wanted in _states_of(view["outcome"], view["awaiting"])]
    return answer({"repairs": shown})


def _states_of(outcome: str | None, awaiting: object) -> set[str]:
    if outcome is not None:
        return {"done", outcome}
    return {"active", "waiting"} if awaiting else {"active"}


async def get_repair(req: func.HttpRequest, client: DurableFunctionsClient) -> func.HttpResponse:
    """GET /api/repairs/{id}"""
    return answer(await repair_view(client, await find(client, req.route_params["id"])))


async def get_result(req: func.HttpRequest, client: DurableFunctionsClient) -> func.HttpResponse:
    """GET /api/repairs/{id}/result: 202 until done; then the report, with 422 for `refused` and 409 for `failed`."""
    repair_id = req.route_params["id"]
    state = await find(client, repair_id)
    if state.runtime_status not in ENDED:
        return accepted(req, repair_id, await repair_view(client, state))
    if state.runtime_status is not OrchestrationStatus.COMPLETED or state.name != REPAIR_VM:
        return answer(broken_report(state), 409)
    report = state.get_output()
    return answer(report, _STATUS_OF_OUTCOME.get(report["outcome"], 200))


async def decide_checkpoint(req: func.HttpRequest, client: DurableFunctionsClient) -> func.HttpResponse:
    """POST /api/repairs/{id}/checkpoints/{checkpoint_id}: answers a checkpoint that waits, by its id or its name."""
    repair_id, asked = req.route_params["id"], req.route_params["checkpoint_id"]
    decision = read_body(req, Decision)
    state = await find(client, repair_id)
    awaiting = _awaited(status_of(state).awaiting, repair_id, asked)
    word = _WORDS_FOR.get(awaiting.name, {}).get(decision.decision, decision.decision)
    if word not in awaiting.decisions:
        right = f"must be one of {', '.join(awaiting.decisions)}"
        raise ProblemError(422, "Invalid request", f"decision: {right}", [{"field": "decision", "message": right}])
    person = who(req, decision.by)
    check_may_decide(person, word, job_of(state).requested_by)
    event = {**decision.model_dump(mode="json"), "decision": word, **person.model_dump(mode="json")}
    event |= awaiting.model_dump(mode="json", include={"checkpoint_id", "deadline"})
    await client.raise_orchestration_event(repair_id, awaiting.checkpoint_id, data=event)
    return answer({"id": repair_id, **event}, 202)


def _awaited(awaiting: Awaiting | None, repair_id: str, asked: str) -> Awaiting:
    if awaiting is None:
        raise conflict(
            f"repair {repair_id} waits for nobody now: the checkpoint was answered, timed out, or never asked"
        )
    if asked not in {awaiting.checkpoint_id, awaiting.name}:
        raise not_found(f"repair {repair_id} waits at checkpoint {awaiting.checkpoint_id}, not at {asked[:80]}")
    return awaiting


async def cancel_repair(req: func.HttpRequest, client: DurableFunctionsClient) -> func.HttpResponse:
    """POST /api/repairs/{id}/cancel: possible until the boot is verified, 409 afterwards."""
    repair_id = req.route_params["id"]
    asked = read_body(req, CancelRequest)
    state = await find(client, repair_id)
    if state.runtime_status in ENDED or not status_of(state).cancellable:
        raise conflict(f"repair {repair_id} can no longer be cancelled: its boot was verified, or it is ending")
    if state.name != REPAIR_VM:
        raise conflict(f"repair {repair_id} is only just beginning: ask again in a moment")
    event = {**asked.model_dump(mode="json"), **who(req, asked.by).model_dump(mode="json")}
    await client.raise_orchestration_event(repair_id, CANCEL, data=event)
    return answer(await repair_view(client, state), 202)


route(blueprint, "POST", "repairs", start_repair)
route(blueprint, "GET", "repairs", list_repairs)
route(blueprint, "GET", "repairs/{id}", get_repair)
route(blueprint, "GET", "repairs/{id}/result", get_result)
route(blueprint, "POST", "repairs/{id}/checkpoints/{checkpoint_id}", decide_checkpoint)
route(blueprint, "POST", "repairs/{id}/cancel", cancel_repair)
