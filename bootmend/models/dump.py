"""What is known of the crash's memory dump, and of the ticket that names it."""

from bootmend.memory_dump import DumpHeader
from bootmend.models.guest import DiskIdentity, DumpFacts
from bootmend.models.record import Moment, Record


class DumpReport(Record):
    """The dump, or what is known of its absence. Only a whole dump of a crash after the last start is `found`."""

    found: bool
    why: str
    path: str | None = None
    """As the repair VM named it."""
    lun: int | None = None
    header: DumpHeader | None = None
    explanation: str | None = None
    crashed_at: Moment | None = None
    size_bytes: int | None = None
    evidence: str | None = None
    """The name under which it was uploaded; None: it still lies on the disk that is kept."""
    md5: str | None = None
    looks: int = 1
    """How many crashes were waited for."""


class DumpFile(Record):
    """Where a dump lies: what the guest is told to send, and nothing but that file of that disk."""

    facts: DumpFacts
    lun: int
    identity: DiskIdentity


class JudgedDump(Record):
    """`file`: of a dump that is found."""

    report: DumpReport
    file: DumpFile | None = None


class TicketReport(Record):
    """The support ticket: a draft until somebody filed it."""

    title: str
    severity: str
    description: str
    evidence: str
    """The name under which the whole draft is stored."""
    filed: bool = False
    number: str | None = None
    by: str | None = None
