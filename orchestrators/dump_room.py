"""Where the OS disk has no room for a dump: is there a data disk that has?"""

from activities import guest as activity
from activities import workshop
from bootmend.articles.article import DataVolume
from bootmend.models.guest import GuestFacts
from bootmend.models.jobs import DataVolumes, DiskCopy, GuestScript, MatchVolumes, ReadFacts
from orchestrators.inspect import in_guest
from orchestrators.run import Run, runbook_step
from orchestrators.step import StepFailedError, Steps, step
from orchestrators.waiting import checkpoint, done

MOST_DATA_DISKS = 4
"""More are not looked at: each costs a snapshot, a copy and a minute."""


def find_room(run: Run, facts: GuestFacts) -> Steps[tuple[DataVolume, ...]]:
    """A data volume with a letter, read from copies of the data disks, or named by a person at `choose_dump_location`.

    A dump is wanted, not needed: what goes wrong here, or is not answered, leaves the repair without one.
    """
    try:
        found = yield from inspect_data_disks(run, facts)
    except StepFailedError:
        found = DataVolumes()
    if any(volume.free_gb > run.means.memory_gb for volume in found.volumes):
        return found.volumes
    return (yield from choose_dump_location(run))


@runbook_step
def inspect_data_disks(run: Run, facts: GuestFacts) -> Steps[DataVolumes]:
    disks = [disk.id for disk in run.survey.vm.data_disks if disk.id] if run.survey else []
    looked: list[GuestFacts] = []
    for lun, disk_id in enumerate(disks[:MOST_DATA_DISKS], start=1):
        copy = further_copy(run, disk_id, f"d{lun}", lun)
        yield from made_and_attached(run, copy)
        looked.append((yield from inspected(run, copy)))
        yield from done(run.ctx, workshop.begin_detach, copy)
    return (yield from step(run.ctx, activity.match_volumes, MatchVolumes(os_disk=facts, data_disks=tuple(looked))))


def choose_dump_location(run: Run) -> Steps[tuple[DataVolume, ...]]:
    """Checkpoint: a person names the letter of a data disk with room, or none. Unanswered means none."""
    why = (
        f"The OS disk has no room for a memory dump of {run.means.memory_gb:g} GB, and no data disk with room was found. "
        "Name the letter of one as the VM names it (values.letter), or none."
    )
    manual = run.job.policy.checkpoints.choose_dump_location == "manual"
    answer = yield from checkpoint(run, "choose_dump_location", why, manual=manual, auto_decision="none")
    letter = answer.values.get("letter", "").upper().rstrip(":")
    if answer.decision != "data_disk" or len(letter) != 1 or not "D" <= letter <= "Z":
        return ()
    # Who names it vouches for the room.
    return (DataVolume(letter=letter, free_gb=2 * run.means.memory_gb + 1),)


def further_copy(run: Run, disk_id: str, label: str, lun: int) -> DiskCopy:
    """A copy beside the one that is swapped in; of the OS disk's kind, since it lives for minutes."""
    means = run.means
    return DiskCopy(
        **run.subject.model_dump(), means=means, disk_id=disk_id, sku=means.os_disk_sku, label=label, lun=lun
    )


def made_and_attached(run: Run, copy: DiskCopy) -> Steps[None]:
    """Noted before it is begun, so that it is deleted whatever happens."""
    run.further_copies.append(copy)
    yield from done(run.ctx, workshop.begin_snapshot, copy)
    yield from done(run.ctx, workshop.begin_copy, copy)
    yield from done(run.ctx, workshop.begin_attach, copy)


def inspected(run: Run, copy: DiskCopy) -> Steps[GuestFacts]:
    script = GuestScript(
        **run.subject.model_dump(), kind="inspect", name=f"inspect-{copy.label}", means=run.means, lun=copy.lun
    )
    look = yield from in_guest(run, script)
    return (yield from step(run.ctx, activity.read_facts, ReadFacts(output=look.output)))
