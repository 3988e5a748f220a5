"""Checks and keeps callback URLs: they may hold secrets, so they lie in the store and nowhere else."""

import hashlib
from urllib.parse import urlsplit

from bootmend.evidence.subscriptions import TooManySubscriptionsError, subscription_store
from bootmend.models.webhooks import Subscription
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


async def keep(subscription: Subscription) -> None:
    """Raises ProblemError 409 where there are too many."""
    try:
        await subscription_store().add(subscription)
    except TooManySubscriptionsError as error:
        raise conflict(str(error)) from None


def for_the_end(repair_id: str, url: str) -> Subscription:
    """The subscription that a repair's own `callback_url` makes. The same call again makes the same one."""
    number = hashlib.sha256(f"{repair_id} {url}".encode()).hexdigest()[:32]
    return Subscription(id=number, callback_url=url, events=("repair.finished",), repair_id=repair_id, once=True)
