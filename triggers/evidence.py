"""The evidence of a repair: its list, and each piece."""

import azure.functions as func
from azure.durable_functions import Blueprint, DurableFunctionsClient

from bootmend.evidence.store import evidence_store
from triggers.http import answer, link, route
from triggers.problems import not_found
from triggers.views import find

_TYPES = {
    "json": "application/json",
    "log": "text/plain; charset=utf-8",
    "bmp": "image/bmp",
    "html": "text/html; charset=utf-8",
}

blueprint = Blueprint()


async def list_evidence(req: func.HttpRequest, client: DurableFunctionsClient) -> func.HttpResponse:
    """GET /api/repairs/{id}/evidence"""
    repair_id = req.route_params["id"]
    await find(client, repair_id)
    names = await evidence_store().names(repair_id)
    return answer(
        {"evidence": [{"name": name, "url": link(req, f"/api/repairs/{repair_id}/evidence/{name}")} for name in names]}
    )


async def get_evidence(req: func.HttpRequest, client: DurableFunctionsClient) -> func.HttpResponse:
    """GET /api/repairs/{id}/evidence/{name}: the guest wrote some of it, so a browser must not guess at its type."""
    repair_id, name = req.route_params["id"], req.route_params["name"]
    await find(client, repair_id)
    try:
        data = await evidence_store().get(repair_id, name)
    except ValueError as error:
        raise not_found(str(error)) from None
    if data is None:
        raise not_found(f"repair {repair_id} has no evidence {name}")
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
    kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    return func.HttpResponse(data, headers=headers, mimetype=kind)


route(blueprint, "GET", "repairs/{id}/evidence", list_evidence)
route(blueprint, "GET", "repairs/{id}/evidence/{name}", get_evidence)
