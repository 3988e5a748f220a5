"""Phase escalate: it does not boot. The VM gets its own disk back, a person gets the ticket."""

from activities import collect as activity
from bootmend.models.dump import DumpReport, TicketReport
from bootmend.models.jobs import PrepareTicket
from bootmend.ticket import DumpAccount, TicketFacts
from orchestrators.close import clean_up, keep, put_back
from orchestrators.collect import collect
from orchestrators.run import Ending, Run, runbook_step
from orchestrators.step import StepFailedError, Steps, failure_words, step
from orchestrators.verify import booted_words
from orchestrators.waiting import checkpoint

ARTICLE = "Windows stop error 0x000000EF, critical process died"


def escalate(run: Run, failing: str) -> Steps[Ending]:
    """Collects what support needs, puts the VM back, drafts the ticket and waits for its number.

    What cannot be collected is told, and hinders nothing. Should the VM boot while its crash is waited for, it is repaired.
    """
    try:
        booted = yield from collect(run)
    except StepFailedError as failed:
        booted = False
        run.dump = DumpReport(found=False, why=f"the dump could not be looked for: {failure_words(failed)}")
    if booted:
        run.show(cancellable=False)
        return Ending("repaired", booted_words(run))
    run.show(cancellable=False)
    ending = yield from _restored(run, failing)
    keep(run, ending)
    yield from clean_up(run)
    run.enter("escalate")
    run.ticket = yield from prepare_ticket(run)
    run.ticket = yield from file_ticket(run, run.ticket)
    return ending


def _restored(run: Run, failing: str) -> Steps[Ending]:
    """The original disk is back in place, unless policy keeps the diagnostic disk, or it cannot be done."""
    run.copy_in_place = True
    if run.job.policy.on_failure == "keep_diagnostic_disk":
        return Ending("escalated", f"{failing}; the diagnostic disk is left in place, as the policy asks")
    try:
        yield from put_back(run)
    except StepFailedError as failed:
        return Ending("failed", f"{failing}; and the VM could not be put back: {failure_words(failed)}")
    run.copy_in_place = False
    return Ending("escalated", failing)


@runbook_step
def prepare_ticket(run: Run) -> Steps[TicketReport]:
    if run.survey is None or run.diagnosis is None or run.dump is None:
        raise RuntimeError("a ticket is drafted after the VM was read, diagnosed, and looked at for a dump")
    facts = TicketFacts(
        repair_id=run.job.repair_id,
        article=ARTICLE,
        survey=run.survey,
        diagnosis=run.diagnosis,
        steps=run.status.steps,
        transcripts=tuple(run.transcripts),
        fix=run.fix,
        boots=tuple(run.boots),
        dump=DumpAccount(
            why=run.dump.why,
            header=run.dump.header,
            evidence=run.dump.evidence,
            size_bytes=run.dump.size_bytes,
            md5=run.dump.md5,
        ),
        evidence=run.status.evidence,
        kept=tuple(run.kept),
    )
    ticket = yield from step(run.ctx, activity.prepare_ticket, PrepareTicket(**run.subject.model_dump(), facts=facts))
    run.keep_evidence(ticket.evidence)
    return ticket


def file_ticket(run: Run, ticket: TicketReport) -> Steps[TicketReport]:
    """Checkpoint `file_ticket`: a person files the draft and says so, with the ticket's number if they have it."""
    why = f"The VM does not boot. File the support ticket drafted in {ticket.evidence}, and give its number."
    manual = run.job.policy.checkpoints.file_ticket == "manual"
    answer = yield from checkpoint(run, "file_ticket", why, manual=manual, auto_decision="not_filed")
    if answer.decision != "filed":
        return ticket
    number = answer.values.get("ticket") or answer.comment or None
    return ticket.model_copy(update={"filed": True, "number": number, "by": answer.by})
