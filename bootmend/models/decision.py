"""What `decide` answers: the diagnosis, what forbids the repair, and with what it would be done."""

from typing import Literal

from bootmend.models.azure import ImageRef, SecurityType
from bootmend.models.boot import Diagnosis
from bootmend.models.record import Record


class Refused(Record):
    """A precondition that does not hold, in words that say what would be right."""

    code: str
    reason: str


class Means(Record):
    """With what this VM would be repaired: everything later steps need, so that they read nothing again."""

    location: str
    zone: str | None
    os_disk_id: str
    os_disk_sku: str
    was_running: bool
    memory_gb: float
    generation: Literal["V1", "V2"]
    is_client: bool
    serial_offset: int
    repair_image: ImageRef
    repair_sizes: tuple[str, ...]
    """In the order in which they are tried."""
    security_type: SecurityType
    subnet_id: str
    repair_group: str
    stable_seconds: int
    boot_minutes: int
    takes_dumps: bool = False
    """Whether a storage account is configured to which the guest can send a dump."""


class Verdict(Record):
    """`go` with means, or an end before anything was touched."""

    kind: Literal["go", "refused", "not_applicable"]
    reason: str
    diagnosis: Diagnosis
    refusals: tuple[Refused, ...] = ()
    means: Means | None = None
    ask_first: bool = False
    """True where a person must approve although the policy would not ask."""
    plan: tuple[str, ...] = ()
    """What would be done, of a dry run: sentences and indented commands (bootmend.dry_run)."""
