"""The project's files agree: packages declared and locked, settings read and sampled, files deployed and left out."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bootmend.settings import PREFIX, Settings
from tests.source_tree import ROOT

LOCKS = ("requirements.txt", "requirements/sandbox.txt", "requirements/dev.txt")
GROUPS = {"requirements.txt": [], "requirements/sandbox.txt": ["sandbox"], "requirements/dev.txt": ["sandbox", "dev"]}
DEPLOYED = {"function_app.py", "host.json", "requirements.txt"} | {
    "activities", "bootmend", "console", "orchestrators", "triggers", ".python_packages",
}  # fmt: skip
TARGETS = {"demo", "test", "test-faults", "check", "bench", "lock", "clean", "help", "package"}


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def document(name: str) -> Any:
    return json.loads(text(name))


def declared(lock: str) -> list[Requirement]:
    """What pyproject.toml asks for in the groups that the lock was made of."""
    project = tomllib.loads(text("pyproject.toml"))
    names = list(project["project"]["dependencies"])
    for group in GROUPS[lock]:
        names += project["dependency-groups"][group]
    return [Requirement(name) for name in names]


def pins(lock: str) -> dict[str, str]:
    return {canonicalize_name(n): v for n, v in re.findall(r"^([\w.-]+)==(\S+) \\$", text(lock), flags=re.MULTILINE)}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_declared_package_is_locked_as_declared(lock: str) -> None:
    locked = pins(lock)
    stale = [
        str(wanted)
        for wanted in declared(lock)
        if not wanted.specifier.contains(locked.get(canonicalize_name(wanted.name), "0"), prereleases=True)
    ]
    assert not stale, f"{lock}: run `make lock` for {stale}"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_is_pinned_with_hashes(lock: str) -> None:
    blocks = re.split(r"^(?=[\w.-]+==)", text(lock), flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pins(lock)) > len(declared(lock))
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host(lock: str) -> None:
    assert re.findall(r"://\S*|^--.*|\S*index-url.*|\S*find-links.*", text(lock), flags=re.MULTILINE) == []
    assert "make lock" in text(lock)


def test_the_tests_run_on_the_versions_that_are_deployed() -> None:
    runtime, sandbox, dev = (set(pins(lock).items()) for lock in LOCKS)
    assert runtime <= sandbox <= dev


def test_the_durable_pre_release_is_pinned_exactly() -> None:
    durable = [wanted for wanted in declared("requirements.txt") if wanted.name == "azure-functions-durable"]
    assert [str(wanted.specifier) for wanted in durable] == ["==2.0.0rc3"]


def test_the_python_version_is_one_everywhere() -> None:
    version = text(".python-version").strip()
    project = tomllib.loads(text("pyproject.toml"))
    assert project["project"]["requires-python"].startswith(f">={version}")
    assert project["tool"]["mypy"]["python_version"] == version
    assert project["tool"]["ruff"]["target-version"] == "py" + version.replace(".", "")


def make(*arguments: str) -> str:
    """What make prints. The variables of a make that runs these tests must not reach this one."""
    environment = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}
    }
    command = ["make", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


def test_make_offers_its_commands() -> None:
    assert set(re.findall(r"^make ([a-z-]+) ", make("help"), flags=re.MULTILINE)) == TARGETS


def test_make_demo_plays_the_scenario_given() -> None:
    default = re.search(r"-m sandbox demo (\S+)", make("--dry-run", "demo"))
    assert default
    assert default.group(1) == "sandbox/scenarios/corrupt-system-file.yaml"
    assert "-m sandbox demo other.yaml" in make("--dry-run", "demo", "SCENARIO=other.yaml")


def test_ci_runs_what_the_readme_tells() -> None:
    script = text(".ci/run")
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert "set -euo pipefail" in script
    for command in ("make check", "make test"):
        assert re.search(rf"^{command}\b", script, flags=re.MULTILINE)
        assert command in text("README.md")


def patterns(name: str) -> set[str]:
    return {line.rstrip("/") for line in text(name).splitlines() if line and not line.startswith("#")}


def test_each_entry_of_the_root_is_deployed_or_left_out() -> None:
    entries = {path.name for path in ROOT.iterdir()}
    unsaid = {name for name in entries if not any(Path(name).match(pattern) for pattern in patterns(".funcignore"))}
    assert unsaid - DEPLOYED == set()
    assert not [name for name in DEPLOYED if any(Path(name).match(pattern) for pattern in patterns(".funcignore"))]


def test_private_settings_are_neither_committed_nor_deployed() -> None:
    assert "local.settings.json" in patterns(".gitignore")
    assert "local.settings*.json" in patterns(".funcignore")
    assert ".venv" in patterns(".gitignore") & patterns(".funcignore")


def test_the_sample_settings_are_complete_and_valid() -> None:
    values = document("local.settings.sample.json")["Values"]
    ours = {name for name in values if name.startswith(PREFIX)}
    assert ours == {PREFIX + name.upper() for name in Settings.model_fields}
    assert Settings.from_environment(values).repair_subnets


def test_the_host_runs_durable_2_on_the_preview_bundle() -> None:
    host = document("host.json")
    assert host["version"] == "2.0"
    assert host["extensionBundle"] == {
        "id": "Microsoft.Azure.Functions.ExtensionBundle.Preview",
        "version": "[4.*, 5.0.0)",
    }
    durable = host["extensions"]["durableTask"]
    assert durable["hubName"] == "bootmend"
    assert durable["extendedSessionsEnabled"] is False
    assert durable["versionMatchStrategy"] == "CurrentOrOlder"
    assert durable["defaultVersion"]


def test_the_changelog_tells_of_the_version() -> None:
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    assert re.search(rf"^## {re.escape(version)}\b", text("CHANGELOG.md"), flags=re.MULTILINE)
