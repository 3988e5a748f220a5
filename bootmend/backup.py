"""Which recovery point may be restored, and whether the restored disk fits. Pure.

When the VM failed is not known: what asks for a repair saw it late, and boot diagnostics bear no times. So a point counts
only if it shows by itself that Windows ran when it was taken. An application- or file-system-consistent snapshot is made
by the VM agent inside the running Windows; a crash-consistent one needs nothing of it, and a VM that does not boot yields
no other (Azure Backup, an overview of Azure VM backup: snapshot consistency).
"""

from collections.abc import Iterable
from datetime import timedelta

from bootmend.models.azure import DiskFacts
from bootmend.models.backup import BackupReport, RecoveryPoint
from bootmend.models.decision import Means
from bootmend.models.record import Moment
from bootmend.models.repair import Policy

_WINDOWS_RAN = {"appconsistent", "filesystemconsistent"}


def from_before_the_failure(points: Iterable[RecoveryPoint], seen_failing_at: Moment) -> RecoveryPoint | str:
    """The newest point that was taken while Windows ran; or in words why none can be restored."""
    known = list(points)
    older = [point for point in known if point.taken_at < seen_failing_at]
    good = [point for point in older if point.consistency.lower() in _WINDOWS_RAN]
    usable = [point for point in good if point.restorable]
    if usable:
        return max(usable, key=lambda point: point.taken_at)
    if good:
        return f"{_points(len(good))} from before the failure, but only the archive tier still holds them"
    if older:
        kinds = ", ".join(sorted({point.consistency or "of no told consistency" for point in older}))
        return f"{_points(len(older))}, {kinds}: none shows that Windows still ran when it was taken"
    if known:
        return f"{_points(len(known))}, none older than the look at the failing VM"
    return "the VM is protected, but has no recovery point yet"


def _points(count: int) -> str:
    return "there is one recovery point" if count == 1 else f"there are {count} recovery points"


def age_words(taken_at: Moment, now: Moment) -> str:
    """How old, in the unit that a person would choose."""
    minutes = max(0, round((now - taken_at) / timedelta(minutes=1)))
    if minutes < 120:
        return f"{minutes} minutes"
    hours = round(minutes / 60)
    return f"{hours} hours" if hours < 72 else f"{round(hours / 24)} days"


def offer_words(backup: BackupReport, now: Moment) -> str:
    """What a person must know who may choose to restore; empty if there is nothing to choose."""
    if not backup.found or backup.taken_at is None:
        return ""
    age = age_words(backup.taken_at, now)
    return (
        f"Instead of a repair the OS disk can be restored from the recovery point of {backup.taken_at:%Y-%m-%d %H:%MZ}, "
        f"{age} old (restore_backup): what was written to the OS disk since then stays on the original disk, which is "
        "kept; data disks are left as they are."
    )


def is_preferred(backup: BackupReport | None, policy: Policy, now: Moment) -> bool:
    """Whether the policy would rather restore this point than repair."""
    if backup is None or not backup.found or backup.taken_at is None or policy.prefer_backup is None:
        return False
    return now - backup.taken_at <= policy.prefer_backup.max_age


def why_unfit(disks: tuple[DiskFacts, ...], means: Means) -> str | None:
    """Why the first of the restored disks cannot become the VM's OS disk; None if it can.

    A zonal VM takes disks of its zone only, and zone-redundant ones (Swap the OS disk of a VM; Azure Backup chooses the zone).
    """
    if not disks:
        return "the restore succeeded, but no disk bears its job's tag"
    if len(disks) > 1:
        names = ", ".join(disk.name for disk in disks)
        return f"the restore of the OS disk alone made {len(disks)} disks ({names})"
    disk = disks[0]
    differences = [
        f"its {what} is {found}, the VM's is {wanted}"
        for what, found, wanted in (
            ("region", disk.location, means.location),
            ("generation", disk.generation or means.generation, means.generation),
            ("security type", disk.security_type, means.security_type),
        )
        if found != wanted
    ]
    if not disk.sku.endswith("_ZRS") and disk.zone != means.zone:
        differences.append(f"its zone is {disk.zone}, the VM's disk is in {means.zone}")
    if disk.managed_by is not None:
        differences.append(f"it is attached to {disk.managed_by}")
    return f"the restored disk {disk.name} does not fit: {'; '.join(differences)}" if differences else None
