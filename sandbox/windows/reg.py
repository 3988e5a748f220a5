"""`reg.exe` on hives that are loaded below HKLM."""

from typing import get_args

from sandbox.windows.guest import RepairGuest
from sandbox.windows.native import DONE, Answer, bad_syntax, hive_at
from sandbox.windows.registry import Hive, Kind, Value

_NO_KEY = "ERROR: The system was unable to find the specified registry key or value.\r\n"
_ROOT = "HKLM\\"
_BUSY_TRIES = 2


def reg(guest: RepairGuest, args: tuple[str, ...]) -> Answer:
    """load, unload, query, add, delete."""
    if len(args) < 2 or not args[1].upper().startswith(_ROOT):
        return bad_syntax("REG")
    verb, path, rest = args[0].lower(), args[1][len(_ROOT) :], args[2:]
    name, _, below = path.partition("\\")
    if verb == "load" and len(rest) == 1 and not below:
        return _load(guest, name.upper(), rest[0])
    hive = guest.loaded.get(name.upper())
    if hive is None:
        return Answer(1, _NO_KEY)
    if verb == "unload":
        return _unload(guest, name.upper())
    if verb == "query":
        return _query(hive, path, below, rest)
    if verb == "add":
        return _add(hive, below, rest)
    if verb == "delete":
        return _delete(hive, below, rest)
    return bad_syntax("REG")


def _load(guest: RepairGuest, name: str, path: str) -> Answer:
    hive, place = hive_at(guest, path), guest.resolve(path)
    if hive is None or place is None:
        return Answer(1, "ERROR: The system cannot find the file specified.\r\n")
    if name in guest.loaded:
        return Answer(1, "ERROR: Access is denied.\r\n")
    if hive.corrupt != "no":
        return Answer(1, "ERROR: The configuration registry database is corrupt.\r\n")
    guest.loaded[name] = hive
    if "hive_busy_at_unload" in place[0].trouble:
        guest.busy[name] = _BUSY_TRIES
    elif "hive_never_unloads" in place[0].trouble:
        guest.busy[name] = 1_000_000
    return Answer(0, DONE)


def _unload(guest: RepairGuest, name: str) -> Answer:
    if guest.busy.get(name, 0) > 0:
        guest.busy[name] -= 1
        return Answer(1, "ERROR: Access is denied.\r\n")
    del guest.loaded[name]
    return Answer(0, DONE)


def _query(hive: Hive, path: str, below: str, rest: tuple[str, ...]) -> Answer:
    if not rest:
        found = not below or hive.exists(below)
        return Answer(0, f"\r\nHKEY_LOCAL_MACHINE\\{path}\r\n") if found else Answer(1, _NO_KEY)
    if len(rest) != 2 or rest[0].lower() != "/v":
        return bad_syntax("REG QUERY")
    value = hive.get(below, rest[1])
    if value is None:
        return Answer(1, _NO_KEY)
    return Answer(0, f"\r\nHKEY_LOCAL_MACHINE\\{path}\r\n    {rest[1]}    {value.kind}    {value.shown()}\r\n\r\n")


def _options(rest: tuple[str, ...]) -> dict[str, str] | None:
    """`/v NAME /t TYPE /d DATA /f` → by option; None if it is not so."""
    if not rest or rest[-1].lower() != "/f" or len(rest) % 2 == 0:
        return None
    return {rest[index].lower(): rest[index + 1] for index in range(0, len(rest) - 1, 2)}


def _add(hive: Hive, below: str, rest: tuple[str, ...]) -> Answer:
    options = _options(rest)
    if options is None or options.keys() != {"/v", "/t", "/d"}:
        return bad_syntax("REG ADD")
    kinds: tuple[Kind, ...] = get_args(Kind.__value__)
    kind = next((kind for kind in kinds if kind == options["/t"]), None)
    if kind is None:
        return bad_syntax("REG ADD")
    data = int(options["/d"], 0) if kind == "REG_DWORD" else options["/d"]
    hive.set(below, options["/v"], Value(kind, data))
    return Answer(0, DONE)


def _delete(hive: Hive, below: str, rest: tuple[str, ...]) -> Answer:
    options = _options(rest)
    if options is None or options.keys() != {"/v"}:
        return bad_syntax("REG DELETE")
    return Answer(0, DONE) if hive.delete(below, options["/v"]) else Answer(1, _NO_KEY)
