"""Azure's refusals as values that orchestrators may branch on."""

from bootmend.arm.errors import ArmError, Denied, Locked, NoCapacity, NotFound, NotOurs, PreconditionFailed, Transient
from bootmend.models.answer import Failure, FailureKind

_KINDS: tuple[tuple[type[ArmError], FailureKind], ...] = (
    (Transient, "busy"),
    (NotFound, "not_found"),
    (PreconditionFailed, "changed"),
    (Locked, "locked"),
    (Denied, "denied"),
    (NoCapacity, "no_capacity"),
    (NotOurs, "not_ours"),
)


def kind_of(error_type: type[ArmError]) -> FailureKind:
    return next((kind for known, kind in _KINDS if issubclass(error_type, known)), "rejected")


def failure_of(error: ArmError) -> Failure:
    retry_after = error.retry_after if isinstance(error, Transient) else None
    return Failure(
        code=error.code or type(error).__name__,
        kind=kind_of(type(error)),
        message=error.message[:1000],
        transient=isinstance(error, Transient),
        retry_after=retry_after,
    )
