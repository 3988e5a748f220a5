"""The memory dump and the ticket."""

import json

from bootmend.evidence.store import evidence_store
from bootmend.memory_dump import explain, fresh, read_header
from bootmend.models.dump import DumpReport, TicketReport
from bootmend.models.guest import DumpFacts
from bootmend.models.jobs import JudgeDump, PrepareTicket
from bootmend.ticket import draft_ticket

TICKET = "ticket.json"


async def judge_dump(job: JudgeDump) -> DumpReport:
    """The newest dump that counts; else why each that was found does not, or that there is none."""
    candidates = [(facts.lun, dump) for facts in job.facts for dump in facts.dumps]
    judged = [_judged(lun, dump, job) for lun, dump in sorted(candidates, key=lambda found: found[1].written_at)]
    counting = [report for report in judged if report.found]
    if counting:
        return counting[-1]
    why = "; ".join(report.why for report in judged) or "there is no MEMORY.DMP on any disk that was looked at"
    return DumpReport(found=False, why=why, looks=job.looks)


def _judged(lun: int, dump: DumpFacts, job: JudgeDump) -> DumpReport:
    header = read_header(dump)
    verdict = fresh(dump, header, not_before=job.not_before, not_after=job.not_after)
    readable = None if isinstance(header, str) else header
    return DumpReport(
        found=verdict.fresh,
        why=verdict.reason,
        path=dump.path,
        lun=lun,
        header=readable,
        explanation=explain(readable) if readable else None,
        crashed_at=verdict.crashed_at,
        size_bytes=dump.size_bytes,
        looks=job.looks,
    )


async def prepare_ticket(job: PrepareTicket) -> TicketReport:
    """Drafts the ticket and stores it whole; the report carries what a form asks for."""
    draft = draft_ticket(job.facts)
    document = json.dumps(draft.model_dump(mode="json"), indent=1).encode()
    name = await evidence_store().put(job.repair_id, TICKET, document)
    return TicketReport(title=draft.title, severity=draft.severity_words, description=draft.description, evidence=name)
