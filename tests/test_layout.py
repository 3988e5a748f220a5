"""The tree keeps its shape: imports point one way, pieces stay small, names say what they hold."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator

import pytest

from tests.source_tree import ROOT, Source, at_import, functions, imported, is_within, lines, sources

ADAPTERS = ("bootmend.arm", "bootmend.guest", "bootmend.evidence")
OURS = ("bootmend", "activities", "orchestrators", "triggers", "cli", "console", "sandbox", "tests", "function_app")

# Where a file lies decides what of ours it may import. `pure` is bootmend without its adapters.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "pure": ("pure",),
    "adapters": ("pure", "adapters"),
    "activities": ("pure", "adapters", "activities"),
    "orchestrators": ("pure", "activities", "orchestrators"),
    "triggers": ("pure", "bootmend.evidence", "orchestrators", "triggers"),
    "cli": ("cli",),
    "function_app": ("pure", "adapters", "activities", "orchestrators", "triggers"),
    "sandbox": ("pure", "adapters", "activities", "orchestrators", "triggers", "function_app", "sandbox"),
    "tests": ("pure", "adapters", *OURS),
}
AZURE_SDK = ("azure.mgmt", "azure.identity", "azure.core", "azure.storage")
PURE_THIRD_PARTY = ("pydantic", "pydantic_core", "annotated_types")
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "base", "misc"}
ROOT_FILES = (
    ".ci/run", ".funcignore", ".gitignore", ".python-version", "CHANGELOG.md", "LICENSE", "Makefile", "README.md",
    "function_app.py", "host.json", "local.settings.sample.json", "pyproject.toml", "requirements.txt",
)  # fmt: skip
ROOT_FOLDERS = ("activities", "bootmend", "docs", "infra", "orchestrators", "sandbox", "tests", "triggers")

SOURCES = sources()
MODULES = {source.module: source for source in SOURCES}
SHIPPED = [source for source in SOURCES if source.path.parts[0] != "tests"]


def layer(module: str) -> str:
    """The row of MAY_IMPORT that a module of ours belongs to."""
    if is_within(module, "bootmend"):
        return "adapters" if any(is_within(module, adapter) for adapter in ADAPTERS) else "pure"
    return module.split(".", maxsplit=1)[0]


def allowed(importer: str, imported_module: str) -> bool:
    rules = MAY_IMPORT[layer(importer)]
    return layer(imported_module) in rules or any(is_within(imported_module, rule) for rule in rules if "." in rule)


def wrong_imports(module: str, tree: ast.Module) -> list[str]:
    """What the module imports of ours, anywhere in it, that lies above or beside it."""
    names = {name for name in imported(ast.walk(tree)) if name.split(".", maxsplit=1)[0] in OURS}
    modules = {name for name in names if name in MODULES or name in OURS}
    return sorted(name for name in modules if name != "bootmend" and not allowed(module, name))


@pytest.mark.parametrize(
    ("importer", "target", "right"),
    [
        ("bootmend.diagnosis", "bootmend.models.azure", True),
        ("bootmend.diagnosis", "bootmend.arm.client", False),
        ("bootmend.arm.client", "bootmend.models.azure", True),
        ("bootmend.arm.client", "activities.read_vm", False),
        ("activities.read_vm", "bootmend.arm.client", True),
        ("activities.read_vm", "orchestrators.step", False),
        ("orchestrators.repair_vm", "activities.read_vm", True),
        ("orchestrators.repair_vm", "bootmend.arm.client", False),
        ("triggers.http", "bootmend.arm", False),
        ("triggers.http", "bootmend.evidence.store", True),
        ("triggers.http", "activities.read_vm", False),
        ("cli.main", "bootmend.models.repair", False),
        ("function_app", "sandbox.host", False),
        ("sandbox.host.app", "function_app", True),
        ("bootmend.settings", "sandbox.clock", False),
        ("bootmend.settings", "tests.source_tree", False),
        ("tests.test_docs", "bootmend.settings", True),
    ],
)
def test_the_import_rules_are_those_of_the_layout(importer: str, target: str, right: bool) -> None:
    assert allowed(importer, target) is right


def test_imports_point_one_way() -> None:
    wrong = [f"{source.path}: {name}" for source in SOURCES for name in wrong_imports(source.module, source.tree)]
    assert not wrong, "imports against the layout's direction:\n" + "\n".join(wrong)


def test_a_planted_import_upwards_is_found() -> None:
    tree = ast.parse("def f():\n    from bootmend import settings\n    import sandbox")
    assert wrong_imports("bootmend.arm.client", tree) == ["sandbox"]


def test_the_pure_part_needs_pydantic_and_nothing_else() -> None:
    foreign = []
    for source in SOURCES:
        if is_within(source.module, "bootmend") and layer(source.module) == "pure":
            roots = {name.split(".", maxsplit=1)[0] for name in imported(ast.walk(source.tree))}
            foreign += [f"{source.path}: {root}" for root in sorted(roots) if is_third_party(root)]
    assert not foreign, "bootmend's pure part imports:\n" + "\n".join(foreign)


def is_third_party(root: str) -> bool:
    return root not in sys.stdlib_module_names and root not in (*OURS, *PURE_THIRD_PARTY)


def test_only_the_arm_client_and_the_evidence_store_know_the_azure_sdk() -> None:
    homes = ("bootmend.arm", "bootmend.evidence", "tests", "sandbox")
    strays = [
        f"{source.path}: {name}"
        for source in SOURCES
        if not any(is_within(source.module, home) for home in homes)
        for name in imported(ast.walk(source.tree))
        if any(is_within(name, sdk) for sdk in AZURE_SDK)
    ]
    assert not strays, "\n".join(strays)


def loaded_with(entry: str) -> Iterator[tuple[Source, str]]:
    """Every import that importing `entry` makes, ours followed, as (the importing file, the name)."""
    seen, waiting = set(), [entry]
    while waiting:
        module = waiting.pop()
        parents = [module.rsplit(".", count)[0] for count in range(module.count(".") + 1)]
        for name in (name for name in parents if name in MODULES and name not in seen):
            seen.add(name)
            for found in imported(at_import(MODULES[name].tree)):
                yield MODULES[name], found
                waiting.append(found)


def test_a_cold_start_loads_no_azure_sdk() -> None:
    """A cold start imports the function app; the compute client alone costs it a second or more."""
    assert "function_app" in MODULES
    early = [
        f"{source.path}: {name}"
        for source, name in loaded_with("function_app")
        if any(is_within(name, sdk) for sdk in AZURE_SDK)
    ]
    assert not early, "import these inside the activity that needs them:\n" + "\n".join(early)


def test_functions_are_short() -> None:
    long = [
        f"{source.path}:{node.lineno} {node.name}: {lines(node)} lines"
        for source in SHIPPED
        for node in functions(source.tree)
        if lines(node) > 40
    ]
    assert not long, "at most 40 lines a function:\n" + "\n".join(long)


def test_modules_are_short() -> None:
    limits = {source: 80 if source.module == "function_app" else 400 for source in SHIPPED}
    long = [f"{source.path}: {n}" for source in SHIPPED if (n := source.text.count("\n")) > limits[source]]
    assert not long, "at most 400 lines a module, 80 the function app:\n" + "\n".join(long)


def test_names_say_what_a_module_holds() -> None:
    empty = [
        str(source.path)
        for source in SOURCES
        if any(set(part.split("_")) & NAMES_THAT_SAY_NOTHING for part in source.module.split("."))
    ]
    assert not empty, "\n".join(empty)


def unfinished(source: Source) -> Iterator[str]:
    """Reminders, stubs, tests that are switched off, fakes without a type, and waits by the wall clock in tests."""
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT and re.search(r"\b(TODO|FIXME|XXX|HACK)\b", token.string):
            yield f"{source.path}:{token.start[0]} {token.string}"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute | ast.Name) and is_unfinished(ast.unparse(node), source):
            yield f"{source.path}:{node.lineno} {ast.unparse(node)}"


def is_unfinished(name: str, source: Source) -> bool:
    switched_off = r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)"
    if re.fullmatch(rf"NotImplementedError|(unittest\.)?mock\..*|(Async|Magic)?Mock|{switched_off}", name):
        return True
    return name == "time.sleep" and source.path.parts[0] == "tests"


def test_nothing_is_left_unfinished() -> None:
    found = [line for source in SOURCES for line in unfinished(source)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", [*ROOT_FILES, *ROOT_FOLDERS])
def test_the_layout_is_there(name: str) -> None:
    assert (ROOT / name).exists()
    assert (ROOT / name).is_dir() is (name in ROOT_FOLDERS)
