"""execute.ps1, played: a plan's commands on the attached disk, and the transcript."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from bootmend.guest.envelope import MARKER
from bootmend.models.guest import CommandResult, Plan, PlannedCommand, SfcLine, SfcLog, Transcript
from sandbox.windows.guest import RepairGuest
from sandbox.windows.sfc import scan, sr_messages
from sandbox.windows.system32 import NativeResult, run_native

_RETRY_SECONDS = 2.0
_STEP_PERCENT = 4
MOST_LINES = 40


@dataclass
class Execution:
    """One run of execute.ps1. `elapsed`: seconds since its start."""

    guest: RepairGuest
    plan: Plan
    rng: Random
    now: datetime
    sfc_seconds: float
    elapsed: float = 3.0
    printed: list[tuple[float, str]] = field(default_factory=list)
    results: list[CommandResult] = field(default_factory=list)
    succeeded: set[str] = field(default_factory=set)
    why: str = ""
    sfc_log: SfcLog | None = None

    def run(self) -> Transcript:
        refusal = self._refusal()
        if refusal:
            disk = self.guest.attached.get(self.plan.target.lun)
            offline = self.plan.target.lun in self.guest.offline
            return Transcript(ended="refused", why=refusal, identity=disk.identity if disk else None, offline=offline)
        lun = self.plan.target.lun
        disk = self.guest.attached[lun]
        for done, command in enumerate(self.plan.commands):
            wanted = command.always if self.why else True
            if wanted and (command.after is None or command.after in self.succeeded):
                self._say(command, done, None)
                self._run(command, done)
        if "identity_rewritten" in disk.trouble:
            disk.identity = "f" * 8 if disk.style == "MBR" else "f" * 8 + disk.identity[8:]
        self.guest.offline[lun] = "Policy"
        self.elapsed += 2
        return Transcript(
            ended="stopped" if self.why else "completed",
            why=self.why,
            identity=disk.identity,
            offline=True,
            commands=tuple(self.results),
            sfc=self.sfc_log,
        )

    def _refusal(self) -> str:
        """Why nothing is run; else the disk is online and writable afterwards."""
        guest, target = self.guest, self.plan.target
        guest.look()
        disk = guest.attached.get(target.lun)
        if disk is None:
            return f"no disk at LUN {target.lun}"
        if disk.identity != target.identity or disk.style != target.style:
            return f"the disk is {disk.identity}, not {target.identity}"
        if guest.offline.get(target.lun) == "Collision":
            return "the disk's identity collides with another disk's"
        guest.offline.pop(target.lun, None)
        guest.read_only.discard(target.lun)
        for planned in self.plan.volumes:
            held = guest.letters.get(planned.id)
            if held != (None if planned.mounted_by_plan else planned.letter):
                return f"{planned.letter}: is not the volume {planned.id}"
        return ""

    def _say(self, command: PlannedCommand, done: int, percent: int | None) -> None:
        shown = "-" if percent is None else str(percent)
        line = f"{MARKER} progress {command.id} {shown} {done} {len(self.plan.commands)}"
        self.printed.append((self.elapsed, line))

    def _run(self, command: PlannedCommand, done: int) -> None:
        begun = self.elapsed
        result = self._scan_and_read(command, done) if command.exe == "sfc.exe" else self._native(command)
        timed_out = result.seconds > command.time_limit
        self.elapsed = begun + min(result.seconds, command.time_limit)
        accepted = not timed_out and (not command.accepts or result.exit_code in command.accepts)
        if accepted:
            self.succeeded.add(command.id)
        elif not self.why:
            what = "was ended at its time limit" if timed_out else f"ended with {result.exit_code}"
            self.why = f"{command.id} {what}"
        self.results.append(
            CommandResult(
                id=command.id,
                line=command.line,
                article_step=command.article_step,
                exit_code=None if timed_out else result.exit_code,
                seconds=round(self.elapsed - begun, 1),
                tail=result.output[-command.tail_chars :],
                timed_out=timed_out,
            )
        )

    def _native(self, command: PlannedCommand) -> NativeResult:
        """With the plan's tries: garbage is collected in between."""
        seconds = 0.0
        for _ in range(command.tries):
            result = run_native(self.guest, command.exe, command.args, self.rng)
            seconds += result.seconds
            if not command.accepts or result.exit_code in command.accepts:
                break
            seconds += _RETRY_SECONDS
        return NativeResult(result.exit_code, result.output, min(seconds, command.time_limit))

    def _scan_and_read(self, command: PlannedCommand, done: int) -> NativeResult:
        """The log is read at once: clean-up may take its letter away. Only what this run added to it counts."""
        before = len(self._log())
        result = self._scan(command, done)
        self.sfc_log = _read_log(self._log()[before:])
        return result

    def _scan(self, command: PlannedCommand, done: int) -> NativeResult:
        begun, wanted = self.elapsed, self.sfc_seconds * self.rng.uniform(0.9, 1.1)
        moment = self.now + timedelta(seconds=begun)
        answer = scan(self.guest, command.args, seconds=wanted, limit=command.time_limit, now=moment)
        for percent in range(0, 101, _STEP_PERCENT) if answer.seconds else ():
            at = answer.seconds * percent / 100
            if at > command.time_limit:
                break
            self.elapsed = begun + at
            self._say(command, done, percent)
        return NativeResult(0, answer.output, answer.seconds or self.rng.uniform(1, 4))

    def _log(self) -> str:
        file = self.guest.file(self.plan.sfc_log or "")
        return str(file.content) if file else ""


def _read_log(text: str) -> SfcLog:
    messages = sr_messages(text)
    counts = {message: messages.count(message) for message in dict.fromkeys(messages)}
    # The lines that name trouble come first: they are the last to be left out.
    ordered = sorted(counts, key=lambda message: "cannot" not in message.lower())
    lines = tuple(SfcLine(text=message, count=counts[message]) for message in ordered[:MOST_LINES])
    return SfcLog(found=bool(text), lines=lines, dropped=len(counts) - len(lines))
