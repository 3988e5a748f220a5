"""What Windows PowerShell 5.1 rejects, or does otherwise than meant, in a script that no PowerShell here can run.

`problems` is empty for a script that may be shipped. It parses with tree-sitter-pwsh, and adds the rules that the parser
does not know: it takes PowerShell 7's operators, a `try` without `catch`, and a drive letter's variable before a colon.
"""

import re
from collections.abc import Iterator
from typing import Final

import tree_sitter_pwsh
from tree_sitter import Language, Node, Parser

_PARSER: Final = Parser(Language(tree_sitter_pwsh.language()))
_SEVEN_ONLY: Final = {
    "pipeline_chain_tail": "&& and || are of PowerShell 7",
    "ternary_expression": "?: is of PowerShell 7",
    "null_coalesce_expression": "?? is of PowerShell 7",
}
_OF_ONE_LINE: Final = {"switch_statement", "try_statement", "foreach_statement", "while_statement", "for_statement"}
_TEXT_RULES: Final = {
    r"\?\?=": "??= is of PowerShell 7",
    r"-AsHashtable\b|-Parallel\b|\$IsWindows\b|\$IsLinux\b|-UseCulture\b": "of PowerShell 7",
    r"(?i)\binvoke-expression\b|\biex\b|\badd-type\b|-encodedcommand\b": "runs text as code",
    r"(?i)\bcmd(\.exe)?\s+/c\b|\bstart-process\b": "starts a shell, or a process outside the allow-list",
}
_COLON_AFTER_NAME: Final = re.compile(r"\$(?!script:|env:|global:|using:)[A-Za-z_]\w*:")
KNOWN_CMDLETS: Final = frozenset(
    {
        "Add-PartitionAccessPath",
        "ConvertFrom-Json",
        "ConvertTo-Json",
        "ForEach-Object",
        "Get-ChildItem",
        "Get-CimInstance",
        "Get-Date",
        "Get-Disk",
        "Get-Item",
        "Get-Partition",
        "Get-Volume",
        "Invoke-CimMethod",
        "Join-Path",
        "New-Item",
        "New-Object",
        "Out-Null",
        "Remove-Item",
        "Remove-PartitionAccessPath",
        "Select-Object",
        "Set-Disk",
        "Set-StrictMode",
        "Sort-Object",
        "Split-Path",
        "Start-Sleep",
        "Test-Path",
        "Update-HostStorageCache",
        "Where-Object",
        "Write-Output",
    }
)
"""The cmdlets that the scripts need. Another one is added here with thought: each changes or reads something."""


def tree(text: str) -> Node:
    return _PARSER.parse(text.encode()).root_node


def nodes(root: Node, *kinds: str) -> Iterator[Node]:
    """The nodes of these kinds, in order of the text."""
    if root.type in kinds:
        yield root
    for child in root.children:
        yield from nodes(child, *kinds)


def words(node: Node) -> str:
    return (node.text or b"").decode()


def parameters(text: str) -> set[str]:
    """The names in the script's own `param` block."""
    block = next((child for child in tree(text).children if child.type == "param_block"), None)
    found = nodes(block, "script_parameter") if block else ()
    return {words(next(child for child in one.children if child.type == "variable")).lstrip("$") for one in found}


def functions(text: str) -> list[str]:
    return [words(node) for node in nodes(tree(text), "function_name")]


def commands(text: str) -> set[str]:
    """The names of all commands and functions that are called."""
    return {words(node) for node in nodes(tree(text), "command_name", "command_name_expr")}


def problems(text: str) -> list[str]:
    """Everything that is wrong with a whole script, one sentence each, with its line."""
    return [*_of_tree(tree(text)), *_of_text(text), *_of_names(text)]


def _of_tree(root: Node) -> Iterator[str]:
    for node in _all(root):
        where = f"line {node.start_point[0] + 1}"
        if node.type == "ERROR" or node.is_missing:
            yield f"{where}: does not parse: {words(node)[:60]!r}"
        if node.type in _SEVEN_ONLY:
            yield f"{where}: {_SEVEN_ONLY[node.type]}"
        if node.type == "try_statement" and not list(_handlers(node)):
            yield f"{where}: a try without catch or finally"
        if node.type in _OF_ONE_LINE and node.start_point[0] == node.end_point[0]:
            yield f"{where}: a {node.type} on one line"
        if node.type == "expandable_string_literal" and _COLON_AFTER_NAME.search(words(node)):
            yield f"{where}: a variable before a colon needs braces: {words(node)}"


def _all(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _all(child)


def _handlers(node: Node) -> Iterator[Node]:
    return (child for child in node.children if child.type in {"catch_clauses", "finally_clause"})


def _of_text(text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        code = line.split("#", 1)[0]
        if not line.isascii():
            yield f"line {number}: a character beyond ASCII, which 5.1 reads by the machine's code page"
        for pattern, why in _TEXT_RULES.items():
            if re.search(pattern, code):
                yield f"line {number}: {why}: {line.strip()}"
    if re.search(r"(?m)^# include ", text):
        yield "a part was not put in"


def _of_names(text: str) -> Iterator[str]:
    defined = functions(text)
    for name in sorted({name for name in defined if defined.count(name) > 1}):
        yield f"the function {name} is defined twice"
    called = commands(text)
    for name in sorted(called - set(defined) - KNOWN_CMDLETS):
        yield f"{name} is neither defined here nor a known cmdlet"
    for name in sorted(set(defined) - called):
        yield f"the function {name} is never called"
