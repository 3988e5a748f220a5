"""The native commands as Windows would run them on the attached disks: what is wrong fails with Windows' own words."""

import copy
import re
from dataclasses import dataclass

from sandbox.windows.bcd import BcdStore
from sandbox.windows.guest import RepairGuest
from sandbox.windows.registry import Hive

_VOLUME = re.compile(r"^\\\\\?\\Volume\{([0-9a-f-]{36})\}\\$", re.IGNORECASE)
DONE = "The operation completed successfully.\r\n"
_NOT_FOUND = "The system cannot find the file specified.\r\n"


@dataclass(frozen=True)
class Answer:
    """What a command says, before it is known how long it took."""

    exit_code: int
    output: str


def bad_syntax(exe: str) -> Answer:
    return Answer(1, f"ERROR: Invalid syntax.\r\nType {exe} /? for usage.\r\n")


def bcdedit(guest: RepairGuest, args: tuple[str, ...]) -> Answer:
    """`/store FILE` with /ems, /emssettings or /enum."""
    if len(args) < 4 or args[0].lower() != "/store":
        return Answer(1, "The store could not be opened: no /store was given.\r\n")
    file, place = guest.file(args[1]), guest.resolve(args[1])
    if file is None or place is None or not isinstance(file.content, BcdStore):
        return Answer(1, "The boot configuration data store could not be opened.\r\n" + _NOT_FOUND)
    store, verb, rest = file.content, args[2].lower(), args[3:]
    if verb == "/enum":
        shown = store.show(rest[0], guest.letters_of(place[0]))
        return Answer(0, shown) if shown else Answer(1, "There are no matching objects or the store is empty.\r\n")
    if verb == "/ems" and len(rest) == 2 and rest[1].upper() in {"ON", "OFF"}:
        entry = store.entry(rest[0].lower())
        if entry is None:
            return Answer(1, "The specified entry does not exist.\r\n" + _NOT_FOUND)
        entry.ems = rest[1].upper() == "ON"
        return Answer(0, DONE)
    if verb == "/emssettings":
        return _ems_settings(store, rest)
    return bad_syntax("bcdedit")


def _ems_settings(store: BcdStore, rest: tuple[str, ...]) -> Answer:
    words = dict(word.upper().split(":", 1) for word in rest if ":" in word)
    if len(words) != len(rest) or not words.keys() <= {"EMSPORT", "EMSBAUDRATE"} or "EMSPORT" not in words:
        return bad_syntax("bcdedit")
    store.ems_port = int(words["EMSPORT"])
    store.ems_baudrate = int(words.get("EMSBAUDRATE", "9600"))
    return Answer(0, DONE)


def mountvol(guest: RepairGuest, args: tuple[str, ...]) -> Answer:
    """`X: \\\\?\\Volume{GUID}\\` and `X: /D`."""
    if len(args) != 2 or not re.fullmatch(r"[A-Z]:\\?", args[0].upper()):
        return bad_syntax("mountvol")
    letter = args[0][0].upper()
    holder = next((volume for volume, held in guest.letters.items() if held == letter), None)
    if args[1].upper() == "/D":
        if holder is None or holder not in guest.online_volumes():
            return Answer(1, _NOT_FOUND)
        del guest.letters[holder]
        return Answer(0, "")
    found = _VOLUME.match(args[1])
    if not found or found[1].lower() not in guest.online_volumes():
        return Answer(1, "The parameter is incorrect.\r\n")
    if holder is not None or letter in guest.own_letters or found[1].lower() in guest.letters:
        return Answer(1, "The directory is not empty.\r\n")
    guest.letters[found[1].lower()] = letter
    return Answer(0, "")


def robocopy(guest: RepairGuest, args: tuple[str, ...]) -> Answer:
    """`FOLDER INTO NAME`: 1 copied, 0 nothing to copy, 8 could not copy, 16 no such folder."""
    if len(args) < 3 or any(not option.startswith("/") for option in args[3:]):
        return Answer(16, "ERROR : Invalid Parameter\r\n")
    source, target = guest.resolve(args[0]), guest.resolve(args[1])
    if source is None or target is None or not source[1].has_folder(source[2]):
        return Answer(
            16, "ERROR 2 (0x00000002) Accessing Source Directory\r\nThe system cannot find the file specified.\r\n"
        )
    file = source[1].read(f"{source[2]}\\{args[2]}")
    there = target[1].read(f"{target[2]}\\{args[2]}")
    if file is None or (there is not None and there.content == file.content):
        return Answer(0, "")
    if file.content in guest.loaded.values():
        return Answer(8, "ERROR 32 (0x00000020) Copying File\r\nIt is being used by another process.\r\n")
    if target[1].free_mb * 1024 * 1024 < file.size_bytes:
        return Answer(8, "ERROR 112 (0x00000070) Copying File\r\nThere is not enough space on the disk.\r\n")
    target[1].write(f"{target[2]}\\{args[2]}", copy.deepcopy(file.content), file.size_bytes)
    return Answer(1, f"\t    New File  \t\t{file.size_bytes}\t{args[2]}\r\n")


def compare(guest: RepairGuest, args: tuple[str, ...]) -> Answer:
    """`/B FIRST SECOND`: 0 the same, 1 different, 2 not found."""
    if len(args) != 3 or args[0].upper() != "/B":
        return Answer(-1, "FC: Invalid Switch\r\n")
    first, second = guest.file(args[1]), guest.file(args[2])
    if first is None or second is None:
        missing = args[1] if first is None else args[2]
        return Answer(2, f"FC: cannot open {missing.upper()} - No such file or folder\r\n")
    head = f"Comparing files {args[1]} and {args[2].upper()}\r\n"
    if first.content == second.content:
        return Answer(0, head + "FC: no differences encountered\r\n\r\n")
    return Answer(1, head + "00000010: 01 00\r\n")


def hive_at(guest: RepairGuest, path: str) -> Hive | None:
    file = guest.file(path)
    return file.content if file and isinstance(file.content, Hive) else None
