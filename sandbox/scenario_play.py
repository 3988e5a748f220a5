"""The scenario's other sections: people, incidents, the simulated Azure's mood, and what is expected in the end."""

from datetime import timedelta
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, ValidationInfo, field_validator, model_validator

from bootmend.models.repair import DECISIONS, CheckpointName, Outcome
from sandbox.scenario_source import Section, Switch

Step = Literal[
    "read_vm",
    "read_boot_evidence",
    "find_backup",
    "decide",
    "restore_backup",
    "deallocate_source",
    "snapshot_os_disk",
    "copy_os_disk",
    "create_repair_vm",
    "attach_copy",
    "inspect_guest",
    "inspect_data_disks",
    "plan_fix",
    "execute_plan",
    "detach_copy",
    "swap_os_disk",
    "start_source",
    "verify_boot",
    "copy_failed_disk",
    "find_dump",
    "upload_dump",
    "prepare_ticket",
    "put_back",
    "clean_up",
    "write_report",
    "notify",
]
Incident = Literal["vm_recovers", "os_disk_swapped", "vm_deleted", "readonly_lock"]

# Named by someone at the simulated Azure, or by the host's stand-in: a scenario must not take them over.
RESERVED_SETTINGS = ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "BOOTMEND_ARM_ENDPOINT")


class Answer(Section):
    """What a person answers at a checkpoint, and how long after it was seen waiting."""

    decision: str
    after: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=7), strict=False)] = timedelta(minutes=1)
    by: Annotated[str, Field(min_length=1, max_length=200)] = "operator@example.com"
    comment: str = ""
    values: dict[str, str] = {}


class People(Section):
    """Who answers what. A checkpoint that is absent is never answered."""

    approve_repair: Answer | None = None
    approve_swap: Answer | None = None
    confirm_boot: Answer | None = None
    choose_dump_location: Answer | None = None
    file_ticket: Answer | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _bare_decision(cls, value: object) -> object:
        return {"decision": value} if isinstance(value, str) else value

    @field_validator("*")
    @classmethod
    def _known_decision(cls, value: Answer | None, info: ValidationInfo) -> Answer | None:
        allowed = next(decisions for name, decisions in DECISIONS.items() if name == info.field_name)
        allowed += ("approve", "reject") if info.field_name == "confirm_boot" else ()  # the API takes these words too
        if value is not None and value.decision not in allowed:
            raise ValueError(f"the decision must be one of {', '.join(allowed)}")
        return value

    def answer_to(self, checkpoint: str) -> Answer | None:
        """What is answered at this checkpoint; None: nobody answers."""
        answers: dict[str, Answer | None] = {name: getattr(self, name) for name in get_args(CheckpointName)}
        return answers.get(checkpoint)


class Backup(Section):
    """The vault and the VM's recovery points; `failed_hours_ago` and `damaged_hours_ago` as in `sandbox.azure.BackupSpec`."""

    recovery_points_hours_ago: Annotated[tuple[Annotated[float, Field(ge=0)], ...], Field(max_length=100)] = ()
    failed_hours_ago: Annotated[float, Field(ge=0)] = 0.25
    damaged_hours_ago: Annotated[float, Field(ge=0)] | None = None
    vault: Literal["configured", "forbidden", "none"] = "configured"
    """`forbidden`: the app has no role on it; `none`: the settings name no vault."""


class AfterStep(Section):
    """As soon as this step is seen finished."""

    after_step: Step


class Cue(Section):
    """When something happens: as soon as a step is seen finished, or while a checkpoint waits."""

    after_step: Step | None = None
    at_checkpoint: CheckpointName | None = None

    @model_validator(mode="after")
    def _one_cue(self) -> Self:
        if (self.after_step is None) == (self.at_checkpoint is None):
            raise ValueError("must hold one of after_step and at_checkpoint")
        return self


class Meanwhile(Section):
    """What happens to the VM behind the repair's back."""

    happens: Incident
    after_step: Step | None = None
    during: CheckpointName | None = None

    @model_validator(mode="after")
    def _one_cue(self) -> Self:
        if (self.after_step is None) == (self.during is None):
            raise ValueError("must hold one of after_step and during")
        return self


class Fault(Section):
    """What the simulated Azure answers instead. `after_acting`: it acts first, and the answer hides it.

    `in_operation`: the request is accepted, and its operation ends Failed with `code`.
    """

    operation: Annotated[str, Field(pattern=r"^Microsoft\.[A-Za-z]+/[A-Za-z/]+$")]
    status: Annotated[int, Field(ge=400, le=599)] | None = None
    retry_after: Annotated[float, Field(ge=0, le=86400)] | None = None
    times: Annotated[int, Field(ge=1, le=10000)] = 1
    code: str | None = None
    after_acting: Switch = False
    drop_connection: Switch = False
    in_operation: Switch = False

    @model_validator(mode="after")
    def _something_goes_wrong(self) -> Self:
        if [self.status is not None, self.drop_connection, self.in_operation].count(True) != 1:
            raise ValueError("must hold one of status (400 to 599), drop_connection: true and in_operation: true")
        return self


class AzureSection(Section):
    """The simulated Azure's mood. `factor` stretches every duration; `seed` picks the jitter."""

    faults: tuple[Fault, ...] = ()
    host_restarts: tuple[AfterStep, ...] = ()
    stale_agent: Switch = False
    profile: Literal["median", "p90"] = "median"
    factor: Annotated[float, Field(gt=0, le=100)] = 1.0
    seed: int = 1


class Expect(Section):
    """What must hold in the end. Only what is given is checked.

    `leftovers` and `kept` are pieces of resource ids: each matches one entry of the report, and no entry is over.
    `os_disk` is a piece of the id of the disk that the VM has in the end.
    """

    outcome: Outcome | None = None
    leftovers: tuple[str, ...] | None = None
    kept: tuple[str, ...] | None = None
    os_disk: str | None = None
    reason_contains: str | None = None
    diagnosis: str | None = None
    checkpoints: dict[CheckpointName, str] | None = None
    dump: Literal["uploaded", "kept", "absent"] | None = None
    """Whether the crash's dump is in the evidence, lies on a disk that is kept, or was not found."""
    no_writes: Switch = False
    vm_as_found: Switch = False
