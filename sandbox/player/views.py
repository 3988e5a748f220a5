"""What the API's JSON says, as far as a caller needs it. Unknown fields are ignored, as a client should."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from sandbox.player.api import Answer, ApiError


class View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


def _nothing_is_empty(value: object) -> object:
    return () if value is None else value


type Several[T] = Annotated[tuple[T, ...], BeforeValidator(_nothing_is_empty)]


class StepView(View):
    name: str
    started_at: datetime
    finished_at: datetime | None = None
    result: str | None = None


class AwaitingView(View):
    """The checkpoint that waits for a person."""

    checkpoint_id: str
    name: str
    why: str = ""
    decisions: tuple[str, ...] = ()
    deadline: datetime | None = None


class ResourceView(View):
    """An entry of `leftovers` or `kept`."""

    resource_id: str
    why: str = ""


class ProgressView(View):
    """What goes on now. In the guest: the command's id, its own percentage if it tells one, commands done of those planned.

    While a boot is watched: since when it is healthy, and how many seconds it must stay so.
    """

    command: str = ""
    percent: float | None = None
    done: int = 0
    total: int = 0
    healthy_since: datetime | None = None
    stable_seconds: float = 195


class RepairView(View):
    """GET /api/repairs/{id}."""

    id: str
    vm_id: str = ""
    phase: str = ""
    outcome: str | None = None
    percent: float = 0
    awaiting: AwaitingView | None = None
    steps: Several[StepView] = ()
    progress: ProgressView | None = None
    evidence: Several[str] = ()

    def has_finished(self, step: str) -> bool:
        """Whether this step was carried out to its end."""
        return any(one.name == step and one.finished_at is not None for one in self.steps)


class CheckpointView(View):
    name: str
    decision: str
    by: str = ""


class CommandView(View):
    """One command of the guest's transcript."""

    id: str = ""
    line: str
    exit_code: int | None = None
    seconds: float = 0
    tail: str = ""


class TranscriptView(View):
    commands: Several[CommandView] = ()


class DiagnosisView(View):
    kind: str
    stop_code: str | None = None


class DumpView(View):
    """What became of the crash's memory dump."""

    found: bool
    why: str = ""
    evidence: str | None = None
    md5: str | None = None
    size_bytes: int | None = None


class ReportView(View):
    """The final report, GET /api/repairs/{id}/result."""

    id: str
    vm_id: str = ""
    outcome: str
    reason: str = ""
    diagnosis: DiagnosisView | None = None
    steps: Several[StepView] = ()
    transcripts: Several[TranscriptView] = ()
    checkpoints: Several[CheckpointView] = ()
    evidence: Several[str] = ()
    dump: DumpView | None = None
    leftovers: Several[ResourceView] = ()
    kept: Several[ResourceView] = ()
    started_at: datetime | None = None
    finished_at: datetime | None = None

    def dump_is(self) -> str:
        """uploaded, kept on a disk, or absent."""
        if self.dump is None or not self.dump.found:
            return "absent"
        return "uploaded" if self.dump.evidence in self.evidence and self.dump.md5 else "kept"


def read[T: View](kind: type[T], answer: Answer) -> T:
    """The answer's body as this view. Raises ApiError that names what is missing."""
    try:
        return kind.model_validate(answer.mapping())
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ApiError(
            f"HTTP {answer.status} is not a {kind.__name__.removesuffix('View').lower()}: {faults}"
        ) from error
