"""The guest scripts under a real PowerShell: a gate of every release, run by hand or by the release workflow.

    .venv/bin/python tests/guest/run_under_powershell.py

Wherever `pwsh` is on the PATH it parses each script with PowerShell's own parser and, if PSScriptAnalyzer is installed, runs
that. On Linux and macOS it also runs execute.ps1 with the storage cmdlets and the native commands shimmed, and reads the
transcript with the code that reads it in production. Exit status: 0 all held, 1 something did not, 2 there is no pwsh here.
"""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from bootmend.articles import critical_process_died, native  # noqa: E402
from bootmend.guest.commands import execute_script, script_text  # noqa: E402
from bootmend.guest.output import GuestOutputError, read_progress, read_transcript  # noqa: E402
from bootmend.models.guest import Plan  # noqa: E402
from tests.articles import facts as given  # noqa: E402

SCRIPTS: Final = ("inspect.ps1", "execute.ps1", "upload.ps1")
PARSE: Final = """
param([string] $Path)
$tokens = $null
$errors = $null
[void] [System.Management.Automation.Language.Parser]::ParseFile($Path, [ref] $tokens, [ref] $errors)
$errors | ForEach-Object { "$($_.Extent.StartLineNumber): $($_.Message)" }
if (Get-Module -ListAvailable PSScriptAnalyzer) {
    Invoke-ScriptAnalyzer -Path $Path -Severity Warning, Error |
        ForEach-Object { "$($_.Line): $($_.RuleName): $($_.Message)" }
}
"""
# The disk of tests/articles/facts.py, as the storage cmdlets would show it.
SHIMS: Final = """
param([string] $Script, [string] $Plan, [string] $Windows)
$env:SystemRoot = $Windows
$state = @{ Offline = $false }
$disk = [pscustomobject] @{
    Number = 2; PartitionStyle = 'GPT'; Guid = '{IDENTITY}'; IsBoot = $false; IsSystem = $false
    IsReadOnly = $false; OfflineReason = ''; Size = 127GB; Signature = $null
}
$disk | Add-Member -MemberType ScriptProperty -Name IsOffline -Value { $state.Offline }
function Update-HostStorageCache { }
function Get-Disk { param([int] $Number) $disk }
function Set-Disk { param([int] $Number, [bool] $IsOffline, [bool] $IsReadOnly) $state.Offline = $IsOffline }
function Get-Partition {
    param([int] $DiskNumber)
    [pscustomobject] @{ PartitionNumber = 1; AccessPaths = @('\\\\?\\Volume{BOOT}\\') }
    [pscustomobject] @{ PartitionNumber = 4; AccessPaths = @('F:\\', '\\\\?\\Volume{WINDOWS}\\') }
}
function Get-Volume { }
function Get-CimInstance {
    param([string] $ClassName)
    if ($ClassName -eq 'Win32_DiskDrive') {
        [pscustomobject] @{ SCSILogicalUnit = 0; Index = 2 }
    }
    if ($ClassName -eq 'Win32_Volume') {
        [pscustomobject] @{ DriveLetter = 'F:'; DeviceID = '\\\\?\\Volume{WINDOWS}\\' }
    }
}
& $Script -Plan $Plan
exit $LASTEXITCODE
"""
# Each shim logs its arguments; `reg query` of the bare key answers 1, not loaded, before and after.
COMMAND: Final = """#!/bin/sh
printf '%s\\n' "$(basename "$0") $*" >> "{log}"
case "$(basename "$0") $*" in
  "reg.exe query HKLM\\\\BROKENSYSTEM") exit 1 ;;
esac
echo "The operation completed successfully."
"""


def powershell(pwsh: str, script: str, folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    path = folder / "wrapper.ps1"
    path.write_text(script, encoding="ascii")
    line = [pwsh, "-NoProfile", "-NonInteractive", "-File", str(path), *args]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)


def parse(pwsh: str, name: str, folder: Path) -> list[str]:
    path = folder / name
    path.write_text(script_text(name), encoding="ascii")
    answer = powershell(pwsh, PARSE, folder, str(path))
    return [f"{name}: {line}" for line in (answer.stdout + answer.stderr).splitlines() if line.strip()]


def execute(pwsh: str, folder: Path) -> list[str]:
    """What does not hold of a shimmed run: every line runs, in order, and the transcript can be read."""
    plan = critical_process_died.plan(given.facts(), given.machine())
    assert isinstance(plan, Plan)
    log = folder / "commands.log"
    system32 = folder / "System32"
    system32.mkdir()
    for exe in native.ALLOWED:
        shim = system32 / exe
        shim.write_text(COMMAND.replace("{log}", str(log)), encoding="ascii")
        shim.chmod(shim.stat().st_mode | stat.S_IXUSR)
    script = folder / "execute.ps1"
    script.write_text(script_text("execute.ps1"), encoding="ascii")
    volumes = {"{IDENTITY}": f"{{{given.GPT_IDENTITY}}}", "{BOOT}": f"{{{given.BOOT_VOLUME}}}"}
    wrapper = SHIMS.replace("{WINDOWS}", f"{{{given.WINDOWS_VOLUME}}}")
    for name, value in volumes.items():
        wrapper = wrapper.replace(name, value)
    sent = execute_script(plan).parameters["Plan"]
    answer = powershell(pwsh, wrapper, folder, "-Script", str(script), "-Plan", sent, "-Windows", str(folder))
    try:
        transcript = read_transcript(answer.stdout)
    except GuestOutputError as error:
        return [f"execute.ps1: {error}", answer.stdout[-2000:], answer.stderr[-2000:]]
    ran = log.read_text(encoding="utf-8").splitlines()
    planned = [" ".join((command.exe, *command.args)) for command in plan.commands]
    troubles = [] if ran == planned else [f"execute.ps1 ran {json.dumps(ran, indent=1)}"]
    if transcript.ended != "completed" or [result.line for result in transcript.commands] != list(plan.lines):
        troubles.append(f"execute.ps1: {transcript.model_dump_json(indent=1)}")
    if read_progress(answer.stdout) is None:
        troubles.append("execute.ps1 printed no progress")
    return troubles


def main() -> int:
    pwsh = shutil.which("pwsh")
    if pwsh is None:
        sys.stderr.write("There is no pwsh on the PATH: nothing was run.\n")
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        troubles = [trouble for script in SCRIPTS for trouble in parse(pwsh, script, folder)]
        if os.name == "posix":
            troubles += execute(pwsh, folder)
    for trouble in troubles:
        sys.stderr.write(f"{trouble}\n")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
