"""Azure Monitor's alerts, by an action group's webhook or function action, in the common alert schema."""

import azure.functions as func
from azure.durable_functions import Blueprint, DurableFunctionsClient

from bootmend.events import read_alert
from bootmend.models.events import Alert, AlertTaken, HintTaken
from triggers.http import answer, route
from triggers.problems import read_body
from triggers.triage import take

blueprint = Blueprint()


async def post_alert(req: func.HttpRequest, client: DurableFunctionsClient) -> func.HttpResponse:
    """POST /api/alerts: 202 with what came of each target. An alert that does not count is no error."""
    alert = read_body(req, Alert)
    targets = []
    for target, hint in read_alert(alert):
        triage, why = await take(client, hint)
        targets.append(HintTaken(vm_id=target, triage=triage, why=why))
    return answer(AlertTaken(targets=tuple(targets)).model_dump(mode="json"), 202)


route(blueprint, "POST", "alerts", post_alert)
