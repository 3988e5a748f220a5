"""Checks and keeps callback URLs: they may hold secrets, so they lie in the store and nowhere else."""

import hashlib
from urllib.parse import urlsplit

from bootmend.evidence.subscriptions import TooManySubscriptionsError, subscription_store
from bootmend.models.webhooks import Subscription, SubscriptionRequest
from bootmend.settings import settings
from bootmend.webhooks import callback_fault, is_loopback
from triggers.problems import ProblemError, conflict


def check_callback(url: str | None) -> None:
    """Raises ProblemError 422 for a URL to which nothing may be sent."""
    if url is None:
        return
    rules = settings()
    simulated = is_loopback(urlsplit(rules.arm_endpoint).hostname or "")
    fault = callback_fault(url, rules.webhook_hosts, loopback_too=simulated)
    if fault is not None:
        raise ProblemError(
            422, "Invalid request", f"callback_url: {fault}", [{"field": "callback_url", "message": fault}]
        )


async def keep(made: Subscription) -> None:
    """Raises ProblemError 409 where there are too many."""
    try:
        await subscription_store().add(made)
    except TooManySubscriptionsError as error:
        raise conflict(str(error)) from None


def for_the_end(repair_id: str, url: str) -> Subscription:
    """The subscription that a repair's own `callback_url` makes. The same call again makes the same one."""
    asked = SubscriptionRequest(callback_url=url, events=("repair.finished",), repair_id=repair_id, once=True)
    return subscription(asked, "callback")


def subscription(asked: SubscriptionRequest, kind: str = "") -> Subscription:
    """The same URL for the same repair is the same subscription, however often it is asked for: a Logic App subscribes anew
    whenever it is saved, and must not be told everything twice."""
    text = f"{kind} {asked.repair_id or ''} {asked.callback_url}"
    return Subscription(id=hashlib.sha256(text.encode()).hexdigest()[:32], **asked.model_dump())
