"""Reading `reg query` and `bcdedit /enum` again: whether the tails of a transcript show what a plan expects."""

import re
from typing import Final

from bootmend.models.guest import (
    BootExpectation,
    CommandResult,
    Plan,
    PlannedCommand,
    RegistryExpectation,
    Transcript,
)

_VALUE: Final = re.compile(r"^\s+(?P<name>\S+)\s+(?P<kind>REG_[A-Z_]+)\s+(?P<data>.*?)\s*$", re.MULTILINE)
_ELEMENT: Final = re.compile(r"^(?P<name>[a-z][a-z0-9]*) +(?P<value>\S.*?)\s*$", re.IGNORECASE | re.MULTILINE)
_ALIASES: Final = {"port": "emsport", "baudrate": "emsbaudrate"}


def registry_holds(expected: RegistryExpectation, transcript: Transcript) -> bool:
    """Whether the value stands there with this very type and data; `reg query` does not expand variables."""
    result = transcript.result(expected.command)
    if result is None or result.exit_code != 0:
        return False
    found = [match for match in _VALUE.finditer(result.tail) if match["name"].lower() == expected.name.lower()]
    if len(found) != 1 or found[0]["kind"] != expected.kind:
        return False
    data = found[0]["data"]
    if isinstance(expected.data, int):
        return bool(re.fullmatch(r"0x[0-9a-f]+", data)) and int(data, 16) == expected.data
    return data == expected.data


def boot_holds(expected: BootExpectation, transcript: Transcript) -> str:
    """What does not hold, in words; empty if all does. An element missing or shown twice does not hold."""
    result = transcript.result(expected.command)
    if result is None or result.exit_code != 0:
        return "the boot entry was not read back"
    shown: dict[str, list[str]] = {}
    for match in _ELEMENT.finditer(result.tail):
        name = match["name"].lower()
        shown.setdefault(_ALIASES.get(name, name), []).append(match["value"].lower())
    for name, value in expected.elements.items():
        if shown.get(name) != [value.lower()]:
            return f"{name} reads {', '.join(shown.get(name, ['nothing']))}, not {value}"
    return ""


def unlike_plan(plan: Plan, transcript: Transcript) -> str:
    """Why the transcript does not show the whole plan carried out, in order; empty if it does."""
    ran = {result.id: result for result in transcript.commands}
    for command in plan.commands:
        result = ran.get(command.id)
        trouble = "did not run" if result is None else _trouble(command, result)
        if trouble:
            return f"{command.id} {trouble}"
    if [result.id for result in transcript.commands] != [command.id for command in plan.commands]:
        return "the transcript holds other commands than the plan, or in another order"
    return ""


def _trouble(command: PlannedCommand, result: CommandResult) -> str:
    if result.line != command.line:
        return f"ran as {result.line}"
    if result.timed_out or result.exit_code is None:
        return f"did not end within {command.time_limit} s"
    if command.accepts and result.exit_code not in command.accepts:
        return f"ended with {result.exit_code}: {result.tail.strip()[-200:] or 'no output'}"
    return ""
