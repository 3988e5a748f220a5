"""What is handed to a run command."""

import pytest

from bootmend.articles import critical_process_died, native
from bootmend.guest.commands import execute_script, inspect_script
from bootmend.guest.envelope import unpack
from bootmend.models.guest import Plan, PlannedCommand
from tests.articles import facts as given


def plan() -> Plan:
    made = critical_process_died.plan(given.facts(), given.machine())
    assert isinstance(made, Plan)
    return made


def test_inspect_takes_a_lun() -> None:
    assert inspect_script(7).parameters == {"Lun": "7"}
    for lun in (-1, 64):
        with pytest.raises(ValueError, match="LUN"):
            inspect_script(lun)


def test_execute_takes_the_whole_plan() -> None:
    made = plan()
    script = execute_script(made)
    sent = Plan.model_validate_json('{"title": "", ' + unpack(script.parameters["Plan"])[1:])
    assert (sent.commands, sent.target, sent.volumes, sent.sfc_log) == (
        made.commands,
        made.target,
        made.volumes,
        made.sfc_log,
    )
    assert len(script.parameters["Plan"]) < 8000
    assert script.timeout_seconds > native.SFC_LIMIT


UNSAFE = [
    "a b",
    "a&b",
    "a|b",
    "a>b",
    'a"b',
    "a'b",
    "a;b",
    "a`b",
    "a$b",
    "%TEMP%\\x",
    "a\nb",
    "a^b",
    "(a)",
    "",
    "x%SystemRoot%",
]


@pytest.mark.parametrize("argument", UNSAFE)
def test_unsafe_argument_is_refused(argument: str) -> None:
    command = PlannedCommand(id="bad", exe="reg.exe", args=("query", argument), article_step="")
    with pytest.raises(native.UnsafeCommandError):
        native.check(command)
    with pytest.raises(native.UnsafeCommandError):
        execute_script(plan().model_copy(update={"commands": (command,)}))


@pytest.mark.parametrize("exe", ["cmd.exe", "powershell.exe", "format.exe"])
def test_unknown_executable_is_refused(exe: str) -> None:
    command = PlannedCommand(id="bad", exe=exe, args=("x",), article_step="")
    with pytest.raises(native.UnsafeCommandError):
        native.check(command)


def test_what_a_plan_needs_is_not_refused() -> None:
    for command in plan().commands:
        assert native.check(command) == command
