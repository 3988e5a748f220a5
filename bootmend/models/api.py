"""What the HTTP API answers, beside the repair's own models: for the API's description, and for whoever reads it."""

from typing import Any

from pydantic import JsonValue

from bootmend.models.record import Moment, Record
from bootmend.models.repair import Awaiting, CheckpointName, Leftover, Outcome, Phase, StepRecord


class FieldFault(Record):
    field: str
    message: str


class Problem(Record):
    """An error (RFC 9457). `detail` says what is wrong and what would be right."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[FieldFault, ...] = ()


class RepairView(Record):
    """A repair. `outcome` is null until it has ended, `awaiting` unless a checkpoint waits for a person."""

    id: str
    vm_id: str
    phase: Phase
    percent: int
    outcome: Outcome | None
    awaiting: Awaiting | None
    cancellable: bool
    steps: tuple[StepRecord, ...]
    evidence: tuple[str, ...]
    leftovers: tuple[Leftover, ...]
    progress: JsonValue = None
    created_at: Moment
    updated_at: Moment


class RepairList(Record):
    repairs: tuple[RepairView, ...]


class DecisionTaken(Record):
    """A checkpoint's answer as it was taken. `claimed`: nobody vouches for the name in `by`."""

    id: str
    checkpoint_id: str
    name: CheckpointName | None = None
    decision: str
    by: str
    claimed: bool
    comment: str
    values: dict[str, str]
    deadline: Moment


class EvidenceItem(Record):
    name: str
    url: str


class EvidenceList(Record):
    evidence: tuple[EvidenceItem, ...]


class ApiDescription(Record):
    """An OpenAPI 3.1 document."""

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]
