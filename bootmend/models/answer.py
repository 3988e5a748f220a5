"""What an activity answers on the wire: a value, or a failure that was to be expected."""

from typing import Any, Literal

from bootmend.models.record import Record

FailureKind = Literal[
    "crashed", "no_capacity", "not_found", "changed", "locked", "denied", "not_ours", "busy", "guest", "rejected"
]


class Failure(Record):
    """Why an activity could not do its work. `transient` failures are worth another attempt after `retry_after` seconds."""

    code: str
    """Azure's own code where there is one."""
    kind: FailureKind = "rejected"
    """What an orchestrator may branch on."""
    message: str
    transient: bool = False
    retry_after: float | None = None


class Answer(Record):
    """Exactly one of both is set. The value's own type is known to the caller by the activity's annotation."""

    value: Any = None
    failure: Failure | None = None
