"""What the engine remembers about work that it has handed out, so that nothing is lost when a worker dies."""

from dataclasses import dataclass, field
from datetime import datetime

from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.testing.in_memory_backend import ActivityWorkItem


@dataclass
class WorkStream:
    """One worker's open GetWorkItems call, and what it was handed and has not answered."""

    orchestrations: set[str] = field(default_factory=set)
    activities: set[str] = field(default_factory=set)
    closed: bool = False


@dataclass(frozen=True)
class ScheduledActivity:
    """An activity that has not been answered yet. `execution` tells a continued instance from its past."""

    item: ActivityWorkItem
    execution: int


@dataclass(frozen=True)
class ParentTask:
    """The task of a parent that waits for a sub-orchestration."""

    parent_id: str
    execution: int
    task_id: int


@dataclass
class Counts:
    """How much work the engine has handed out. `redelivered` was handed out before; `ignored` answers came too late."""

    episodes: int = 0
    activities: int = 0
    redelivered: int = 0
    ignored: int = 0


@dataclass(frozen=True)
class InstanceView:
    """One orchestration instance as it stands. `status` is Pending, Running, Suspended, Completed, Failed, Terminated;
    `input`, `output` and `custom_status` are JSON texts."""

    instance_id: str
    name: str
    status: str
    created_at: datetime
    last_updated_at: datetime
    completed_at: datetime | None
    input: str | None
    output: str | None
    custom_status: str | None
    failure: str | None


def status_name(status: int) -> str:
    """`ORCHESTRATION_STATUS_RUNNING` as `Running`."""
    return str(pb.OrchestrationStatus.Name(status)).removeprefix("ORCHESTRATION_STATUS_").title().replace("_", "")
