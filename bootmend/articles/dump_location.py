"""Where a crash can leave a complete dump: the article's free-space rule, and what its DumpFile alone does not give.

Windows writes a complete dump into a page file on the boot volume (RAM + 257 MB) or into the file that DedicatedDumpFile
names, and copies it to DumpFile at the next boot. On Azure the page file usually lies on the temporary disk, so that a
dedicated file is needed: docs/adr/0003-dedicated-dump-file.md.
"""

import re
from dataclasses import dataclass
from typing import Final

from bootmend.articles.article import DataVolume, Machine
from bootmend.models.guest import ControlSetFacts, DumpPlan, HiveFacts, VolumeFacts

DUMP_FILE: Final = "%SystemRoot%\\MEMORY.DMP"
"""Literally so: a shell would expand it to the repair VM's own folder."""
DEDICATED_NAME: Final = "DedicatedDump.sys"
HEADER_MB: Final = 257
"""What a page file needs beyond the RAM (Overview of memory dump file options for Windows)."""
_PAGE_FILE: Final = re.compile(r"^(?P<letter>[A-Z?]):\\[^ ]+(?: +(?P<least>\d+) +(?P<most>\d+))?$", re.IGNORECASE)


def os_letter(hive: HiveFacts, partition: int) -> str | None:
    """The letter that the broken VM gives to its Windows volume, from MountedDevices."""
    return next((mounted.letter for mounted in hive.mounted if mounted.partition == partition), None)


def place_dump(machine: Machine, hive: HiveFacts, live: ControlSetFacts, windows: VolumeFacts) -> DumpPlan:
    """The dump's place: the OS volume if its free space is larger than the RAM, else a data disk with room, or none."""
    memory_mb = machine.memory_gb * 1024
    own = os_letter(hive, windows.partition)
    rooms = {volume.letter: volume.free_gb * 1024 for volume in _known(machine, hive)}
    if windows.free_mb > memory_mb:
        place = _Place(DUMP_FILE, None, "the OS volume")
        rooms = ({own: windows.free_mb - memory_mb} if own else {}) | rooms
    elif letter := _roomiest(rooms, memory_mb):
        place = _Place(f"{letter}:\\MEMORY.DMP", letter, f"the data disk {letter}:")
        rooms = {letter: rooms.pop(letter) - memory_mb} | rooms
    else:
        why = (
            f"nowhere for certain: {windows.free_mb / 1024:.1f} GB free on the OS volume is not larger than the "
            f"{machine.memory_gb:g} GB of RAM, and no data disk with room is known"
        )
        return DumpPlan(dump_file=DUMP_FILE, dedicated_dump_file=None, goes_to=why, fits=False)
    if "DedicatedDumpFile" in live.crash or _page_file_holds_dump(live, own, memory_mb):
        return place.plan(None)
    return _by_dedicated_file(place, rooms, memory_mb)


def _roomiest(rooms: dict[str, float], memory_mb: float) -> str | None:
    fitting = [letter for letter, room in rooms.items() if room > memory_mb]
    return max(fitting, key=lambda letter: rooms[letter], default=None)


@dataclass(frozen=True)
class _Place:
    file: str
    letter: str | None
    words: str

    def plan(self, dedicated: str | None) -> DumpPlan:
        by_way = f", by way of {dedicated}" if dedicated else ""
        return DumpPlan(
            dump_file=self.file,
            dedicated_dump_file=dedicated,
            goes_to=f"{self.file} on {self.words}{by_way}",
            fits=True,
            letter=self.letter,
        )


def _by_dedicated_file(place: _Place, rooms: dict[str, float], memory_mb: float) -> DumpPlan:
    """`rooms`: MB left on each volume once the dump itself is there; the first with room gets the file."""
    for letter, room in rooms.items():
        if room > memory_mb + HEADER_MB:
            return place.plan(f"{letter}:\\{DEDICATED_NAME}")
    goes_to = (
        f"{place.file} on {place.words}, if at all: no page file on the OS volume can take it, "
        "and no volume has room for a dedicated dump file"
    )
    return place.plan(None).model_copy(update={"goes_to": goes_to, "fits": False})


def _page_file_holds_dump(live: ControlSetFacts, letter: str | None, memory_mb: float) -> bool:
    """Whether a page file on the OS volume is system-managed or large enough."""
    for line in live.page_files:
        found = _PAGE_FILE.match(line.strip())
        if not found or found["letter"].upper() not in {letter, "?"}:
            continue
        most = int(found["most"] or 0)
        if most == 0 or most >= memory_mb + HEADER_MB:
            return True
    return False


def _known(machine: Machine, hive: HiveFacts) -> list[DataVolume]:
    """Data volumes whose letter the broken VM's own registry confirms, and gives to another disk."""
    elsewhere = {mounted.letter for mounted in hive.mounted if mounted.partition is None}
    return [volume for volume in machine.data_volumes if volume.letter in elsewhere]
