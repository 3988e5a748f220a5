"""Orchestrators replay: whatever could answer differently the second time is found here, before it breaks a repair."""

import ast
from collections.abc import Iterator

import pytest

from tests.source_tree import Source, functions, imported, is_within, lines, sources

# Clock, chance, environment, network, threads, logs: each answers differently, or acts twice, on replay.
FORBIDDEN_IMPORTS = (
    "time", "uuid", "random", "secrets", "os", "sys", "socket", "ssl", "http", "urllib", "subprocess", "threading",
    "multiprocessing", "concurrent", "asyncio", "logging", "tempfile", "shutil", "pathlib", "io",
    "aiohttp", "httpx", "requests", "azure.mgmt", "azure.identity", "azure.core", "azure.storage", "bootmend.settings",
)  # fmt: skip
FORBIDDEN_CALLS = ("print", "input", "open", "id", "hash", "eval", "exec", "__import__")
CLOCK_METHODS = ("now", "utcnow", "today", "fromtimestamp")
ONLY_CALLER_OF_ACTIVITIES = "orchestrators.step"


def faults(source: str, module: str = "orchestrators.planted") -> list[str]:
    """What breaks replay or readability in an orchestrator's source, as `line: reason`."""
    tree = ast.parse(source)
    checks = (_imports(tree), _statements(tree), _calls(tree, module), _final_yields(tree), _long_generators(tree))
    return [f"{line}: {reason}" for line, reason in sorted({found for check in checks for found in check})]


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in imported(iter([node])):
                if any(is_within(name, forbidden) for forbidden in FORBIDDEN_IMPORTS):
                    yield node.lineno, f"imports {name}"


def _statements(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.AsyncFunctionDef() | ast.AsyncFor() | ast.AsyncWith() | ast.Await():
                yield node.lineno, "async: an orchestrator is a plain generator"
            case ast.ExceptHandler(type=None):
                yield node.lineno, "bare except also catches the end of the generator"
            case ast.ExceptHandler(type=ast.Name(id="BaseException")):
                yield node.lineno, "except BaseException also catches the end of the generator"
            case ast.For(iter=ast.Set() | ast.SetComp() | ast.Call(func=ast.Name(id="set" | "frozenset"))):
                yield node.lineno, "a set has another order in another process"
            case ast.Global():
                yield node.lineno, "global: state outside the history"
            case _:
                pass


def _calls(tree: ast.Module, module: str) -> Iterator[tuple[int, str]]:
    clocks = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.name == "datetime" or (isinstance(node, ast.ImportFrom) and node.module == "datetime")
    }
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=method) if method in CLOCK_METHODS and _root(node) in clocks:
                yield node.lineno, f"{ast.unparse(node)}: time is ctx.current_utc_datetime"
            case ast.Attribute(attr="call_activity") if module != ONLY_CALLER_OF_ACTIVITIES:
                yield node.lineno, "call_activity: step() is its only caller"
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
                yield node.lineno, f"{name}()"
            case _:
                pass


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _own(nodes: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes below these statements that belong to the same function."""
    waiting: list[ast.AST] = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)


def _final_yields(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Try):
            for inner in _own(node.finalbody):
                if isinstance(inner, ast.Yield | ast.YieldFrom):
                    yield inner.lineno, "yield inside finally"


def _long_generators(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for function in functions(tree):
        if lines(function) > 40 and any(isinstance(n, ast.Yield | ast.YieldFrom) for n in _own(function.body)):
            yield function.lineno, f"{function.name} has {lines(function)} lines, 40 at most"


ORCHESTRATORS = [source for source in sources() if is_within(source.module, "orchestrators")]


@pytest.mark.parametrize("source", ORCHESTRATORS, ids=lambda source: str(source.path))
def test_orchestrators_replay(source: Source) -> None:
    assert faults(source.text, source.module) == []


def test_the_runbook_is_among_the_files_checked() -> None:
    modules = {source.module for source in ORCHESTRATORS}
    assert modules >= {"orchestrators.attend_vm", "orchestrators.repair_vm", "orchestrators.step"}


PLANTED = [
    ("import time", "1: imports time"),
    ("from time import monotonic", "1: imports time"),
    ("import os.path", "1: imports os.path"),
    ("def f():\n    from uuid import uuid4", "2: imports uuid"),
    ("import logging", "1: imports logging"),
    ("from azure.mgmt.compute import models", "1: imports azure.mgmt.compute"),
    ("from bootmend.settings import settings", "1: imports bootmend.settings"),
    ("from bootmend import settings", "1: imports bootmend.settings"),
    ("import datetime\nx = datetime.datetime.now()", "2: datetime.datetime.now: time is ctx.current_utc_datetime"),
    ("from datetime import datetime as d\nx = d.utcnow()", "2: d.utcnow: time is ctx.current_utc_datetime"),
    ("from datetime import date\nf = date.today", "2: date.today: time is ctx.current_utc_datetime"),
    ("print('x')", "1: print()"),
    ("x = open('x')", "1: open()"),
    ("async def f(): pass", "1: async: an orchestrator is a plain generator"),
    ("async def f():\n    await g()", "2: async: an orchestrator is a plain generator"),
    ("try:\n    f()\nexcept:\n    pass", "3: bare except also catches the end of the generator"),
    ("try:\n    f()\nexcept BaseException:\n    pass", "3: except BaseException also catches the end of the generator"),
    ("for x in {1, 2}:\n    pass", "1: a set has another order in another process"),
    ("for x in set(y):\n    pass", "1: a set has another order in another process"),
    ("def f():\n    global x", "2: global: state outside the history"),
    ("def f(ctx):\n    yield ctx.call_activity('a')", "2: call_activity: step() is its only caller"),
    ("def f():\n    try:\n        g()\n    finally:\n        yield 1", "5: yield inside finally"),
    (
        "def f():\n    try:\n        g()\n    finally:\n        if x:\n            y = yield from g()",
        "6: yield inside finally",
    ),
    ("def f():\n" + "    x = 1\n" * 40 + "    yield x", "1: f has 42 lines, 40 at most"),
]


@pytest.mark.parametrize(("snippet", "fault"), PLANTED, ids=[fault for _, fault in PLANTED])
def test_each_planted_fault_is_found(snippet: str, fault: str) -> None:
    assert fault in faults(snippet)


GOOD = [
    "from datetime import timedelta\ndef f(ctx):\n    return ctx.current_utc_datetime + timedelta(1)",
    "def f(ctx):\n    try:\n        yield from g(ctx)\n    except Exception as error:\n        return str(error)",
    "def f(ctx):\n    now = ctx.current_utc_datetime\n    for x in sorted({1, 2}):\n        yield x",
    "def f():\n    try:\n        yield 1\n    finally:\n        def g():\n            yield 2",
    "def f():\n" + "    x = 1\n" * 60,
]


@pytest.mark.parametrize("snippet", GOOD)
def test_good_code_passes(snippet: str) -> None:
    assert faults(snippet) == []


def test_step_may_call_activities() -> None:
    assert faults("def step(ctx):\n    yield ctx.call_activity('a')", "orchestrators.step") == []
