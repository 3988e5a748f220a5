"""What the activities of a restore are handed and answer."""

from bootmend.models.azure import DiskFacts
from bootmend.models.backup import BackupReport, RestoreBegun
from bootmend.models.decision import Means
from bootmend.models.jobs import Subject
from bootmend.models.record import Moment, Record


class FindBackup(Subject):
    """`at`: when the VM was read. A point that is not older counts for nothing."""

    location: str
    at: Moment


class BeginRestore(Subject):
    """`not_before`: a restore job of this VM that started since then is this repair's own, begun by an earlier attempt."""

    backup: BackupReport
    location: str
    not_before: Moment


class RestoreWatch(Subject):
    """The state of the sub-orchestration that waits for a restore."""

    vault_id: str
    begun: RestoreBegun
    give_up_at: Moment
    next_look_in: float = 30


class FindRestored(Subject):
    job_id: str
    means: Means


class RestoredDisks(Record):
    """The disks that a restore made, the one that holds the operating system first."""

    disks: tuple[DiskFacts, ...] = ()
    unfit: str | None = None
    """Why the first of them cannot become the VM's OS disk; None if it can."""


class ClaimRestored(Subject):
    disk_id: str
    job_id: str
