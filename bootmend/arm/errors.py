"""Azure's refusals, by what can be done about them.

ArmError
├── Transient            a retry may cure it; `retry_after` in seconds if Azure asked for a wait
│   └── Throttled        429: the caller waits by a durable timer, never inside an activity
├── NotFound             it is not there
├── PreconditionFailed   the resource is no longer as it was recorded (412, or our own comparison)
├── Locked               a management lock forbids it (ScopeLocked)
├── Denied               permission or policy forbids it
├── NoCapacity           no such size here, or no quota: another size, zone or region may do
├── NotOurs              it lacks our tag, or bears another repair's: we do not touch it
└── Rejected             all the rest; a retry would be answered the same
"""

# ruff: noqa: N818 - Azure's situations, named as the runbook names them

import email.utils
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime


class ArmError(Exception):
    """What Azure said, in its words, with its code and the HTTP status (None where no answer came)."""

    def __init__(self, message: str, code: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status


class Transient(ArmError):
    def __init__(
        self, message: str, code: str = "", status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, code, status)
        self.retry_after = retry_after


class Throttled(Transient):
    pass


class NotFound(ArmError):
    pass


class PreconditionFailed(ArmError):
    pass


class Locked(ArmError):
    pass


class Denied(ArmError):
    pass


class NoCapacity(ArmError):
    pass


class NotOurs(ArmError):
    pass


class Rejected(ArmError):
    pass


# Azure Resource Manager - Common deployment errors; Virtual Machines - Troubleshoot allocation failures.
_CODES: dict[type[ArmError], tuple[str, ...]] = {
    Throttled: ("TooManyRequests", "SubscriptionRequestsThrottled", "ResourceRequestsThrottled"),
    Transient: (
        "AnotherOperationInProgress", "Conflict", "OperationPreempted", "RetryableError", "ServerTimeout",
        "RetryableErrorDueToAnotherOperation", "CanceledAndSupersededDueToAnotherOperation", "InternalServerError",
        "AttachDiskWhileBeingDetached", "InternalExecutionError", "InternalOperationError", "GatewayTimeout",
        "NetworkingInternalOperationError", "ServiceUnavailable",
    ),
    Locked: ("ScopeLocked",),
    Denied: (
        "AuthorizationFailed", "LinkedAuthorizationFailed", "RequestDisallowedByPolicy", "ReadOnlyDisabledSubscription",
        "InvalidAuthenticationTokenTenant", "DisallowedByAzurePolicy",
    ),
    NoCapacity: (
        "SkuNotAvailable", "AllocationFailed", "ZonalAllocationFailed", "OverconstrainedAllocationRequest",
        "OverconstrainedZonalAllocationRequest", "QuotaExceeded", "CapacityNotAvailable",
    ),
    PreconditionFailed: ("PreconditionFailed", "ConditionNotMet"),
    NotFound: ("ResourceNotFound", "ResourceGroupNotFound", "ParentResourceNotFound", "NotFound"),
}  # fmt: skip
_KIND_OF_CODE = {code.lower(): kind for kind, codes in _CODES.items() for code in codes}
_KIND_OF_STATUS: dict[int, type[ArmError]] = {
    **dict.fromkeys((401, 408, 500, 502, 503, 504), Transient),
    403: Denied, 404: NotFound, 410: NotFound, 412: PreconditionFailed, 429: Throttled,
}  # fmt: skip
# A word of its own: a VM may well be called `vm-core`.
_ABOUT_QUOTA = re.compile(r"(?<![\w/-])(quota|cores?|vcpus?)(?![\w/-])", re.IGNORECASE)
_DIGITS = re.compile(r"\d+(\.\d+)?")


def failure_kind(code: str | None, message: str | None = None) -> type[ArmError]:
    """What kind of failure an operation that ended with this code is. Unknown codes are `Rejected`."""
    kind = _KIND_OF_CODE.get((code or "").lower())
    if kind is None and (code or "").lower() == "operationnotallowed" and _ABOUT_QUOTA.search(message or ""):
        return NoCapacity
    return kind or Rejected


def error_from(status: int, body: bytes | str, headers: Mapping[str, str]) -> ArmError:
    """The error that an HTTP answer tells.

    Takes both of Azure's forms, `{"error": {code, message, details}}` and the flat one of compute's 429
    (Virtual Machines - Troubleshoot API throttling errors), and a body that is empty or no JSON at all.
    """
    told = tuple(_told(body))
    code, message = told[0] if told else ("", "")
    kind, decisive = _classify(status, told)
    text = f"{decisive or code}: {message}" if message else f"Azure answered with status {status} and no reason"
    if issubclass(kind, Transient):
        return kind(text, decisive or code, status, retry_after_seconds(headers))
    return kind(text, decisive or code, status)


def retry_after_seconds(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """How long Azure asks to wait, in seconds. The milliseconds header wins: it is the exacter one.

    Retry-After may be a fraction in a simulator, or a date; what cannot be read counts as not asked.
    """
    lowered = {name.lower(): value.strip() for name, value in headers.items()}
    for name in ("x-ms-retry-after-ms", "retry-after-ms"):
        if _DIGITS.fullmatch(lowered.get(name, "")):
            return float(lowered[name]) / 1000
    text = lowered.get("retry-after", "")
    if _DIGITS.fullmatch(text):
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (until.astimezone(UTC) - (now or datetime.now(UTC))).total_seconds())


def _classify(status: int, told: tuple[tuple[str, str], ...]) -> tuple[type[ArmError], str]:
    """The kind, and the code that decided it ("" if the status did). An inner code is often the telling one."""
    if status == 429:
        return Throttled, next((code for code, _ in told if _KIND_OF_CODE.get(code.lower()) is Throttled), "")
    for code, message in told:
        kind = failure_kind(code, message)
        if kind is not Rejected:
            return kind, code
    return _KIND_OF_STATUS.get(status, Rejected), ""


def _told(body: bytes | str) -> Iterator[tuple[str, str]]:
    """Every (code, message) in the body, the outermost first."""
    try:
        document = json.loads(body or "null")
    except ValueError:
        return
    waiting: list[object] = [document.get("error", document) if isinstance(document, dict) else None]
    while waiting:
        error = waiting.pop(0)
        if not isinstance(error, dict):
            continue
        if error.get("code"):
            yield str(error["code"]), str(error.get("message") or "")
        details = error.get("details")
        waiting += details if isinstance(details, list) else []
        waiting.append(error.get("innererror") or error.get("innerError"))
