"""The sweep of orphans: what repairs that ended left behind, and were not able to remove."""

from bootmend.models.record import Record
from bootmend.models.repair import Leftover


class DeadRepair(Record):
    """A repair whose orchestration has ended. An id is never used again, so it cannot come back to life."""

    repair_id: str
    vm_id: str
    ran: bool = True
    """Whether the copy may ever have been the VM's running disk: then it holds new data, and is nobody's orphan."""
    kept: tuple[str, ...] = ()
    """Ids of what its report keeps on purpose."""


class SweepJob(Record):
    dead: tuple[DeadRepair, ...] = ()


class Tagged(Record):
    """A resource that bears the tag of a repair. `attached_to`: the VM that has the disk."""

    resource_id: str
    repair_id: str
    attached_to: str | None = None


class Orphan(Record):
    resource_id: str
    repair_id: str
    vm_id: str


class Orphans(Record):
    """`orphans` may go; `spared` bears our tag and stays, each with the reason. `unread`: groups that could not be listed."""

    orphans: tuple[Orphan, ...] = ()
    spared: tuple[Leftover, ...] = ()
    unread: tuple[Leftover, ...] = ()
    dry_run: bool = True


class Swept(Record):
    """What one sweep did. In a dry run nothing is `removed`: what would be is in `found`."""

    dry_run: bool
    found: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    failed: tuple[Leftover, ...] = ()
    spared: tuple[Leftover, ...] = ()
    unread: tuple[Leftover, ...] = ()
