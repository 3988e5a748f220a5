"""Which executables the repair VM has, and one run of one of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from sandbox.windows.guest import RepairGuest
from sandbox.windows.native import Answer, bcdedit, compare, mountvol, robocopy
from sandbox.windows.reg import reg

_COMMANDS: Mapping[str, Callable[[RepairGuest, tuple[str, ...]], Answer]] = {
    "bcdedit.exe": bcdedit,
    "fc.exe": compare,
    "mountvol.exe": mountvol,
    "reg.exe": reg,
    "robocopy.exe": robocopy,
}


@dataclass(frozen=True)
class NativeResult:
    exit_code: int
    output: str
    seconds: float


def run_native(guest: RepairGuest, exe: str, args: tuple[str, ...], rng: Random) -> NativeResult:
    """One command other than SFC, in 0.2 to 2 seconds; an executable that is not known is not found."""
    command = _COMMANDS.get(exe)
    answer = command(guest, args) if command else Answer(1, "The system cannot find the file specified.\r\n")
    return NativeResult(answer.exit_code, answer.output, round(rng.uniform(0.2, 2.0), 1))
