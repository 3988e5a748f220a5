"""Windows stop error 0x000000EF, critical process died.

A process that Windows cannot do without has ended: csrss, wininit, lsass, services or smss. The VM stops with a blue
screen before anyone can sign in, and does so again at each start. Often a system file is damaged, and SFC can mend it
from outside.

What the article asks for, and what is done here, on a copy of the OS disk attached to a repair VM:

- step 4: SFC on the offline Windows, with the boot partition of the *broken* VM as `/offbootdir`.
- step 5, serial console: EMS on for the boot entry that is started by default, at port 1 and 115200 baud. A client
  Windows takes the setting, but has no SAC.
- step 5, memory dump: CrashDumpEnabled, DumpFile and NMICrashDump in every control set that exists. The dump goes to the
  OS volume if its free space is larger than the RAM, else to a data disk with room, else it is said that there is none.

Added: the BCD and the hive are saved and compared first; each change is read back; where no page file could take the
dump, a dedicated dump file is named. docs/article.md maps each step to the code and tells every deviation.

Source: Microsoft, "Windows stop error 0x000000EF, critical process died" (Azure virtual machines, troubleshooting).
"""

from typing import Final

from bootmend.articles import steps
from bootmend.articles.article import FixVerdict, Machine, Refusal
from bootmend.articles.broken_disk import RULES, BrokenDisk, CannotPlanError, broken_disk
from bootmend.articles.dump_location import place_dump
from bootmend.articles.read_back import boot_holds, registry_holds, unlike_plan
from bootmend.articles.sfc_log import SfcReading, read_sfc_log
from bootmend.models.guest import CommandResult, GuestFacts, OldBoot, Plan, PlannedVolume, Transcript

__all__ = ["ARTICLE", "RULES", "STOP_CODE", "judge", "plan", "undo_plan"]

STOP_CODE: Final = 0xEF
ARTICLE: Final = "Windows stop error 0x000000EF, critical process died"


def plan(facts: GuestFacts, machine: Machine) -> Plan | Refusal:
    """The article's commands for this disk, or why there are none. Nothing is guessed."""
    try:
        disk = broken_disk(facts, machine)
    except CannotPlanError as refused:
        return refused.refusal
    dump = place_dump(machine, disk.hive, disk.live, disk.volume)
    dump_commands, expectations = steps.enable_dump(disk, dump)
    serial_commands, boot_expectations = steps.enable_serial_console(disk)
    return Plan(
        title=ARTICLE,
        target=disk.target,
        volumes=planned_volumes(disk),
        commands=steps.framed(disk, (*steps.back_up(disk), steps.scan(disk), *serial_commands, *dump_commands)),
        registry_expectations=expectations,
        boot_expectations=boot_expectations,
        old_values=steps.old_values(disk, dump),
        old_boot=OldBoot(
            loader=disk.loader.id,
            ems=disk.loader.ems,
            ems_port=disk.store.ems_port,
            ems_baudrate=disk.store.ems_baudrate,
            backup=steps.boot_backup(disk),
        ),
        sfc_log=steps.sfc_log(disk),
        dump=dump,
        notes=_notes(disk, machine),
    )


def planned_volumes(disk: BrokenDisk) -> tuple[PlannedVolume, ...]:
    return tuple(
        PlannedVolume(letter=place.letter, id=place.volume, partition=place.partition, mounted_by_plan=place.mount)
        for place in disk.places
    )


def _notes(disk: BrokenDisk, machine: Machine) -> tuple[str, ...]:
    notes = []
    if machine.is_client:
        notes.append("A client Windows has no SAC: the settings are made, but the serial console stays silent.")
    if disk.pending_servicing:
        notes.append("A servicing operation is pending (pending.xml): SFC may ask for a reboot first.")
    if disk.select.last_known_good not in {None, 0, *(control_set.number for control_set in disk.hive.control_sets)}:
        notes.append(f"LastKnownGood names ControlSet{disk.select.last_known_good:03d}, which does not exist.")
    return tuple(notes)


def judge(plan: Plan, transcript: Transcript) -> FixVerdict:
    """What the transcript proves. `some_not_repaired` is still worth a boot; `could_not_run` is not."""
    scan = transcript.result("sfc")
    sfc = read_sfc_log(transcript.sfc, timed_out=scan is None or scan.timed_out)
    identity_unchanged = transcript.identity == plan.target.identity
    boot_troubles = [trouble for expected in plan.boot_expectations if (trouble := boot_holds(expected, transcript))]
    missing = [wanted.command for wanted in plan.registry_expectations if not registry_holds(wanted, transcript)]
    dump_on = bool(plan.registry_expectations) and not missing
    completed = (
        _sfc_trouble(sfc, scan),
        unlike_plan(plan, transcript),
        *boot_troubles,
        f"not read back as written: {', '.join(missing)}" if missing else "",
    )
    troubles = (
        "" if identity_unchanged else _identity_trouble(plan, transcript),
        *(completed if transcript.ended == "completed" else (_ending(transcript),)),
        "" if transcript.offline else "the disk was not taken offline again",
    )
    reason = "; ".join(filter(None, troubles))
    return FixVerdict(
        ok=not reason,
        reason=reason or sfc.why,
        sfc=sfc.verdict,
        files_repaired=sfc.repaired,
        files_not_repaired=sfc.not_repaired,
        serial_console_on=bool(plan.boot_expectations) and not boot_troubles,
        dump_on=dump_on,
        dump_goes_to=plan.dump.goes_to if plan.dump and dump_on else "nowhere: collection was not proved on",
        identity_unchanged=identity_unchanged,
        notes=plan.notes,
    )


def _sfc_trouble(sfc: SfcReading, scan: CommandResult | None) -> str:
    """SFC's own words are quoted, never judged: they are in the repair VM's language."""
    if sfc.verdict != "could_not_run":
        return ""
    said = " ".join(scan.tail.split())[-200:] if scan else ""
    return f"SFC could not run: {sfc.why}" + (f" It said: {said}" if said else "")


def _identity_trouble(plan: Plan, transcript: Transcript) -> str:
    if transcript.identity is None:
        return "the disk's identity was not read again"
    return f"the disk's identity was {plan.target.identity} and is {transcript.identity}"


def _ending(transcript: Transcript) -> str:
    return f"the plan was {transcript.ended}: {transcript.why or 'no reason given'}"


def undo_plan(done: Plan, facts: GuestFacts, machine: Machine) -> Plan | Refusal:
    """The reverse of `done` on the disk as it is now: the saved BCD put back, the old values written or deleted.

    What SFC replaced stays: the original disk holds the old files. Refused where `plan` would refuse, where the disk is
    another one, or where an old value holds characters that no command line may.
    """
    try:
        disk = broken_disk(facts, machine)
        if disk.target.identity != done.target.identity:
            raise CannotPlanError("disk_layout", "This is not the disk that was changed.")
        commands, expectations = steps.restore_values(disk, done.old_values)
        return Plan(
            title=f"Undo of: {done.title}",
            target=disk.target,
            volumes=planned_volumes(disk),
            commands=steps.framed(disk, (*steps.put_boot_store_back(disk), *commands)),
            registry_expectations=expectations,
        )
    except CannotPlanError as refused:
        return refused.refusal
