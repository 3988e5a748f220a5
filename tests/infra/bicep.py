"""Bicep files as trees: their declarations, and a file with one piece cut out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

type Kind = Literal["parameter", "variable", "resource", "module", "output"]

_PARSER = Parser(Language(tree_sitter_bicep.language()))


@dataclass(frozen=True)
class Template:
    """One file. `path` is relative to infra/."""

    path: str
    source: bytes

    @cached_property
    def root(self) -> Node:
        return _PARSER.parse(self.source).root_node

    def declarations(self, kind: Kind) -> "list[Declaration]":
        """In the order of the file, nested ones included."""
        return [Declaration(node) for node in walk(self.root) if node.type == f"{kind}_declaration"]

    def declared(self, kind: Kind, name: str) -> "Declaration":
        return next(one for one in self.declarations(kind) if one.name == name)

    def without(self, node: Node) -> "Template":
        """The file with the text of the node taken out."""
        return replace(self, source=self.source[: node.start_byte] + self.source[node.end_byte :])

    def replaced(self, old: str, new: str) -> "Template":
        """The file with a text exchanged, which must be there."""
        assert old in self.source.decode()
        return replace(self, source=self.source.replace(old.encode(), new.encode()))


@dataclass(frozen=True)
class Declaration:
    """A parameter, variable, resource, module or output."""

    node: Node

    @cached_property
    def name(self) -> str:
        return text(next(child for child in self.node.named_children if child.type == "identifier"))

    @cached_property
    def source(self) -> str:
        """A resource's type with its version, or the file of a module."""
        return string(next(child for child in self.node.named_children if child.type == "string"))

    @cached_property
    def value(self) -> Node | None:
        """What stands after the `=`."""
        signs = [index for index, child in enumerate(self.node.children) if child.type == "="]
        return self.node.children[signs[0] + 1] if signs else None

    @cached_property
    def body(self) -> Node:
        """The object of a resource or module, whatever condition or loop stands before it."""
        return next(node for node in walk(self.node) if node.type == "object")

    @cached_property
    def condition(self) -> str:
        found = [child for child in self.node.children if child.type == "if_statement"]
        return text(found[0].named_children[0]) if found else ""

    @cached_property
    def loop_over(self) -> str:
        found = [child for child in self.node.children if child.type == "for_statement"]
        return text(found[0].named_children[1]) if found else ""

    @cached_property
    def existing(self) -> bool:
        return any(child.type == "existing" or text(child) == "existing" for child in self.node.children)

    @cached_property
    def decorators(self) -> str:
        before = self.node.prev_named_sibling
        return text(before) if before is not None and before.type == "decorators" else ""

    def property(self, *names: str) -> str:
        """The text of a property, as deep as the names go. Empty where there is none."""
        node: Node | None = self.body
        for name in names:
            node = properties(node).get(name) if node is not None and node.type == "object" else None
        return text(node) if node is not None else ""


def read_templates(folder: Path) -> dict[str, Template]:
    paths = sorted(folder.rglob("*.bicep"))
    found = [Template(path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths]
    return {template.path: template for template in found}


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def text(node: Node) -> str:
    return (node.text or b"").decode()


def string(node: Node) -> str:
    """A string literal without its quotes."""
    return text(node).strip("'")


def property_nodes(node: Node) -> dict[str, Node]:
    """Name to the whole property, of an object."""
    pairs = [
        child for child in node.named_children if child.type == "object_property" and len(child.named_children) == 2
    ]
    return {string(pair.named_children[0]): pair for pair in pairs}


def properties(node: Node) -> dict[str, Node]:
    """Name to value, of an object."""
    return {name: pair.named_children[1] for name, pair in property_nodes(node).items()}


def objects(node: Node) -> Iterator[Node]:
    """The outermost objects of an expression: both branches of a condition, each argument of union()."""
    if node.type == "object":
        yield node
        return
    for child in node.children:
        yield from objects(child)


def strings(node: Node) -> list[str]:
    return [string(found) for found in walk(node) if found.type == "string"]
