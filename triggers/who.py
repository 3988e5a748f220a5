"""Who asks: the principal that App Service Authentication vouches for, else the name that the caller claims."""

import azure.functions as func

from bootmend.models.record import Record
from bootmend.settings import settings
from triggers.problems import ProblemError

_PRINCIPAL = "X-MS-CLIENT-PRINCIPAL-NAME"
_PRINCIPAL_ID = "X-MS-CLIENT-PRINCIPAL-ID"
_CONSENT = {"approve", "booted", "restore_backup"}


class Who(Record):
    by: str
    claimed: bool


def principal(request: func.HttpRequest) -> str:
    """The signed-in principal's name or id; empty where there is none, or nobody guards these headers from forgery.

    Source: Work with user identities in Azure App Service authentication.
    """
    if not settings().easy_auth:
        return ""
    return (request.headers.get(_PRINCIPAL) or request.headers.get(_PRINCIPAL_ID) or "").strip()[:200]


def who(request: func.HttpRequest, claims: str) -> Who:
    """`claims`: the name in the request's body."""
    known = principal(request)
    return Who(by=known or claims, claimed=not known)


def check_may_decide(person: Who, decision: str, requested_by: str) -> None:
    """Raises ProblemError 403 where the settings forbid that who asked for a repair also consents to it."""
    if settings().requester_may_approve or decision not in _CONSENT:
        return
    if person.claimed:
        why = (
            "nobody is signed in: consent needs a person other than the one who asked (BOOTMEND_REQUESTER_MAY_APPROVE)"
        )
        raise ProblemError(403, "Forbidden", why)
    if requested_by and person.by.lower() == requested_by.lower():
        why = f"{person.by} asked for this repair, so somebody else must consent (BOOTMEND_REQUESTER_MAY_APPROVE)"
        raise ProblemError(403, "Forbidden", why)
