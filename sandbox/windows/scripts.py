"""The shipped guest scripts, played. A script that is not byte for byte a shipped one is refused."""

import json
from datetime import datetime
from random import Random

from bootmend.articles import native
from bootmend.guest.commands import script_text
from bootmend.guest.envelope import LINE_LIMIT, GuestOutputError, seal, unpack
from bootmend.models.guest import Plan, Transcript
from bootmend.models.record import Record
from sandbox.windows.carry_out import Execution
from sandbox.windows.guest import RepairGuest
from sandbox.windows.look_inside import look_inside
from sandbox.windows.script_run import ScriptRun

SFC_SECONDS = 1500.0
_CLEAN_UP = 1.0
"""Seconds between the last line and the script's end."""
TAIL_LIMITS = (160, 60, 20, 0)
LINE_LIMITS = (20, 8, 2)


def run_script(
    guest: RepairGuest,
    script_text_given: str,
    parameters: dict[str, str],
    protected: dict[str, str],
    *,
    now: datetime,
    rng: Random,
    sfc_seconds: float = SFC_SECONDS,
) -> ScriptRun:
    """Runs the script at once on the guest's disks; what it printed when is in the answer."""
    if script_text_given == script_text("inspect.ps1"):
        return _inspect(guest, parameters, protected, rng)
    if script_text_given == script_text("execute.ps1"):
        return _execute(guest, parameters, protected, now, rng, sfc_seconds)
    return _failed("This is not a script that this product ships.")


def _failed(error: str) -> ScriptRun:
    return ScriptRun(1.0, (), 1, error)


def _inspect(guest: RepairGuest, parameters: dict[str, str], protected: dict[str, str], rng: Random) -> ScriptRun:
    lun = parameters.get("Lun", "")
    if parameters.keys() != {"Lun"} or protected or not lun.isdigit():
        return _failed("inspect.ps1 takes the parameter Lun, a number, and no other.")
    facts = look_inside(guest, int(lun))
    late = any("late_letters" in disk.trouble for disk in guest.attached.values())
    never = any("letters_never_come" in disk.trouble for disk in guest.attached.values())
    seconds = round(rng.uniform(8, 20) + (30 if late else 0) + (60 if never else 0), 1)
    return ScriptRun(seconds + _CLEAN_UP, ((seconds, seal("facts", ascii_json(facts))),), 0)


def _execute(
    guest: RepairGuest,
    parameters: dict[str, str],
    protected: dict[str, str],
    now: datetime,
    rng: Random,
    sfc_seconds: float,
) -> ScriptRun:
    if parameters.keys() != {"Plan"} or protected:
        return _failed("execute.ps1 takes the parameter Plan and no other.")
    try:
        plan = Plan.model_validate({"title": "", **json.loads(unpack(parameters["Plan"]))})
        for command in plan.commands:
            native.check(command)
    except (GuestOutputError, ValueError) as error:
        return _failed(f"The plan cannot be run: {error}")
    execution = Execution(guest, plan, rng, now, sfc_seconds)
    transcript = execution.run()
    last = (execution.elapsed, sealed_transcript(plan, transcript))
    return ScriptRun(round(execution.elapsed + _CLEAN_UP, 1), (*execution.printed, last), 0)


def sealed_transcript(plan: Plan, transcript: Transcript) -> str:
    """The transcript's line, shortened as execute.ps1 does until it fits: tails that prove nothing first."""
    line = seal("transcript", ascii_json(transcript))
    proofs = {command.id for command in plan.commands if command.proves}
    for limit in TAIL_LIMITS:
        if len(line) <= LINE_LIMIT:
            return line
        commands = tuple(
            result
            if result.id in proofs
            else result.model_copy(update={"tail": result.tail[len(result.tail) - limit :]})
            if len(result.tail) > limit
            else result
            for result in transcript.commands
        )
        transcript = transcript.model_copy(update={"commands": commands, "shortened": True})
        line = seal("transcript", ascii_json(transcript))
    for limit in LINE_LIMITS:
        sfc = transcript.sfc
        if len(line) <= LINE_LIMIT or sfc is None:
            break
        dropped = sfc.dropped + max(0, len(sfc.lines) - limit)
        sfc = sfc.model_copy(update={"lines": sfc.lines[:limit], "dropped": dropped})
        transcript = transcript.model_copy(update={"sfc": sfc, "shortened": True})
        line = seal("transcript", ascii_json(transcript))
    return line


def ascii_json(document: Record) -> str:
    """One line of JSON without a character beyond ASCII, as the scripts print it."""
    return json.dumps(document.model_dump(mode="json"), separators=(",", ":"))
