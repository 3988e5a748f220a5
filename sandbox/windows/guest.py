"""The repair VM as its own Windows sees it: attached disks, letters, loaded hives."""

import re
from dataclasses import dataclass, field

from sandbox.windows.disk import File, Volume, WindowsDisk
from sandbox.windows.registry import Hive

_PATH = re.compile(r"^(?P<letter>[A-Za-z]):(?P<below>\\.*)?$")


@dataclass
class RepairGuest:
    """`attached`: the data disks by LUN. Letters are given when a disk is first looked at, and stay with the volume."""

    attached: dict[int, WindowsDisk]
    own_letters: tuple[str, ...] = ("C", "D")
    loaded: dict[str, Hive] = field(default_factory=dict)
    """Hives below HKLM by upper-cased name."""
    busy: dict[str, int] = field(default_factory=dict)
    """How many more tries to unload a hive fail."""
    letters: dict[str, str] = field(default_factory=dict)
    """Volume id → letter."""
    offline: dict[int, str] = field(default_factory=dict)
    """LUN → Windows' reason."""
    read_only: set[int] = field(default_factory=set)
    seen: dict[int, str] = field(default_factory=dict)
    """LUN → identity of the disk that was noticed there."""
    uploads: int = 0
    """How often upload.ps1 was begun."""

    def look(self) -> None:
        """Windows notices the disks: states and letters."""
        for lun in [lun for lun in self.seen if lun not in self.attached]:
            self._forget(lun)
        for lun, disk in sorted(self.attached.items()):
            if self.seen.get(lun) != disk.first_identity:
                self._forget(lun)
                self.seen[lun] = disk.first_identity
                self._admit(lun, disk)

    def _forget(self, lun: int) -> None:
        self.seen.pop(lun, None)
        self.offline.pop(lun, None)
        self.read_only.discard(lun)

    def _admit(self, lun: int, disk: WindowsDisk) -> None:
        if disk.collides:
            self.offline[lun] = "Collision"
        elif "disk_offline" in disk.trouble:
            self.offline[lun] = "Policy"
            self.read_only.add(lun)
        if "stale_brokensystem" in disk.trouble:
            self.loaded.setdefault("BROKENSYSTEM", Hive())
        if "letters_never_come" in disk.trouble or disk.collides:
            return
        for volume in disk.volumes:
            if volume.role in {"basic", "active"} and volume.id not in self.letters:
                self.letters[volume.id] = self._free_letters()[0]

    def _free_letters(self) -> list[str]:
        taken = {*self.own_letters, *self.letters.values()}
        return [letter for letter in "EFGHIJKLMNOPQRSTUVWXYZ" if letter not in taken]

    def online_volumes(self) -> dict[str, tuple[WindowsDisk, Volume]]:
        """Volumes of the disks that are online, by volume id."""
        return {
            volume.id: (disk, volume)
            for lun, disk in self.attached.items()
            if lun not in self.offline
            for volume in disk.volumes
        }

    def letters_of(self, disk: WindowsDisk) -> dict[int, str]:
        """Partition → letter."""
        return {volume.partition: self.letters[volume.id] for volume in disk.volumes if volume.id in self.letters}

    def resolve(self, path: str) -> tuple[WindowsDisk, Volume, str] | None:
        """A path on an attached disk; None for the repair VM's own volumes and for letters that lead nowhere."""
        found = _PATH.match(path)
        if not found:
            return None
        for disk, volume in self.online_volumes().values():
            if self.letters.get(volume.id) == found["letter"].upper():
                return disk, volume, found["below"] or "\\"
        return None

    def file(self, path: str) -> File | None:
        place = self.resolve(path)
        return place[1].read(place[2]) if place else None
