"""The support ticket: everything a support engineer asks for first, and nothing secret. Pure.

Azure's API takes `title`, `description` and `severity` as text without a published length limit (Support Tickets - Create); the
limits here are ours, so that a form or a mail takes the text too. What does not fit lies in the evidence.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from bootmend.articles.article import FixVerdict
from bootmend.memory_dump import DumpHeader, explain
from bootmend.models.azure import Survey
from bootmend.models.boot import BootVerdict, Diagnosis
from bootmend.models.guest import CommandResult, Transcript
from bootmend.models.record import Moment, Record
from bootmend.models.repair import Kept, StepRecord
from bootmend.secret_text import secrets_in, texts_of, without_secrets

TITLE_LIMIT: Final = 128
DESCRIPTION_LIMIT: Final = 8000

Severity = Literal["minimal", "moderate", "critical"]
SEVERITY_WORDS: Final[dict[Severity, str]] = {
    "minimal": "C, minimal impact",
    "moderate": "B, moderate impact",
    "critical": "A, critical impact",
}
"""Azure's severity levels as the portal names them (SeverityLevel)."""


class DumpAccount(Record):
    """What is known of the crash's memory dump, or of its absence. `why`: the verdict or the reasons, in words."""

    why: str
    header: DumpHeader | None = None
    evidence: str | None = None
    """The name under which it is stored; None if none was."""
    size_bytes: int | None = None
    md5: str | None = None


class TicketFacts(Record):
    """All that a repair knows when it gives up. `evidence_place`: the folder or container's address, never signed."""

    repair_id: str
    article: str
    survey: Survey
    diagnosis: Diagnosis
    steps: tuple[StepRecord, ...] = ()
    transcripts: tuple[Transcript, ...] = ()
    fix: FixVerdict | None = None
    boots: tuple[BootVerdict, ...] = ()
    dump: DumpAccount
    evidence: tuple[str, ...] = ()
    evidence_place: str = ""
    kept: tuple[Kept, ...] = ()


class TimelineEntry(Record):
    at: Moment
    what: str


class TicketDraft(Record):
    """A ticket ready to be filed. One that holds a secret cannot be made: ValueError names its kind, never its text."""

    title: str = Field(max_length=TITLE_LIMIT)
    description: str = Field(max_length=DESCRIPTION_LIMIT)
    severity: Severity
    severity_words: str
    vm_id: str
    problem_started_at: Moment
    """When it was first seen by us: the problem may be older."""
    bug_check: str | None
    timeline: tuple[TimelineEntry, ...]
    tried: tuple[str, ...]
    vm: tuple[str, ...]
    evidence: tuple[str, ...]

    @model_validator(mode="after")
    def _holds_no_secret(self) -> Self:
        found = secrets_in("\n".join(texts_of(self.model_dump())))
        if found:
            raise ValueError(f"a ticket must not hold {', '.join(found)}")
        return self


def draft_ticket(facts: TicketFacts, *, severity: Severity = "moderate") -> TicketDraft:
    """The ticket's draft. A line that holds a secret is replaced by a note of what was left out."""
    facts = TicketFacts.model_validate(without_secrets(facts.model_dump()))
    timeline = tuple(sorted(_timeline(facts), key=lambda entry: entry.at))
    vm, tried = tuple(_vm(facts.survey)), tuple(_tried(facts))
    code = _stop_code(facts)
    return TicketDraft(
        title=_title(facts.survey.vm.name, code),
        description=_description(facts, vm, tried, timeline),
        severity=severity,
        severity_words=SEVERITY_WORDS[severity],
        vm_id=facts.survey.vm.id,
        problem_started_at=facts.survey.taken_at,
        bug_check=explain(facts.dump.header) if facts.dump.header else code,
        timeline=timeline,
        tried=tried,
        vm=vm,
        evidence=facts.evidence,
    )


def _title(name: str, code: str | None) -> str:
    stop = f"stop code {code}" if code else "stop code unknown"
    return f"Windows VM {name} does not boot: {stop}; offline repair did not help"[:TITLE_LIMIT]


def _stop_code(facts: TicketFacts) -> str | None:
    seen = [boot.stop_code for boot in facts.boots if boot.stop_code]
    return seen[-1] if seen else facts.diagnosis.stop_code


def _vm(survey: Survey) -> Iterator[str]:
    vm, disk, size = survey.vm, survey.os_disk, survey.source_size
    yield f"Resource id: {vm.id}"
    yield f"VM id: {vm.vm_id}"
    yield f"Region: {vm.location}{f', zone {vm.zone}' if vm.zone else ''}"
    yield f"Size: {vm.size}{f', {size.cores} vCPUs, {size.memory_gb:g} GB of memory' if size else ''}"
    image = f"; image {vm.image.publisher} {vm.image.offer} {vm.image.sku}" if vm.image else ""
    yield f"Windows: {' '.join(filter(None, (vm.os_name, vm.os_version))) or 'unknown to the VM agent'}{image}"
    yield f"Generation {vm.generation or 'unknown'}, security type {vm.security_type}, {vm.controller} controller"
    if disk:
        yield f"OS disk: {disk.name}, {disk.sku}, {disk.size_gb} GB, {disk.encryption_type}"
    yield f"Data disks: {', '.join(f'LUN {data.lun} {data.name}' for data in vm.data_disks) or 'none'}"
    yield f"Extensions: {', '.join(vm.extensions) or 'none'}"


def _timeline(facts: TicketFacts) -> Iterator[TimelineEntry]:
    seen = f"Read by Bootmend: {facts.diagnosis.reason}"
    yield TimelineEntry(at=facts.survey.taken_at, what=seen)
    for step in facts.steps:
        result = "" if step.result in (None, "done") else f": {step.result}"
        yield TimelineEntry(at=step.started_at, what=f"Step {step.name}{result}")
    for number, boot in enumerate(facts.boots, 1):
        yield TimelineEntry(at=boot.started_at, what=f"Start {number} begins")
        code = f", stop code {boot.stop_code}" if boot.stop_code else ""
        yield TimelineEntry(at=boot.decided_at, what=f"Start {number} judged {boot.kind}{code}: {boot.reason}")
    if facts.dump.header and facts.dump.header.system_time:
        yield TimelineEntry(at=facts.dump.header.system_time, what="Crash of the memory dump, by the guest's clock")


def _tried(facts: TicketFacts) -> Iterator[str]:
    yield f"Microsoft's article was followed on a copy of the OS disk, on a repair VM: {facts.article}."
    fix = facts.fix
    if fix is None:
        yield "No repair of the disk was carried out."
        return
    yield f"SFC, offline: {fix.sfc.replace('_', ' ')}."
    for words, files in (("mended", fix.files_repaired), ("could not be mended", fix.files_not_repaired)):
        if files:
            yield f"Files that {words}: {', '.join(files)}."
    yield f"Serial console (EMS): {'on and read back' if fix.serial_console_on else 'not proved on'}."
    yield f"Memory dump collection: {'on and read back' if fix.dump_on else 'not proved on'}; {fix.dump_goes_to}."
    yield f"The disk's identity is {'unchanged' if fix.identity_unchanged else 'NOT proved unchanged'}."
    yield from fix.notes
    yield _starts(facts.boots)


def _starts(boots: Sequence[BootVerdict]) -> str:
    if not boots:
        return "The repaired disk was not started in the VM."
    times = "once" if len(boots) == 1 else f"{len(boots)} times"
    seen = [str(number) for number, boot in enumerate(boots, 1) if boot.kind == "booted"]
    outcome = f"start {' and '.join(seen)} was seen to succeed" if seen else "no start was seen to succeed"
    return f"The repaired disk was swapped in and started {times}; {outcome}."


def _dump(dump: DumpAccount) -> Iterator[str]:
    yield dump.why
    if dump.header:
        yield explain(dump.header)
        yield f"Kind: {dump.header.kind} (type {dump.header.kind_number})."
    if dump.evidence:
        size = f"{dump.size_bytes} bytes" if dump.size_bytes is not None else "of unknown length"
        yield f"Stored as {dump.evidence}, {size}{f', MD5 {dump.md5}' if dump.md5 else ''}."


def _command(result: CommandResult) -> str:
    code = "no exit code" if result.exit_code is None else f"exit code {result.exit_code}"
    return f"{result.line} -> {code}, {result.seconds:.0f} s"


def _description(facts: TicketFacts, vm: Sequence[str], tried: Sequence[str], timeline: Sequence[TimelineEntry]) -> str:
    vm_name, code = facts.survey.vm.name, _stop_code(facts)
    evidence = [*facts.evidence, *([f"All under: {facts.evidence_place}"] if facts.evidence_place else [])]
    kept = [f"{item.resource_id}: {item.why}{_until(item.until)}" for item in facts.kept]
    fixed = {
        "Problem": [
            f"The VM {vm_name} does not boot{f': it stops with stop code {code}' if code else ''}.",
            f"Diagnosis: {facts.diagnosis.reason}.",
        ],
        "VM": vm,
        "What was tried": tried,
        "Memory dump": list(_dump(facts.dump)),
        "Evidence (access is granted on request)": evidence or ["none"],
        "Disks kept for you": kept or ["none"],
        "Asked of you": [
            "Say from the dump which process ended and why; or, where there is no dump, how to get one from this VM.",
            "Say how the VM can be made to boot, or that it has to be restored or built anew.",
        ],
        "Reference": [f"Bootmend repair {facts.repair_id}"],
    }
    long = {
        "Timeline (UTC)": [f"{_utc(entry.at)}  {entry.what}" for entry in timeline],
        "Commands run on the copy": [_command(result) for one in facts.transcripts for result in one.commands],
    }
    return _fitted(fixed, long)


def _fitted(fixed: dict[str, Sequence[str]], long: dict[str, list[str]]) -> str:
    """The sections as text; of the long ones the middle lines are left out, evenly, until all fits."""

    def text(keep: int, shorten: Callable[[str], str]) -> str:
        sections = fixed | {name: _ends(lines, keep) for name, lines in long.items() if lines}
        return "\n\n".join(
            "\n".join([f"{name}:", *(f"- {shorten(line)}" for line in lines)]) for name, lines in sections.items()
        )

    for keep in range(max(map(len, long.values())), 1, -1):
        if len(whole := text(keep, lambda line: line)) <= DESCRIPTION_LIMIT:
            return whole
    return text(2, lambda line: line if len(line) <= 300 else f"{line[:297]}...")[:DESCRIPTION_LIMIT]


def _ends(lines: list[str], keep: int) -> list[str]:
    """The first and the last lines, `keep` in all, with a note of how many were left out between."""
    left_out = len(lines) - keep
    if left_out <= 0:
        return lines
    return [*lines[: keep // 2], f"[{left_out} lines left out; the report has them]", *lines[left_out + keep // 2 :]]


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _until(moment: datetime | None) -> str:
    return f" (until {moment.astimezone(UTC):%Y-%m-%d})" if moment else ""
