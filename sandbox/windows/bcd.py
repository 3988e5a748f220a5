"""A boot configuration store and what `bcdedit` shows of it."""

from dataclasses import dataclass, field

BOOT_MANAGER = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
EMS_SETTINGS = "{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}"
_ALIASES = {"{bootmgr}": BOOT_MANAGER, "{emssettings}": EMS_SETTINGS}


@dataclass
class BcdEntry:
    """A Windows boot loader. Partitions are numbers on the store's own disk."""

    id: str
    path: str
    device: int
    osdevice: int
    systemroot: str = "\\Windows"
    description: str = "Windows Server"
    ems: bool | None = None


@dataclass
class BcdStore:
    default: str | None
    entries: list[BcdEntry] = field(default_factory=list)
    ems_port: int | None = None
    ems_baudrate: int | None = None

    def entry(self, wanted: str | None) -> BcdEntry | None:
        wanted = self.default if wanted == "{default}" else wanted
        return next((entry for entry in self.entries if entry.id == wanted), None)

    def started_entry(self) -> BcdEntry | None:
        """The entry that the boot manager starts: the default, or, without one, the first of its display order."""
        if self.default is None:
            return self.entries[0] if self.entries else None
        return self.entry(self.default)

    def show(self, wanted: str, letters: dict[int, str]) -> str | None:
        """`bcdedit /enum <id> /v`; None if there is no such entry."""
        wanted = _ALIASES.get(wanted.lower(), wanted.lower())
        if wanted == EMS_SETTINGS:
            elements = {"identifier": EMS_SETTINGS, "bootems": "No"}
            if self.ems_port is not None:
                elements |= {"emsport": str(self.ems_port), "emsbaudrate": str(self.ems_baudrate or 9600)}
            return _table("EMS Settings", elements)
        if wanted == BOOT_MANAGER:
            default = {"default": self.default} if self.default else {}
            return _table("Windows Boot Manager", {"identifier": BOOT_MANAGER, **default, "timeout": "30"})
        entry = self.entry(wanted)
        return None if entry is None else _table("Windows Boot Loader", _elements(entry, letters))


def _elements(entry: BcdEntry, letters: dict[int, str]) -> dict[str, str]:
    def place(partition: int) -> str:
        letter = letters.get(partition)
        return f"partition={letter}:" if letter else f"partition=\\Device\\HarddiskVolume{partition + 8}"

    elements = {
        "identifier": entry.id,
        "device": place(entry.device),
        "path": entry.path,
        "description": entry.description,
        "locale": "en-US",
        "osdevice": place(entry.osdevice),
        "systemroot": entry.systemroot,
        "nx": "OptOut",
    }
    if entry.ems is not None:
        elements["ems"] = "Yes" if entry.ems else "No"
    return elements


def _table(title: str, elements: dict[str, str]) -> str:
    rows = "".join(f"{name:<24}{value}\r\n" for name, value in elements.items())
    return f"\r\n{title}\r\n{'-' * max(19, len(title))}\r\n{rows}"
