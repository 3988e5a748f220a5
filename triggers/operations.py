"""The HTTP API as a table: what each route takes and answers. The API's description and the connector are made from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from bootmend.models.api import ApiDescription, DecisionTaken, EvidenceList, Problem, RepairList, RepairView
from bootmend.models.events import Alert, AlertTaken
from bootmend.models.repair import Decision, RepairRequest
from bootmend.models.report import Report
from bootmend.models.webhooks import EndRequest, SubscriptionRequest, SubscriptionView
from triggers.repairs import CancelRequest

VM = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-prod"
    "/providers/Microsoft.Compute/virtualMachines/vm-web-01"
)
REPAIR = "0123456789abcdef-0123456789ab"


@dataclass(frozen=True)
class Answers:
    """One status: what it means, and the body's model. Without a model the body is empty, or none of JSON."""

    means: str
    model: type[BaseModel] | None = None
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One method of one route. `answers` by status, beside 401, which the host gives where the key is missing."""

    id: str
    method: str
    path: str
    summary: str
    answers: Mapping[int, Answers]
    takes: type[BaseModel] | None = None
    example: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


PARAMETERS = MappingProxyType(
    {
        "id": "the id, as the answer to the request that made it says",
        "checkpoint_id": "`awaiting.checkpoint_id`, or the checkpoint's name",
        "name": "one of the names in the list of evidence",
    }
)
NO_JSON = Answers("the body is no JSON object", Problem)
NOT_FOUND = Answers("there is no such thing", Problem)
WRONG = Answers("a field is missing, wrong or unknown", Problem)
POLL = ("Location", "Retry-After")

OPERATIONS = (
    Operation(
        id="start_repair",
        method="POST",
        path="repairs",
        summary="Start a repair",
        takes=RepairRequest,
        example={"vm_id": VM, "reason": "does not boot since the update", "policy": {"dry_run": True}},
        answers={
            202: Answers("the repair, or the one that is active for this VM already", RepairView, POLL),
            400: NO_JSON,
            409: Answers("the repair of this VM is just ending, or there are too many subscriptions", Problem),
            422: WRONG,
        },
    ),
    Operation(
        id="list_repairs",
        method="GET",
        path="repairs",
        summary="List repairs, the newest first",
        query={"state": "active, waiting, done, or an outcome", "vm_id": "of this VM only"},
        answers={200: Answers("the repairs", RepairList)},
    ),
    Operation(
        id="get_repair",
        method="GET",
        path="repairs/{id}",
        summary="Get a repair",
        answers={200: Answers("the repair", RepairView), 404: NOT_FOUND},
    ),
    Operation(
        id="get_result",
        method="GET",
        path="repairs/{id}/result",
        summary="Wait for a repair's report",
        answers={
            200: Answers("the report", Report),
            202: Answers("it has not ended: ask again", RepairView, POLL),
            404: NOT_FOUND,
            409: Answers("the report of a repair that failed: a person must look", Report),
            422: Answers("the report of a repair that was refused: nothing was touched", Report),
        },
    ),
    Operation(
        id="decide_checkpoint",
        method="POST",
        path="repairs/{id}/checkpoints/{checkpoint_id}",
        summary="Answer a checkpoint that waits",
        takes=Decision,
        example={"decision": "approve", "by": "ada@example.com", "comment": "go"},
        answers={
            202: Answers("the decision is taken", DecisionTaken),
            400: NO_JSON,
            403: Answers("who asked for the repair may not consent to it", Problem),
            404: Answers("there is no such repair, or it waits at another checkpoint", Problem),
            409: Answers("nobody is waited for: it was answered, timed out, or never asked", Problem),
            422: Answers("a field is wrong, or the decision is none of those offered", Problem),
        },
    ),
    Operation(
        id="cancel_repair",
        method="POST",
        path="repairs/{id}/cancel",
        summary="Cancel a repair and undo what it did",
        takes=CancelRequest,
        example={"by": "ada@example.com", "comment": "mended by hand"},
        answers={
            202: Answers("everything will be undone", RepairView),
            400: NO_JSON,
            404: NOT_FOUND,
            409: Answers("too late: its boot was verified, or it is ending", Problem),
            422: WRONG,
        },
    ),
    Operation(
        id="list_evidence",
        method="GET",
        path="repairs/{id}/evidence",
        summary="List a repair's evidence",
        answers={200: Answers("names and addresses", EvidenceList), 404: NOT_FOUND},
    ),
    Operation(
        id="get_evidence",
        method="GET",
        path="repairs/{id}/evidence/{name}",
        summary="Get one piece of evidence",
        answers={200: Answers("the piece, in its own format"), 404: NOT_FOUND},
    ),
    Operation(
        id="post_alert",
        method="POST",
        path="alerts",
        summary="Take an Azure Monitor alert",
        takes=Alert,
        answers={202: Answers("each target, and what came of it", AlertTaken), 400: NO_JSON, 422: WRONG},
    ),
    Operation(
        id="subscribe",
        method="POST",
        path="subscriptions",
        summary="Subscribe to notifications",
        takes=SubscriptionRequest,
        example={"callback_url": "https://hooks.example.com/bootmend", "events": ["checkpoint.waiting"]},
        answers={
            201: Answers("the subscription; DELETE its Location to end it", SubscriptionView, ("Location",)),
            400: NO_JSON,
            404: Answers("there is no such repair", Problem),
            409: Answers("the repair has ended, or there are too many subscriptions", Problem),
            422: WRONG,
        },
    ),
    Operation(
        id="end_subscription",
        method="POST",
        path="subscriptions/end",
        summary="End the subscriptions of a callback URL",
        takes=EndRequest,
        example={"callback_url": "https://hooks.example.com/bootmend"},
        answers={204: Answers("nothing is sent there any more"), 400: NO_JSON, 422: WRONG},
    ),
    Operation(
        id="unsubscribe",
        method="DELETE",
        path="subscriptions/{id}",
        summary="End a subscription",
        answers={204: Answers("it is gone"), 404: NOT_FOUND},
    ),
    Operation(
        id="describe_api",
        method="GET",
        path="openapi.json",
        summary="Describe this API",
        answers={200: Answers("OpenAPI 3.1", ApiDescription)},
    ),
)
