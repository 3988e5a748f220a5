"""Whether the templates fit together, as far as that can be told without Bicep's compiler: each fault in words."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tree_sitter import Node

from tests.infra.bicep import Kind, Template, properties, text, walk
from tests.infra.installation import Installation

FUNCTIONS = {
    "concat", "empty", "endsWith", "environment", "guid", "items", "last", "length", "listKeys", "loadJsonContent", "map",
    "resourceGroup", "split", "string", "subscription", "subscriptionResourceId", "substring", "take", "toObject", "union",
    "uniqueString",
}  # fmt: skip
"""Those of Bicep's functions that the templates use."""

_SYMBOLS: tuple[Kind, ...] = ("parameter", "variable", "resource", "module")


def wiring_faults(installation: Installation) -> list[str]:
    return [
        fault
        for template in installation.templates.values()
        for fault in (*_syntax_faults(template), *_module_faults(installation, template), *_name_faults(template))
    ]


def _syntax_faults(template: Template) -> Iterator[str]:
    for node in walk(template.root):
        if node.type == "ERROR" or node.is_missing:
            yield f"{template.path}:{node.start_point.row + 1}: not Bicep"


def _module_faults(installation: Installation, template: Template) -> Iterator[str]:
    """Each module exists, gets every parameter that it needs and no other, and gives what is read from it."""
    folder = PurePosixPath(template.path).parent
    for module in template.declarations("module"):
        target = installation.templates.get((folder / module.source).as_posix())
        if target is None:
            yield f"{template.path}: {module.name}: there is no {module.source}"
            continue
        has_default = {one.name: one.value is not None for one in target.declarations("parameter")}
        given = set(properties(properties(module.body)["params"]))
        needed = {name for name, default in has_default.items() if not default}
        yield from (f"{template.path}: {module.name} lacks {name}" for name in sorted(needed - given))
        yield from (f"{template.path}: {module.name} knows no {name}" for name in sorted(given - set(has_default)))
        outputs = {one.name for one in target.declarations("output")}
        read = set(re.findall(rf"\b{module.name}!?\.outputs\.(\w+)", template.source.decode()))
        yield from (f"{template.path}: {module.name} has no output {name}" for name in sorted(read - outputs))


def _name_faults(template: Template) -> Iterator[str]:
    """Every name is declared somewhere in the file, and every function is one of Bicep's."""
    symbols = {one.name for kind in _SYMBOLS for one in template.declarations(kind)} | set(_local_names(template.root))
    for node, is_function in _used_names(template.root):
        # The grammar takes a function's name in front of a member for a plain name.
        known = FUNCTIONS if is_function else symbols | FUNCTIONS
        if text(node) not in known:
            yield f"{template.path}:{node.start_point.row + 1}: {text(node)} is not declared"


def _local_names(root: Node) -> Iterator[str]:
    """Variables of loops, and parameters of lambdas."""
    for node in walk(root):
        if node.type in {"loop_variable", "loop_enumerator"}:
            yield text(node)
        elif (
            node.type == "for_statement" and node.named_children[0].type == "identifier"
        ) or node.type == "lambda_expression":
            yield text(node.named_children[0])


def _used_names(root: Node) -> Iterator[tuple[Node, bool]]:
    """Identifiers that stand for a value, or for a function; not the names of what is declared, nor property names."""
    for node in walk(root):
        if node.type != "identifier" or node.parent is None:
            continue
        parent = node.parent
        is_first = parent.named_children[0] == node
        declares = parent.type.endswith("_declaration") or parent.type in {"object_property", "lambda_expression"}
        if is_first and (declares or parent.type == "for_statement"):
            continue
        within_decorator = any(up.type == "decorator" for up in _ancestors(node))
        if not within_decorator:
            yield node, parent.type == "call_expression" and is_first


def _ancestors(node: Node) -> Iterator[Node]:
    while node.parent is not None:
        node = node.parent
        yield node
