"""The workflows: what they run, by whose code, with which rights."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.installation import INFRA
from tests.source_tree import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
BY_MAJOR_VERSION = {"Azure/setup-azd@v2"}


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def jobs(name: str) -> Any:
    return read(ROOT / ".github" / "workflows" / f"{name}.yml")["jobs"]


def commands(job: Any) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


def unpinned(source: str) -> set[str]:
    """Actions of others that are not named by a whole commit."""
    used = set(re.findall(r"uses: (\S+)", source))
    return {name for name in used if not name.startswith("./") and not re.search(r"@[0-9a-f]{40}$", name)}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_with_their_version_beside(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert unpinned(source) <= BY_MAJOR_VERSION
    assert len(re.findall(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", source, re.MULTILINE)) == len(
        re.findall(r"@[0-9a-f]{40}", source)
    )


def test_an_action_that_is_not_pinned_is_noticed() -> None:
    assert unpinned("- uses: actions/checkout@v4\n- uses: ./.github/workflows/ci.yml") == {"actions/checkout@v4"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_reads_the_repository_and_no_more(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    more = {name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
    assert more in ({}, {"deploy": {"contents": "read", "id-token": "write"}})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_checkout_leaves_no_token_behind(path: Path) -> None:
    steps = [step for job in read(path)["jobs"].values() for step in job.get("steps", [])]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert [step for step in checkouts if step["with"].get("persist-credentials") is not False] == []


def test_ci_checks_tests_packs_and_compiles() -> None:
    held = jobs("ci")
    assert ".ci/run" in commands(held["test"])
    assert "make package" in commands(held["test"])
    assert held["powershell"]["runs-on"] == "windows-latest"
    assert "pytest tests/guest" in commands(held["powershell"])
    for template in ("main", "events"):
        assert f"az bicep build --file infra/{template}.bicep" in commands(held["bicep"])


def test_nothing_is_deployed_untested_and_no_secret_of_azure_is_kept() -> None:
    held = jobs("deploy")
    assert held["deploy"]["needs"] == "ci"
    assert held["ci"]["uses"] == "./.github/workflows/ci.yml"
    source = (ROOT / ".github" / "workflows" / "deploy.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"secrets\.(\w+)", source)) == {"WEBHOOK_KEY"}
    assert "azd up --no-prompt" in commands(held["deploy"])


def test_the_deployment_hands_on_every_parameter_with_its_default() -> None:
    file = (INFRA / "main.bicepparam").read_text(encoding="utf-8")
    given = jobs("deploy")["deploy"]["env"]
    assert set(re.findall(r"readEnvironmentVariable\('(\w+)'", file)) <= set(given)
    for name, default in re.findall(r"readEnvironmentVariable\('(\w+)', '([^'$]+)'\)", file):
        assert f"|| '{default}'" in given[name]
