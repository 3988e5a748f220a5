"""What Azure Backup holds of a VM, and what came of restoring it."""

from typing import Literal

from bootmend.models.record import Moment, Record


class RecoveryPoint(Record):
    """One recovery point, as the vault lists it."""

    id: str
    taken_at: Moment
    consistency: str
    """Azure's word: AppConsistent, FileSystemConsistent, CrashConsistent."""
    restorable: bool = True
    """False where only the archive tier still holds it: it would have to be rehydrated first, which takes hours."""


class BackupReport(Record):
    """The recovery point that could be restored instead of a repair, or why there is none. The report's `backup`."""

    found: bool
    why: str
    vault_id: str | None = None
    item_id: str | None = None
    """The protected item: the VM as the vault knows it."""
    point_id: str | None = None
    taken_at: Moment | None = None
    consistency: str | None = None
    staging_id: str | None = None
    """The storage account into which Azure Backup writes the VM's configuration when it restores disks."""
    job_id: str | None = None
    """Azure Backup's job, once a restore was begun."""
    restored_disk_id: str | None = None


class RestoreBegun(Record):
    """A restore that Azure Backup accepted. One of both is known: its job, or where the job's id will be told."""

    status_url: str | None = None
    job_id: str | None = None


class RestoreLook(Record):
    """One look at a restore."""

    state: Literal["running", "succeeded", "failed"]
    job_id: str | None = None
    code: str | None = None
    why: str = ""
    """Azure's words where it failed."""
    staging_container: str | None = None
    """The container of the staging account that holds the VM's configuration now."""
    retry_after: float | None = None
