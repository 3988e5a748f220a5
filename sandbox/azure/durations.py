"""How long Azure takes. One table: start and end as Azure reported them in public recordings of operations.

Figures in seconds. `n` is the number of operations measured; [I] marks an inference where nothing was measured.
"""

import random
from dataclasses import dataclass
from typing import Literal

Profile = Literal["median", "p90"]


@dataclass(frozen=True)
class Spread:
    """What was measured for one kind of operation."""

    median: float
    p90: float
    source: str


MEASURED = {
    "snapshot": Spread(0.6, 1.4, "snapshot PUT (copy of a disk), n=31"),
    "disk": Spread(0.5, 0.8, "disk PUT (copy), n=12"),
    "disk_tags": Spread(0.5, 0.8, "[I] as a disk PUT"),
    "delete_disk": Spread(0.5, 0.8, "[I] as a disk PUT"),
    "create_vm": Spread(103, 156, "deployment with VNet, NSG, NIC and a Windows VM, n=88, less 10 s [I]"),
    "attach_detach": Spread(12, 21, "VM PUT that attaches or detaches a data disk, n=54"),
    "swap_os_disk": Spread(23.5, 24, "VM PUT that swaps the OS disk, n=2"),
    "update_vm": Spread(12, 21, "[I] as a VM PUT that attaches a disk"),
    "deallocate": Spread(41, 126, "deallocate, n=42"),
    "power_off": Spread(9.3, 14, "power off, n=23"),
    "start": Spread(9.3, 18, "start, n=9; booting comes after"),
    "delete_vm": Spread(39, 132, "VM delete, n=20"),
    "run_command": Spread(
        14.5, 19, "[I] RunCommand action with a trivial script, min 10, median 19, n=26: until it starts"
    ),
    "delete_run_command": Spread(9.3, 14, "[I] as power off"),
    "restore_begins": Spread(20, 40, "[I] until a restore's operation names its job"),
    "restore_disk": Spread(900, 2400, "[I] RestoreDisks of one OS disk from a snapshot"),
    "nothing_to_do": Spread(0.5, 0.8, "[I] the least that was seen"),
}

BUGCHECK_LOOP = 120.0
"""Seconds from one crash of a looping VM to the next [I]."""

RUN_COMMAND_GIVES_UP = 5412.0
"""One measured RunCommand without a working agent ended Failed after this: the 90-minute limit."""

JITTER = 0.15


class Durations:
    """Draws durations. The same seed gives the same figures, in whatever order different kinds are asked for."""

    def __init__(self, seed: int, profile: Profile = "median", factor: float = 1.0) -> None:
        self._seed = seed
        self._profile = profile
        self._factor = factor
        self._drawn: dict[tuple[str, str], int] = {}

    def draw(self, kind: str, where: str) -> float:
        """Seconds for the next operation of this kind in the resource group `where`."""
        count = self._drawn[kind, where.lower()] = self._drawn.get((kind, where.lower()), 0) + 1
        rng = random.Random(f"{self._seed}/{kind}/{where.lower()}/{count}")
        spread = MEASURED[kind]
        middle = spread.median if self._profile == "median" else spread.p90
        return round(middle * self._factor * rng.uniform(1 - JITTER, 1 + JITTER), 3)
