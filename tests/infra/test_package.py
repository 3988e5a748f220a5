"""The archive that is deployed: exactly what runs, the same bytes each time, and it starts."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.package import build, is_left_out
from tests.source_tree import ROOT

RUNS = {
    "function_app.py",
    "host.json",
    "requirements.txt",
    "activities",
    "bootmend",
    "console",
    "orchestrators",
    "triggers",
}
LOOK = """
import sys, time
begun = time.perf_counter()
import function_app
print(function_app.__file__, len(function_app.app.get_functions()), time.perf_counter() - begun)
assert not [name for name in sys.modules if name.partition(".")[0] in {"sandbox", "tests", "infra"}]
"""


def names(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as held:
        return held.namelist()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("package") / "app.zip"
    assert build(made) == len(names(made))
    return made


def test_it_holds_what_runs_and_nothing_else(archive: Path) -> None:
    tops = {name.partition("/")[0] for name in names(archive)}
    assert tops - RUNS - {"__pycache__"} == set()
    assert {
        "function_app.py",
        "host.json",
        "requirements.txt",
        "activities",
        "bootmend",
        "orchestrators",
        "triggers",
    } <= tops
    assert [name for name in names(archive) if "test" in name or "sandbox" in name] == []


def test_it_holds_every_module_with_its_bytecode_and_the_guest_s_scripts(archive: Path) -> None:
    held = set(names(archive))
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "bootmend").rglob("*.py")}
    scripts = {path.relative_to(ROOT).as_posix() for path in (ROOT / "bootmend").rglob("*.ps1")}
    assert modules | scripts <= held
    sources = [name for name in held if name.endswith(".py")]
    assert len([name for name in held if name.endswith(f".{sys.implementation.cache_tag}.pyc")]) == len(sources)


def test_the_same_tree_gives_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    command = [sys.executable, "infra/package.py", str(again)]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "7"}, check=True, capture_output=True)
    assert again.read_bytes() == archive.read_bytes()


def test_the_command_tells_the_size(tmp_path: Path) -> None:
    made = tmp_path / "app.zip"
    command = [sys.executable, "infra/package.py", "--no-pyc", str(made)]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert said == f"{made}: {len(names(made))} files, {made.stat().st_size / 1024:.0f} KiB\n"
    assert [name for name in names(made) if name.endswith(".pyc")] == []


@pytest.mark.parametrize("with_pyc", [True, False], ids=["with .pyc", "without .pyc"])
def test_the_app_starts_from_it(with_pyc: bool, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """In an interpreter that knows the installed packages and this folder, not the project's tree."""
    made, home = tmp_path / "app.zip", tmp_path / "wwwroot"
    build(made, with_pyc=with_pyc)
    with zipfile.ZipFile(made) as held:
        held.extractall(home)
    values: dict[str, str] = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))["Values"]
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(home)} | values
    said = subprocess.run(
        [sys.executable, "-P", "-c", LOOK], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    where, functions, seconds = said.stdout.split()
    assert where == str(home / "function_app.py")
    assert int(functions) > 20
    record_property("import_seconds", seconds)


def test_a_pattern_counts_at_any_depth_and_with_a_slash_for_folders_alone(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests").write_text("a file")
    assert is_left_out(tmp_path / "docs", ["docs/"])
    assert not is_left_out(tmp_path / "tests", ["tests/"])
    assert is_left_out(tmp_path / "local.settings.json", ["local.settings*.json"])
