"""Who is told what, and single attempts to tell. When to try again is the orchestrator's."""

import logging
import os
from urllib.parse import urlsplit

from aiohttp.resolver import ThreadedResolver

from activities.delivery import CheckedResolver, post
from bootmend.evidence.subscriptions import subscription_store
from bootmend.models.jobs import Stored, Subject
from bootmend.models.webhooks import Deliver, Delivery, Notice, Recipients, Subscription
from bootmend.settings import settings
from bootmend.webhooks import SIGNATURE_HEADER, callback_fault, cloud_event, is_loopback, signature

EVENT_TOPIC = "event_topic"
_LOG = logging.getLogger("bootmend.notify")


async def find_recipients(job: Notice) -> Recipients:
    """Every subscription that wants this notice, and the Event Grid topic where there is one."""
    what = job.data.outcome or (job.data.checkpoint.name if job.data.checkpoint else "")
    _LOG.info("notice: %s of repair %s: %s", job.type, job.data.repair_id, what)
    wanted = [one.id for one in await subscription_store().all() if _wants(one, job)]
    return Recipients(ids=(*wanted, EVENT_TOPIC) if settings().event_topic else tuple(wanted))


def _wants(subscription: Subscription, notice: Notice) -> bool:
    return notice.type in subscription.events and subscription.repair_id in {None, notice.data.repair_id}


async def deliver(job: Deliver) -> Delivery:
    """One attempt. A subscription for one notice ends when it was delivered, any when its receiver says so."""
    if job.recipient == EVENT_TOPIC:
        return await _to_topic(job)
    subscription = await subscription_store().get(job.recipient)
    if subscription is None:
        return Delivery(state="gone", why="the subscription was deleted")
    came = await _to_webhook(subscription, job)
    if came.state == "gone" or (came.state == "delivered" and subscription.once):
        await subscription_store().remove(subscription.id)
    host = urlsplit(subscription.callback_url).hostname
    _LOG.info("%s of repair %s to %s: %s %s", job.notice.type, job.notice.data.repair_id, host, came.state, came.why)
    return came


async def _to_webhook(subscription: Subscription, job: Deliver) -> Delivery:
    rules, url = settings(), subscription.callback_url
    # Once more: the settings may have become stricter since the subscription was made.
    simulated = is_loopback(urlsplit(rules.arm_endpoint).hostname or "")
    fault = callback_fault(url, rules.webhook_hosts, loopback_too=simulated)
    if fault is not None:
        return Delivery(state="refused", why=f"the callback URL {fault}")
    body = cloud_event(job.notice, origin())
    headers = {SIGNATURE_HEADER: signature(rules.webhook_key.get_secret_value(), job.at, body)}
    here = simulated and is_loopback(urlsplit(url).hostname or "")
    return await post(url, body, headers, None if here else CheckedResolver(ThreadedResolver()))


async def _to_topic(job: Deliver) -> Delivery:
    """The topic is the operator's own setting: it may well be behind a private endpoint."""
    rules = settings()
    if not rules.event_topic:
        return Delivery(state="gone", why="there is no Event Grid topic any more")
    key = {"aeg-sas-key": rules.event_topic_key.get_secret_value()}
    return await post(rules.event_topic, cloud_event(job.notice, origin()), key)


async def forget_subscriptions(job: Subject) -> Stored:
    """Removes the subscriptions to this repair alone: it has ended, and they will never be needed again."""
    bound = [one.id for one in await subscription_store().all() if one.repair_id == job.repair_id]
    return Stored(names=tuple([one for one in bound if await subscription_store().remove(one)]))


def origin() -> str:
    """Where this app is reached: as the settings say, or by the name that App Service gave it (App settings reference)."""
    site = os.environ.get("WEBSITE_HOSTNAME", "")
    return settings().public_url or (f"https://{site}" if site else "")
