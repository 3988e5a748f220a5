"""What goes wrong in one run: a crash of the host, a fault of Azure, or something that others do."""

from dataclasses import dataclass
from typing import Literal

from sandbox.azure import FaultSpec

type Manner = Literal["after", "amid", "before_answer", "twice", "lost"]
"""How the host fails at a step or an activity.

`after`: killed when the step has ended. `amid`: killed when Azure has carried out the next write of the step or activity, before
its answer is sent. `before_answer`: killed when an activity has done all and is about to say so. `twice`: each activity is run
twice, the first answer counts. `lost`: each activity's first answer is lost, and it is run again.
"""

type Incident = Literal[
    "readonly_lock", "vm_deleted", "os_disk_swapped",
    "agent_silent", "script_hangs", "no_room", "swap_lost", "tokens_expire", "snapshot_name_taken",
]  # fmt: skip


@dataclass(frozen=True)
class Crash:
    """At a step of the runbook, or at an activity wherever it is called."""

    manner: Manner
    step: str | None = None
    activity: str | None = None

    def __str__(self) -> str:
        where = self.step or self.activity or "every activity"
        return f"{where}: {self.manner}"


@dataclass(frozen=True)
class ArmFault:
    """`kind` is a name of `kinds.KINDS`."""

    kind: str
    spec: FaultSpec

    def __str__(self) -> str:
        operation = self.spec.operation.removeprefix("Microsoft.")
        return f"{operation} call {self.spec.after + 1}: {self.kind}"


@dataclass(frozen=True)
class Happening:
    """What others do as soon as a step is seen finished."""

    incident: Incident
    after_step: str

    def __str__(self) -> str:
        return f"{self.incident} after {self.after_step}"


type Mishap = Crash | ArmFault | Happening


@dataclass(frozen=True)
class Case:
    """One run of the matrix: in the base scenario `base`, this goes wrong.

    `passing`: nothing of it lasts, so the run must end as it does without. `outcomes`: the honest ones otherwise.
    """

    base: str
    mishap: Mishap
    passing: bool
    outcomes: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.base} / {self.mishap}"
