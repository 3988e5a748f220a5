"""The guest scripts with their parameters, ready to be handed to a run command."""

import re
from functools import cache
from importlib import resources
from typing import Final

from pydantic import Field

from bootmend.articles import native
from bootmend.guest.envelope import pack
from bootmend.models.guest import Plan
from bootmend.models.record import Record

INSPECT_LIMIT: Final = 900
"""Seconds: a minute for the disk, a minute for its letters, the rest for a disk that is still being filled."""
SLACK: Final = 900
"""Seconds for everything but SFC."""
_INCLUDE: Final = re.compile(r"^# include (?P<part>[a-z_]+\.ps1)$", re.MULTILINE)


class GuestScript(Record):
    """A script for a run command. `protected` parameters never show in what Azure returns."""

    script: str
    parameters: dict[str, str] = Field(default_factory=dict)
    protected: dict[str, str] = Field(default_factory=dict)
    timeout_seconds: int


@cache
def script_text(name: str) -> str:
    """The whole text of a shipped script, for example inspect.ps1, the parts that it includes put in."""
    return _INCLUDE.sub(lambda found: _file_text(found["part"]).rstrip("\n"), _file_text(name))


def _file_text(name: str) -> str:
    return resources.files("bootmend.guest").joinpath(name).read_text(encoding="ascii")


def inspect_script(lun: int) -> GuestScript:
    """Looks into the disk at the LUN and prints GuestFacts; leaves the disk as found."""
    if not 0 <= lun <= 63:
        raise ValueError(f"a LUN is 0 to 63, not {lun}")
    return GuestScript(script=script_text("inspect.ps1"), parameters={"Lun": str(lun)}, timeout_seconds=INSPECT_LIMIT)


def execute_script(plan: Plan) -> GuestScript:
    """Runs the plan and prints a Transcript; raises native.UnsafeCommandError for what execute.ps1 would refuse."""
    for command in plan.commands:
        native.check(command)
    limit = sum(command.time_limit for command in plan.commands if command.id == "sfc")
    fields = {"version", "target", "volumes", "commands", "sfc_log"}
    parameters = {"Plan": pack(plan.model_dump_json(include=fields))}
    return GuestScript(script=script_text("execute.ps1"), parameters=parameters, timeout_seconds=limit + SLACK)
