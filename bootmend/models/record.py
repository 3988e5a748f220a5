"""The base of every value that crosses a boundary: frozen, typed, plain JSON on the wire."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer


class Record(BaseModel):
    """A frozen value. Unknown keys are ignored, so that a newer release's records can be read by an older worker."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Request(BaseModel):
    """What a caller hands in. Unknown keys are refused: a misspelt key must not be silently without effect."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time needs a zone, for example 2026-11-23T12:00:00Z")
    return value


def _zulu(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


type Moment = Annotated[datetime, AfterValidator(_aware), PlainSerializer(_zulu, return_type=str, when_used="json")]
