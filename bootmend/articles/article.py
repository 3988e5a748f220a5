"""What every article of this folder takes and gives, besides the guest's facts, plan and transcript."""

from typing import Literal

from pydantic import Field

from bootmend.models.azure import Generation
from bootmend.models.guest import DriveLetter
from bootmend.models.record import Record


class DataVolume(Record):
    """A volume on a data disk of the source VM. The letter is the one that the broken VM uses."""

    letter: DriveLetter
    free_gb: float = Field(ge=0)


class Machine(Record):
    """What Azure knows of the source VM and a plan needs."""

    memory_gb: float = Field(gt=0)
    generation: Generation
    is_client: bool = False
    data_volumes: tuple[DataVolume, ...] = ()


class Refusal(Record):
    """Why there is no plan. `code` is a key of the article's RULES."""

    code: str
    reason: str


SfcVerdict = Literal["nothing_wrong", "all_repaired", "some_not_repaired", "could_not_run"]


class FixVerdict(Record):
    """What the transcript proves. `ok`: the disk may be swapped in, and the boot decides."""

    ok: bool
    reason: str
    sfc: SfcVerdict
    files_repaired: tuple[str, ...] = ()
    files_not_repaired: tuple[str, ...] = ()
    serial_console_on: bool
    dump_on: bool
    dump_goes_to: str
    identity_unchanged: bool
    notes: tuple[str, ...] = ()
