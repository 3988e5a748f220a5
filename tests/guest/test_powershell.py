"""The PowerShell gate: the guest scripts parse, keep to 5.1, and agree with Python on parameters and lists."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

import bootmend.guest
from bootmend.articles import critical_process_died, native
from bootmend.guest import envelope
from bootmend.guest.commands import GuestScript, execute_script, inspect_script, script_text
from bootmend.guest.upload import upload_script
from bootmend.models.guest import CONTRACT_VERSION, DumpFacts, Plan
from sandbox.windows import carry_out, scripts
from tests.articles import facts as given
from tests.guest.powershell_rules import parameters, problems, tree

FOLDER = Path(next(iter(bootmend.guest.__path__)))
FILES = sorted(path.name for path in FOLDER.glob("*.ps1"))
INCLUDED = {name for file in FILES for name in re.findall(r"(?m)^# include (\S+)$", (FOLDER / file).read_text("ascii"))}
ENTRIES = sorted(set(FILES) - INCLUDED)


def _execute() -> GuestScript:
    plan = critical_process_died.plan(given.facts(), given.machine())
    assert isinstance(plan, Plan)
    return execute_script(plan)


def _upload() -> GuestScript:
    dump = DumpFacts(
        partition=4, path="E:\\Windows\\MEMORY.DMP", size_bytes=1 << 30, written_at=datetime(2026, 11, 23, tzinfo=UTC)
    )
    url = "https://evidence.blob.core.windows.net/evidence/memory.dmp?sig=x"
    return upload_script(dump, lun=0, identity="3f2504e0-4f89-11d3-9a0c-0305e82c3301", url=url)


CALLERS = {"inspect.ps1": lambda: inspect_script(0), "execute.ps1": _execute, "upload.ps1": _upload}
"""Every script that is handed to a run command, and the Python that hands it over."""


def test_every_script_has_its_caller() -> None:
    assert CALLERS.keys() == set(ENTRIES)


@pytest.mark.parametrize("name", ENTRIES)
def test_script_keeps_the_rules(name: str) -> None:
    assert problems(script_text(name)) == []


@pytest.mark.parametrize("name", FILES)
def test_part_parses_by_itself(name: str) -> None:
    text = (FOLDER / name).read_text("ascii")
    assert not tree(text).has_error
    assert len(text.splitlines()) <= 400


@pytest.mark.parametrize("name", CALLERS)
def test_parameters_match_both_ways(name: str) -> None:
    script = CALLERS[name]()
    assert script.script == script_text(name)
    assert parameters(script.script) == script.parameters.keys() | script.protected.keys()


def constant(script: str, name: str) -> str:
    found = re.findall(rf"(?m)^\${name} = (.*)$", script_text(script))
    assert len(found) == 1, name
    return str(found[0])


def test_allow_list_and_safe_argument_are_the_same() -> None:
    allowed = set(re.findall(r"'([^']+)'", constant("execute.ps1", "Allowed")))
    assert allowed == native.ALLOWED
    assert constant("execute.ps1", "SafeArgument") == f"'{native.SAFE_ARGUMENT}'"


@pytest.mark.parametrize("name", CALLERS)
def test_limits_are_the_same(name: str) -> None:
    assert int(constant(name, "Version")) == CONTRACT_VERSION
    assert int(constant(name, "PlainLimit")) == envelope.PLAIN_LIMIT
    assert f'"{envelope.MARKER.split("/")[0]}/$Version $Kind' in script_text(name)


def test_the_scripts_whose_documents_may_be_long_know_the_longest_line() -> None:
    """upload.ps1's account is never longer than what is printed plain."""
    for name in ("inspect.ps1", "execute.ps1"):
        assert int(constant(name, "LineLimit")) == envelope.LINE_LIMIT


def test_transcript_is_shortened_alike_in_the_sandbox() -> None:
    text = script_text("execute.ps1")
    assert int(constant("execute.ps1", "MostLines")) == carry_out.MOST_LINES
    assert f"in {', '.join(map(str, scripts.TAIL_LIMITS))})" in text
    assert f"in {', '.join(map(str, scripts.LINE_LIMITS))})" in text


def test_only_the_plan_chooses_what_execute_starts() -> None:
    """One place starts processes, and it takes the executable from a plan that was checked before."""
    text = script_text("execute.ps1")
    assert set(re.findall(r"\b([a-z]+\.exe)'", text)) == native.ALLOWED
    assert text.count('$start.FileName = Join-Path $env:SystemRoot "System32\\$($Command.exe)"') == 1
    assert text.count("$start.FileName") == 1
    assert text.count("Process]::Start(") == 1


BAD = {
    "and": ("Get-Date && Get-Date", "PowerShell 7"),
    "or": ("Get-Date || Get-Date", "PowerShell 7"),
    "ternary": ("$x = $a ? 1 : 2", "PowerShell 7"),
    "coalesce": ("$x = $a ?? 1", "PowerShell 7"),
    "coalesce and assign": ("$a ??= 1", "PowerShell 7"),
    "null-conditional": ("$a?.Length", "does not parse"),
    "null-conditional index": ("$b = ${a}?[0]", "does not parse"),
    "try alone": ("try {\n    Get-Date\n}", "a try without"),
    "colon": ('Write-Output "$Drive: is full"', "needs braces"),
    "path": ('Test-Path "$Drive:\\Windows"', "needs braces"),
    "not closed": ("if ($a) {", "does not parse"),
    "one line": ("switch ($a) { 1 { Get-Date } }", "on one line"),
    "umlaut": ("Write-Output '\u00fc'", "beyond ASCII"),
    "unknown command": ("Get-Dtae", "neither defined"),
    "another program": ("format.exe X:", "neither defined"),
    "alias": ("1 | % { $_ }", "neither defined"),
    "code from text": ("Invoke-Expression $a", "runs text as code"),
    "shell": ("cmd.exe /c dir", "shell"),
    "twice": ("function A {\n    A\n}\nfunction A {\n    A\n}", "defined twice"),
    "never called": ("function A {\n    Get-Date\n}", "never called"),
    "part left out": ("# include gone.ps1", "not put in"),
}


@pytest.mark.parametrize("name", BAD)
def test_rule_finds(name: str) -> None:
    text, why = BAD[name]
    assert any(why in problem for problem in problems(text)), problems(text)


GOOD = (
    'Write-Output "${Drive}: is full"',
    'Write-Output "$script:Done of $env:SystemRoot"',
    "try {\n    Get-Date\n}\nfinally {\n    Get-Date\n}",
    "function A {\n    Get-Date\n}\nA",
)


@pytest.mark.parametrize("text", GOOD)
def test_rule_lets_pass(text: str) -> None:
    assert problems(text) == []
