"""What was seen of a boot: readings of the serial log and the screenshot, looks at the VM, the verdict."""

from typing import Literal

from bootmend.models.azure import AgentStatus, Power
from bootmend.models.record import Moment, Record


class SerialReading(Record):
    """The serial log from `start` on. Offsets are bytes from the log's beginning."""

    start: int
    length: int
    """Bytes in the whole log; the next reading starts here."""
    stop_code: int | None = None
    """Of the last bugcheck block past `start`; None if there is none, or its code cannot be read."""
    bugcheck_at: int | None = None
    """Where the last bugcheck block past `start` begins."""
    banner_at: int | None = None
    """The last SAC banner `EVENT: The CMD command is now available.` past `start`: Windows is up."""


class ScreenshotReading(Record):
    """What a reader made of the boot screenshot."""

    stop_code: int | None = None
    words: str = ""


class BootEvidence(Record):
    """What boot diagnostics showed. `names` are the stored pieces of evidence."""

    diagnostics_on: bool
    serial: SerialReading | None = None
    screenshot: ScreenshotReading | None = None
    names: tuple[str, ...] = ()


class Diagnosis(Record):
    kind: Literal["critical_process_died", "other_stop_code", "healthy", "unknown"]
    stop_code: str | None = None
    source: Literal["serial_log", "screenshot"] | None = None
    reason: str


class BootLook(Record):
    """One look at a VM after its start."""

    at: Moment
    power: Power
    agent: AgentStatus
    serial: SerialReading | None = None


class BootWatch(Record):
    """What has been seen since a start; everything the verdict needs, nothing more."""

    vm_id: str
    started_at: Moment
    """When Azure says that the start began."""
    serial_offset: int
    """Length of the serial log before the start: whatever stands before it is of an old boot."""
    give_up_at: Moment
    stable_seconds: int
    agent_seen_down: bool = False
    banner_seen: bool = False
    serial_seen: bool = False
    healthy_since: Moment | None = None
    bugcheck_seen: bool = False
    stop_code: int | None = None
    looks: int = 0


class BootVerdict(Record):
    """`booted` is said only of a boot that was seen to succeed."""

    kind: Literal["booted", "bugcheck", "silent", "stopped"]
    stop_code: str | None = None
    reason: str
    started_at: Moment
    ready_at: Moment | None = None
    decided_at: Moment
    looks: int = 0
