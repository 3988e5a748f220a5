"""The content of one disk: partitions, files, and the marks that booting leaves."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Self

from sandbox.windows.bcd import BcdStore
from sandbox.windows.dump import Dump
from sandbox.windows.registry import Hive
from sandbox.windows.spec import Fault

MB = 1024 * 1024


@dataclass
class SystemFile:
    """A file that SFC protects. `mendable`: whether the component store holds a good copy."""

    healthy: bool = True
    mendable: bool = True


type Content = str | Hive | BcdStore | Dump | SystemFile


@dataclass
class File:
    path: str
    content: Content
    size_bytes: int = 4096


@dataclass
class Volume:
    """A partition with its file system; `files` by lower-cased path below the root."""

    partition: int
    id: str
    role: Literal["efi", "active", "basic", "recovery", "reserved"]
    file_system: str
    size_mb: int
    free_mb: float
    bitlocker: Literal["off", "locked"] = "off"
    files: dict[str, File] = field(default_factory=dict)

    def write(self, path: str, content: Content, size_bytes: int = 4096) -> None:
        self.delete(path)
        self.files[path.lower()] = File(path, content, size_bytes)
        self.free_mb -= size_bytes / MB

    def delete(self, path: str) -> None:
        old = self.files.pop(path.lower(), None)
        if old:
            self.free_mb += old.size_bytes / MB

    def read(self, path: str) -> File | None:
        return self.files.get(path.lower())

    def has_folder(self, path: str) -> bool:
        return any(name.startswith(path.lower().rstrip("\\") + "\\") for name in self.files)


@dataclass
class WindowsDisk:
    """One OS or data disk. Copies are made with `clone`, and share nothing with it."""

    style: Literal["MBR", "GPT"]
    identity: str
    size_mb: int
    volumes: list[Volume]
    fault: Fault = "none"
    stop_code: int = 0xEF
    is_client: bool = False
    agent: bool = True
    writes_dump: bool = False
    dump_bytes: int = 50 * MB
    collides: bool = False
    """Whether the identity is also that of the repair VM's own disk."""
    trouble: frozenset[str] = frozenset()
    letter: str | None = None
    """A data disk's letter as its VM names it."""
    first_identity: str = ""
    has_run: bool = False
    boots: int = 0

    def __post_init__(self) -> None:
        self.first_identity = self.first_identity or self.identity

    def clone(self) -> Self:
        """What a snapshot or a copy of the disk holds from now on."""
        return copy.deepcopy(self)

    def volume(self, partition: int) -> Volume | None:
        return next((volume for volume in self.volumes if volume.partition == partition), None)

    def boot_volume(self) -> Volume | None:
        """The EFI partition, or the active one."""
        return next((volume for volume in self.volumes if volume.role in {"efi", "active"}), None)

    def windows_volume(self) -> Volume | None:
        return next((volume for volume in self.volumes if volume.read("\\Windows\\System32\\ntoskrnl.exe")), None)

    def store_path(self) -> str:
        return "\\EFI\\Microsoft\\Boot\\BCD" if self.style == "GPT" else "\\Boot\\BCD"

    def boot_store(self) -> BcdStore | None:
        volume = self.boot_volume()
        file = volume.read(self.store_path()) if volume else None
        return file.content if file and isinstance(file.content, BcdStore) else None

    def system_hive(self) -> Hive | None:
        volume = self.windows_volume()
        file = volume.read("\\Windows\\System32\\config\\SYSTEM") if volume else None
        return file.content if file and isinstance(file.content, Hive) else None

    def dumps(self) -> Iterator[tuple[Volume, File, Dump]]:
        for volume in self.volumes:
            for file in volume.files.values():
                if isinstance(file.content, Dump):
                    yield volume, file, file.content
