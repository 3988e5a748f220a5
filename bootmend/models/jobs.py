"""What activities are handed. Names of resources derive from the repair's id, so that a job done twice does the same thing."""

from typing import Literal

from bootmend.articles.article import DataVolume, FixVerdict, Machine
from bootmend.models.azure import Operation, Power, SourceMark, Survey
from bootmend.models.boot import BootEvidence, BootWatch
from bootmend.models.decision import Means
from bootmend.models.dump import DumpFile, DumpReport
from bootmend.models.guest import GuestFacts, Plan, Progress, Transcript
from bootmend.models.record import Moment, Record
from bootmend.models.repair import Policy
from bootmend.models.report import Report
from bootmend.ticket import TicketFacts

COPY_LUN = 0
"""Where the copy is attached: the repair VM is made without data disks, and the guest finds the disk by this number."""

ScriptKind = Literal["inspect", "execute"]


class Subject(Record):
    """A repair and the VM that it is about."""

    repair_id: str
    vm_id: str


class ReadVm(Subject):
    at: Moment


class ReadEvidence(Subject):
    label: Literal["before", "after", "again"]


class Decide(Record):
    survey: Survey
    evidence: BootEvidence
    policy: Policy


class Prepare(Subject):
    """For everything that makes, attaches or detaches: with what means."""

    means: Means


class BeginRepairVm(Prepare):
    size: str


class DiskCopy(Prepare):
    """A copy of one disk by way of a snapshot. `label` tells several of one repair apart; the first has none."""

    disk_id: str
    sku: str
    label: str = ""
    lun: int = COPY_LUN
    keep: bool = False
    """Whether it stays when the repair ends, since it holds what was to be collected."""


class RepairVmMade(Record):
    size: str


class SourceNow(Record):
    """The source VM as it is found. `exists` False: it was deleted."""

    exists: bool
    os_disk_id: str | None = None
    power: Power = "unknown"
    changing: bool = False
    """Whether an operation is at work on it: what is read now may be otherwise in a moment."""
    mark: SourceMark | None = None
    serial_offset: int | None = None
    """Bytes of serial log so far, or None where there is none to read."""


class BeginSwap(Subject):
    disk_id: str
    mark: SourceMark


class LookAtOperation(Subject):
    operation: Operation


class GuestScript(Subject):
    """A run command on the repair VM, under a name of its own. `plan` for `execute`."""

    kind: ScriptKind
    name: str
    means: Means
    lun: int = COPY_LUN
    plan: Plan | None = None


class BeginUpload(Subject):
    """A run command that sends a dump, under a name of its own. The link is made for `at`."""

    name: str
    means: Means
    file: DumpFile
    at: Moment


class ScriptBegun(Record):
    timeout_seconds: int


class LookAtGuest(Subject):
    name: str
    repair_group: str


class GuestLook(Record):
    """One look at a script: still running, or ended with its whole output."""

    ended: bool
    ok: bool = False
    progress: Progress | None = None
    output: str = ""
    why: str = ""


class ReadFacts(Record):
    output: str


class PlanFix(Record):
    facts: GuestFacts
    machine: Machine


class MatchVolumes(Record):
    os_disk: GuestFacts
    data_disks: tuple[GuestFacts, ...]


class DataVolumes(Record):
    volumes: tuple[DataVolume, ...] = ()


class FixPlan(Record):
    plan: Plan | None = None
    refusal: str | None = None


class JudgeDump(Record):
    """Facts of each disk looked at, by LUN; the crash must lie between both times."""

    facts: tuple[GuestFacts, ...]
    not_before: Moment
    not_after: Moment
    looks: int


class ReadUpload(Subject):
    report: DumpReport
    file: DumpFile
    output: str


class PrepareTicket(Subject):
    facts: TicketFacts


class JudgeFix(Subject):
    plan: Plan
    output: str


class Fixed(Record):
    """What the guest's transcript says, and the name under which it is stored."""

    transcript: Transcript
    verdict: FixVerdict
    evidence: str


class LookAtBoot(Record):
    watch: BootWatch
    at: Moment


class Delete(Subject):
    resource_id: str


class Account(Subject):
    repair_group: str


class Found(Record):
    """What still bears our tag."""

    resource_ids: tuple[str, ...] = ()


class WriteReport(Record):
    name: str
    report: Report


class Stored(Record):
    """Names under which evidence was stored."""

    names: tuple[str, ...] = ()
