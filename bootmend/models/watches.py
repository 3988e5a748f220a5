"""The state of the waiting sub-orchestrations, carried from one to the next when they continue as new."""

from bootmend.models.azure import Operation
from bootmend.models.boot import BootVerdict, BootWatch
from bootmend.models.jobs import LookAtGuest, LookAtOperation
from bootmend.models.record import Moment, Record

_FIRST_LOOK: dict[str, float] = {
    "Microsoft.Compute/snapshots/write": 1,
    "Microsoft.Compute/disks/write": 1,
    "Microsoft.Compute/disks/delete": 2,
    "Microsoft.Compute/snapshots/delete": 2,
    "Microsoft.Compute/virtualMachines/deallocate/action": 20,
    "Microsoft.Compute/virtualMachines/start/action": 8,
    "Microsoft.Compute/virtualMachines/attachDetachDataDisks/action": 8,
    "Microsoft.Compute/virtualMachines/write": 20,
    "Microsoft.Compute/virtualMachines/delete": 20,
}
"""Seconds after which an operation of this kind could be done: somewhat under the medians measured in public recordings."""


def first_look(operation: Operation) -> float:
    """Seconds to wait before the first look at an operation just begun; never earlier than Azure asks."""
    return max(_FIRST_LOOK.get(operation.name, 5), operation.retry_after or 0)


class OperationWatch(LookAtOperation):
    begun_at: Moment
    give_up_at: Moment
    next_look_in: float | None = None


class GuestWatch(LookAtGuest):
    look_every: float = 30
    give_up_at: Moment


class BootRound(Record):
    """What has been seen of a boot, when to look next, and the verdict once there is one."""

    watch: BootWatch
    next_look_in: float
    verdict: BootVerdict | None = None

    def progress(self) -> "BootProgress":
        return BootProgress(healthy_since=self.watch.healthy_since, stable_seconds=self.watch.stable_seconds)


class BootProgress(Record):
    """What callers see while a boot is watched: since when it looks healthy, and how long it has to stay so."""

    healthy_since: Moment | None
    stable_seconds: int
