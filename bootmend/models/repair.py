"""A repair as its callers see it: the request and its policy, the status, the report."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, field_validator

from bootmend.models.record import Moment, Record, Request
from bootmend.names import ResourceId

Outcome = Literal[
    "repaired",
    "restored_from_backup",
    "not_applicable",
    "refused",
    "planned",
    "escalated",
    "rolled_back",
    "cancelled",
    "failed",
]
Phase = Literal[
    "accepted",
    "diagnose",
    "prepare",
    "inspect",
    "fix",
    "rebuild",
    "verify",
    "collect",
    "escalate",
    "close",
    "done",
]
CheckpointName = Literal["approve_repair", "approve_swap", "confirm_boot", "choose_dump_location", "file_ticket"]
CheckpointMode = Literal["auto", "manual"]
StartedBy = Literal["http", "event", "alert"]

DECISIONS: dict[CheckpointName, tuple[str, ...]] = {
    "approve_repair": ("approve", "restore_backup", "reject"),
    "approve_swap": ("approve", "reject"),
    "confirm_boot": ("booted", "not_booted"),
    "choose_dump_location": ("data_disk", "none"),
    "file_ticket": ("filed", "not_filed"),
}
"""What a person may answer at each checkpoint. `restore_backup` is offered where there is a recovery point to restore."""

EXCLUDE_TAG = "bootmend:exclude"
AUTO_TAG = "bootmend:auto"


class CheckpointPolicy(Request):
    """Who decides at each checkpoint. A boot that nobody saw cannot be confirmed by a policy: `confirm_boot` is manual."""

    approve_repair: CheckpointMode | None = None
    """None: auto for a person's own call, manual for events and alerts."""
    approve_swap: CheckpointMode = "auto"
    confirm_boot: Literal["manual"] = "manual"
    choose_dump_location: CheckpointMode = "manual"
    file_ticket: CheckpointMode = "manual"


class PreferBackup(Request):
    """Restore the newest recovery point instead of repairing, if it is not older than this."""

    max_age: timedelta = timedelta(days=1)


class Policy(Request):
    """The caller's choices for one repair."""

    checkpoints: CheckpointPolicy = CheckpointPolicy()
    checkpoint_timeout: timedelta = timedelta(hours=4)
    on_checkpoint_timeout: Literal["abort", "proceed"] = "abort"
    require_diagnosis: bool = True
    prefer_backup: PreferBackup | None = None
    on_failure: Literal["restore_original", "keep_diagnostic_disk"] = "restore_original"
    keep_original_days: Annotated[int, Field(ge=0, le=3650)] = 14
    crash_attempts: Annotated[int, Field(ge=0, le=5)] = 1
    dry_run: bool = False

    @field_validator("checkpoint_timeout")
    @classmethod
    def _a_person_has_time(cls, value: timedelta) -> timedelta:
        if not timedelta(minutes=1) <= value <= timedelta(days=7):
            raise ValueError("must lie between PT1M and P7D")
        return value


class RepairRequest(Request):
    """POST /api/repairs."""

    vm_id: str
    reason: Annotated[str, Field(max_length=1024)] = ""
    policy: Policy = Policy()
    callback_url: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    """Gets `repair.finished` once. It may hold a secret of the caller's, and so never enters the repair itself."""

    @field_validator("vm_id")
    @classmethod
    def _names_a_vm(cls, value: str) -> str:
        parsed = ResourceId.parse(value)
        if (parsed.provider.lower(), parsed.type.lower()) != ("microsoft.compute", "virtualmachines"):
            raise ValueError(
                "must name a virtual machine: /subscriptions/{guid}/resourceGroups/{group}"
                "/providers/Microsoft.Compute/virtualMachines/{name}"
            )
        return str(parsed)


class Decision(Request):
    """POST /api/repairs/{id}/checkpoints/{checkpoint_id}."""

    decision: Annotated[str, Field(min_length=1, max_length=40)]
    by: Annotated[str, Field(min_length=1, max_length=200)]
    comment: Annotated[str, Field(max_length=2000)] = ""
    values: dict[str, str] = {}

    @field_validator("values")
    @classmethod
    def _few_and_short(cls, values: dict[str, str]) -> dict[str, str]:
        if len(values) > 16 or any(len(k) > 100 or len(v) > 1000 for k, v in values.items()):
            raise ValueError("at most 16, names of at most 100 and texts of at most 1000 characters")
        return values


class RepairJob(Record):
    """The input of `attend_vm` and `repair_vm`."""

    repair_id: str
    vm_id: str
    reason: str = ""
    policy: Policy = Policy()
    started_by: StartedBy = "http"
    requested_by: str = ""
    """The person who asked, where the platform vouches for them; else empty."""


class StepRecord(Record):
    name: str
    started_at: Moment
    finished_at: Moment | None = None
    result: str | None = None
    """`done`, or what came of it in words; None while it runs."""


class Awaiting(Record):
    """A checkpoint that waits for a person."""

    checkpoint_id: str
    name: CheckpointName
    why: str
    decisions: tuple[str, ...]
    since: Moment
    deadline: Moment


class CheckpointRecord(Record):
    """What was decided, by whom. `by` is `policy` where no person was asked, `nobody` where none answered."""

    name: CheckpointName
    decision: str
    by: str
    claimed: bool = False
    """True where `by` is only what the answer itself said, and nobody vouches for it."""
    at: Moment
    comment: str = ""
    values: dict[str, str] = {}


class Leftover(Record):
    """A resource that is there against policy, and why it could not be removed."""

    resource_id: str
    why: str


class Kept(Record):
    """A resource that is there on purpose. `until` is advice: nothing deletes it."""

    resource_id: str
    why: str
    until: Moment | None = None


class RepairStatus(Record):
    """The repair orchestration's custom status: at most 16 KB (Durable Functions, custom status)."""

    phase: Phase = "accepted"
    percent: int = 0
    outcome: Outcome | None = None
    awaiting: Awaiting | None = None
    cancellable: bool = True
    watching: str | None = None
    """The instance that waits for what runs now; its own custom status tells the guest's progress."""
    steps: tuple[StepRecord, ...] = ()
    evidence: tuple[str, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
