"""What a user can set, call, meet or answer stands in docs/, and what docs/ name exists."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import yaml

from bootmend.models.repair import DECISIONS, CheckpointName, Outcome, Phase
from bootmend.settings import PREFIX, Settings
from tests.source_tree import ROOT, is_within, sources

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
PAGE_IDS = [str(page.relative_to(ROOT)) for page in PAGES]

LIST_ROUTES = """
import json, function_app
triggers = [function.get_trigger().get_dict_repr() for function in function_app.app.get_functions()]
http = [trigger for trigger in triggers if trigger["type"] == "httpTrigger"]
routes = [(method, trigger["route"]) for trigger in http for method in trigger["methods"]]
print(json.dumps([[str(getattr(method, "value", method)), route] for method, route in routes]))
"""


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def in_code(text: str) -> str:
    """The parts of a page set as code, fenced or in backticks."""
    fenced = re.findall(r"^```.*?^```", text, flags=re.MULTILINE | re.DOTALL)
    plain = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return "\n".join([*fenced, *re.findall(r"`[^`\n]+`", plain)])


def missing(names: list[str], text: str) -> list[str]:
    """The names that the text does not set as code, each as a word of its own."""
    code = in_code(text)
    return [name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", code)]


def test_a_name_counts_only_as_a_word_set_as_code() -> None:
    assert missing(["repaired"], "the VM is repaired, `not_repaired`") == ["repaired"]
    assert missing(["repaired"], "ends as `repaired`") == []
    assert missing(["--json"], "```sh\nrun --json-lines\n```") == ["--json"]


def test_every_setting_is_told() -> None:
    names = [PREFIX + name.upper() for name in Settings.model_fields]
    assert missing(names, page("operating.md")) == []


def test_no_setting_is_invented() -> None:
    told = {name for doc in PAGES for name in re.findall(rf"{PREFIX}[A-Z_]+", doc.read_text(encoding="utf-8"))}
    assert told - {PREFIX + name.upper() for name in Settings.model_fields} == set()


def test_every_outcome_is_told() -> None:
    assert missing(list(get_args(Outcome)), page("operating.md")) == []


def test_every_checkpoint_and_decision_is_told() -> None:
    decisions = [decision for options in DECISIONS.values() for decision in options]
    assert missing([*get_args(CheckpointName), *decisions], page("operating.md")) == []


def test_every_phase_is_told() -> None:
    assert missing(list(get_args(Phase)), page("architecture.md")) == []


def registered_routes() -> list[str]:
    """`GET /api/repairs/{}` and so on, from the functions that the app registers, in a process of its own."""
    values: dict[str, str] = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))["Values"]
    command = [sys.executable, "-c", LIST_ROUTES]
    answer = subprocess.run(command, cwd=ROOT, env=os.environ | values, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    prefix = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))["extensions"]["http"]["routePrefix"]
    return sorted(f"{method} /{prefix}/{without_names(route)}" for method, route in json.loads(answer.stdout))


def without_names(route: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", route)


def test_every_route_is_told_and_no_other() -> None:
    told = {f"{verb} {without_names(path)}" for verb, path in re.findall(r"`([A-Z]+) (/api/[^`\s?]+)", page("api.md"))}
    assert sorted(told) == registered_routes()


def scenario_outcomes() -> dict[str, str]:
    files = sorted((ROOT / "sandbox" / "scenarios").rglob("*.yaml"))
    scenarios = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
    return {scenario["id"]: scenario.get("expect", {}).get("outcome", "") for scenario in scenarios}


def test_every_scenario_is_told_with_its_outcome_and_no_other() -> None:
    table = page("scenarios.md").partition("## The scenarios")[2]
    rows = dict(re.findall(r"^\| `([a-z0-9-]+)` \|.*\| `([a-z_]+)` \|$", table, flags=re.MULTILINE))
    assert rows == scenario_outcomes()
    assert rows


def command_line() -> Iterator[tuple[str, str]]:
    """(`add_parser` or `add_argument`, its name) of every command and flag that a user of the sandbox or the cli types."""
    for source in sources():
        if source.module == "sandbox.__main__" or is_within(source.module, "cli"):
            for node in ast.walk(source.tree):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                    yield from ((node.func.attr, text) for text in texts if isinstance(text, str))


def test_every_command_and_flag_is_told() -> None:
    flags = [name for call, name in command_line() if call == "add_argument" and name.startswith("--")]
    commands = [name for call, name in command_line() if call == "add_parser"]
    assert flags, "no flag found: has the command line moved?"
    assert missing(flags + commands, "\n".join(doc.read_text(encoding="utf-8") for doc in PAGES)) == []


@pytest.mark.parametrize("doc", PAGES, ids=PAGE_IDS)
def test_commands_exist(doc: Path) -> None:
    code = "\n".join(
        re.findall(r"^```sh$.*?^```$|`[^`\n]+`", doc.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    )
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert set(re.findall(r"\bmake ([a-z]+)", code)) <= set(targets)
    sandbox = {name for call, name in command_line() if call == "add_parser"}
    assert set(re.findall(r"-m sandbox ([a-z]+)", code)) <= sandbox


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(doc: Path) -> Iterator[str]:
    text = doc.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (doc.parent / path).resolve() if path else doc
        if not file.exists() or (anchor and anchor not in anchors(file.read_text(encoding="utf-8"))):
            yield target


@pytest.mark.parametrize("doc", PAGES, ids=PAGE_IDS)
def test_links_resolve(doc: Path) -> None:
    assert list(broken_links(doc)) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    doc = tmp_path / "a.md"
    doc.write_text("# One two\n[a](#one-two) [b](#three) [c](b.md) [d](https://example.org/x)", encoding="utf-8")
    assert list(broken_links(doc)) == ["#three", "b.md"]


def test_every_page_is_linked_from_another() -> None:
    linked = {
        (doc.parent / target.partition("#")[0]).resolve()
        for doc in PAGES
        for target in re.findall(r"\]\(([^)\s:]+)\)", doc.read_text(encoding="utf-8"))
    }
    assert [str(doc.relative_to(ROOT)) for doc in PAGES if doc.parent != ROOT and doc.resolve() not in linked] == []
