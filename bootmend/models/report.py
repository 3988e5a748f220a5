"""The report: what was found, done and seen, and what is left where. JSON; the sandbox prints it as one line."""

from bootmend.articles.article import FixVerdict
from bootmend.models.backup import BackupReport
from bootmend.models.boot import BootVerdict, Diagnosis
from bootmend.models.dump import DumpReport, TicketReport
from bootmend.models.guest import Transcript
from bootmend.models.record import Moment, Record
from bootmend.models.repair import CheckpointRecord, Kept, Leftover, Outcome, StepRecord


class BootReport(Record):
    attempts: tuple[BootVerdict, ...] = ()


class Report(Record):
    """The keys are a contract: callers and Logic Apps read them."""

    id: str
    vm_id: str
    outcome: Outcome
    reason: str
    diagnosis: Diagnosis | None = None
    backup: BackupReport | None = None
    plan: tuple[str, ...] = ()
    """What would be done, of a dry run: sentences, and commands indented by four spaces."""
    steps: tuple[StepRecord, ...] = ()
    transcripts: tuple[Transcript, ...] = ()
    fix: FixVerdict | None = None
    boot: BootReport = BootReport()
    dump: DumpReport | None = None
    ticket: TicketReport | None = None
    checkpoints: tuple[CheckpointRecord, ...] = ()
    evidence: tuple[str, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    kept: tuple[Kept, ...] = ()
    started_at: Moment
    finished_at: Moment
