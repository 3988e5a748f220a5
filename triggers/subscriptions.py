"""Standing and single subscriptions to notifications."""

from urllib.parse import urlsplit

import azure.functions as func
from azure.durable_functions import Blueprint, DurableFunctionsClient

from bootmend.evidence.subscriptions import subscription_store
from bootmend.models.webhooks import EndRequest, SubscriptionRequest, SubscriptionView
from triggers.callbacks import check_callback, keep, subscription
from triggers.http import answer, link, route
from triggers.problems import conflict, not_found, read_body
from triggers.views import ENDED, find

blueprint = Blueprint()


async def subscribe(req: func.HttpRequest, client: DurableFunctionsClient) -> func.HttpResponse:
    """POST /api/subscriptions: 201 with a Location, whose DELETE ends it."""
    asked = read_body(req, SubscriptionRequest)
    check_callback(asked.callback_url)
    made = subscription(asked)
    await keep(made)
    if asked.repair_id is not None:
        await _check_not_over(client, asked.repair_id, made.id)
    host = urlsplit(asked.callback_url).hostname or ""
    view = SubscriptionView(host=host, **made.model_dump(exclude={"callback_url"}))
    headers = {"Location": link(req, f"/api/subscriptions/{made.id}")}
    return answer(view.model_dump(mode="json"), 201, headers)


async def _check_not_over(client: DurableFunctionsClient, repair_id: str, subscription_id: str) -> None:
    """Looks after the subscription is kept: a repair that ends between the two would otherwise tell nobody."""
    over = True
    try:
        over = (await find(client, repair_id)).runtime_status in ENDED
    finally:
        if over:
            await subscription_store().remove(subscription_id)
    if over:
        raise conflict(f"repair {repair_id} has ended: there is nothing left to be told")


async def unsubscribe(req: func.HttpRequest, _client: DurableFunctionsClient) -> func.HttpResponse:
    """DELETE /api/subscriptions/{id}: 204, or 404 for one that does not exist, any longer or at all."""
    subscription_id = req.route_params["id"]
    if not await subscription_store().remove(subscription_id):
        raise not_found(f"there is no subscription {subscription_id[:80]}")
    return func.HttpResponse(status_code=204)


async def end_subscription(req: func.HttpRequest, _client: DurableFunctionsClient) -> func.HttpResponse:
    """POST /api/subscriptions/end: 204 when nothing is sent to this URL any more, or never was.

    A Logic App's webhook trigger knows its callback URL when it unsubscribes, but not what it was answered when it subscribed.
    """
    url = read_body(req, EndRequest).callback_url
    for one in await subscription_store().all():
        if one.callback_url == url:
            await subscription_store().remove(one.id)
    return func.HttpResponse(status_code=204)


route(blueprint, "POST", "subscriptions", subscribe)
route(blueprint, "POST", "subscriptions/end", end_subscription)
route(blueprint, "DELETE", "subscriptions/{id}", unsubscribe)
