"""The memory dump, its upload, and the ticket."""

import json
from datetime import timedelta
from typing import Final

from activities.guest import begin_run_command
from bootmend.evidence.store import evidence_store
from bootmend.guest import upload
from bootmend.guest.output import GuestOutputError
from bootmend.memory_dump import explain, fresh, read_header
from bootmend.models.dump import DumpFile, DumpReport, JudgedDump, TicketReport
from bootmend.models.guest import DumpFacts, GuestFacts
from bootmend.models.jobs import BeginUpload, JudgeDump, PrepareTicket, ReadUpload, ScriptBegun
from bootmend.settings import settings
from bootmend.ticket import draft_ticket

TICKET: Final = "ticket.json"
DUMP: Final = "memory.dmp"
LINK_LIFE: Final = timedelta(seconds=upload.LONGEST_RUN) + timedelta(hours=1)
"""A run command may wait for the VM's agent before its own time begins."""


async def judge_dump(job: JudgeDump) -> JudgedDump:
    """The newest dump that counts; else why each that was found does not, or that there is none."""
    candidates = [(facts, dump) for facts in job.facts for dump in facts.dumps]
    judged = [_judged(facts, dump, job) for facts, dump in sorted(candidates, key=lambda found: found[1].written_at)]
    counting = [one for one in judged if one.report.found]
    if counting:
        return counting[-1]
    why = "; ".join(one.report.why for one in judged) or "there is no MEMORY.DMP on any disk that was looked at"
    return JudgedDump(report=DumpReport(found=False, why=why, looks=job.looks))


def _judged(facts: GuestFacts, dump: DumpFacts, job: JudgeDump) -> JudgedDump:
    header = read_header(dump)
    verdict = fresh(dump, header, not_before=job.not_before, not_after=job.not_after)
    readable = None if isinstance(header, str) else header
    report = DumpReport(
        found=verdict.fresh,
        why=verdict.reason,
        path=dump.path,
        lun=facts.lun,
        header=readable,
        explanation=explain(readable) if readable else None,
        crashed_at=verdict.crashed_at,
        size_bytes=dump.size_bytes,
        looks=job.looks,
    )
    identity = facts.disk.identity if facts.disk else None
    file = DumpFile(facts=dump, lun=facts.lun, identity=identity) if verdict.fresh and identity else None
    return JudgedDump(report=report, file=file)


async def begin_upload(job: BeginUpload) -> ScriptBegun:
    """Begins to send the dump. The link is made here and handed on here: it is in no input, no answer and no log.

    Begun twice, the script starts anew and sends what is not there yet.
    """
    from bootmend.evidence.blob import blob_store

    file, name = job.file, DUMP
    url = await blob_store().upload_url(job.repair_id, name, now=job.at, valid_for=LINK_LIFE)
    script = upload.upload_script(file.facts, lun=file.lun, identity=file.identity, url=url)
    return await begin_run_command(job, script)


async def read_upload(job: ReadUpload) -> DumpReport:
    """The dump as the store has it. The guest's word alone is not taken: the store must tell the same length and MD5.

    Raises GuestOutputError with the reason where the dump is not, or not provably, there.
    """
    from bootmend.evidence.blob import blob_store

    result = upload.read_upload(job.output, job.file.facts)
    if result.ended != "completed":
        raise GuestOutputError(f"the upload {result.ended}: {result.why}")
    stored = await blob_store().describe(job.repair_id, DUMP)
    if stored is None or (stored.size_bytes, stored.md5) != (result.bytes, result.md5):
        there = f"{stored.size_bytes} bytes with MD5 {stored.md5}" if stored else "nothing"
        raise GuestOutputError(f"{result.bytes} bytes with MD5 {result.md5} were sent, and the store has {there}")
    return job.report.model_copy(update={"evidence": DUMP, "md5": result.md5})


async def prepare_ticket(job: PrepareTicket) -> TicketReport:
    """Drafts the ticket and stores it whole; the report carries what a form asks for."""
    place = f"{settings().evidence_url}/{job.repair_id}/" if settings().evidence_url else ""
    draft = draft_ticket(job.facts.model_copy(update={"evidence_place": place}))
    document = json.dumps(draft.model_dump(mode="json"), indent=1).encode()
    name = await evidence_store().put(job.repair_id, TICKET, document)
    return TicketReport(title=draft.title, severity=draft.severity_words, description=draft.description, evidence=name)
