"""The shipped guest scripts, played. A script that is not byte for byte a shipped one is refused."""

import base64
import json
from datetime import datetime
from pathlib import Path
from random import Random

from bootmend.articles import native
from bootmend.guest.commands import script_text
from bootmend.guest.envelope import LINE_LIMIT, GuestOutputError, seal, unpack
from bootmend.models.guest import Plan, Transcript
from bootmend.models.record import Record
from sandbox.windows import upload
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
    ca_file: Path | None = None,
) -> ScriptRun:
    """Runs the script at once on the guest's disks; what it printed when is in the answer.

    `ca_file`: the authority that the guest trusts when it reaches Blob Storage; None: the public ones.
    """
    if script_text_given == script_text("inspect.ps1"):
        return _inspect(guest, parameters, protected, rng)
    if script_text_given == script_text("execute.ps1"):
        return _execute(guest, parameters, protected, now, rng, sfc_seconds)
    if script_text_given == script_text("upload.ps1"):
        return _upload(guest, parameters, protected, ca_file)
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


def _upload(
    guest: RepairGuest, parameters: dict[str, str], protected: dict[str, str], ca_file: Path | None
) -> ScriptRun:
    if parameters.keys() != upload.PARAMETERS or protected.keys() != {"Sas"}:
        return _failed(f"upload.ps1 takes {', '.join(sorted(upload.PARAMETERS))}, and Sas as a protected parameter.")
    guest.uploads += 1
    signature = base64.b64decode(protected["Sas"]).decode()
    connection = upload.BlobConnection(parameters["BlobUrl"], signature, ca_file)
    try:
        dump = upload.find_dump(guest, parameters)
        run = upload.Upload(dump, connection, upload.interrupted_after(guest, parameters))
        result = run.run()
    except upload.UploadError as error:
        result = upload.refused(int(parameters["Bytes"]), str(error))
        return ScriptRun(5.0, ((4.0, seal("upload", ascii_json(result))),), 0)
    except upload.CutOffError:
        return ScriptRun(run.elapsed, tuple(run.printed), 1, "The VM was restarted while the script ran.")
    finally:
        connection.close()
    last = (run.elapsed, seal("upload", ascii_json(result)))
    return ScriptRun(round(run.elapsed + _CLEAN_UP, 1), (*run.printed, last), 0)


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
