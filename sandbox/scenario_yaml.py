"""Reads one YAML mapping strictly: safe tags, a size limit, no duplicate keys, no aliases."""

import re
from collections.abc import Hashable
from pathlib import Path

import yaml

LARGEST_BYTES = 256 * 1024

type Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None


class ScenarioError(Exception):
    """The scenario file is wrong. `problems` holds one line for each: the field's path, its value, what would be right."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        self.path = path
        self.problems = problems
        super().__init__("\n".join([f"{path} is not a scenario:", *(f"  {problem}" for problem in problems)]))


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader that refuses what YAML leaves to taste."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(None, None, "aliases are not allowed, write the value out", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                what = f"the key {key!r} is not a string, put it in quotes"
                raise yaml.constructor.ConstructorError(None, None, what, key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


# Of YAML 1.1's habits two are dropped: a date stays the text that stands in the file, and so do yes, no, on and off,
# so that the tag `bootmend:exclude: yes` is a text. A field that is a bool takes these words nevertheless.
_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rsplit(":", 1)[-1] not in {"timestamp", "bool"}]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def read_mapping(path: Path) -> dict[str, Json]:
    """The file's one mapping, plain JSON values only. Raises ScenarioError; an empty file is an empty mapping."""
    text = _read_text(path)
    try:
        document = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ScenarioError(path, [f"{place}{error.problem}"]) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ScenarioError(path, [f"not readable as YAML: {type(error).__name__}: {error}"]) from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ScenarioError(path, [f"the file holds {type(document).__name__} {document!r:.80}, not a mapping of keys"])
    return document


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise ScenarioError(path, [f"cannot be read: {error.strerror}"]) from error
    if len(data) > LARGEST_BYTES:
        raise ScenarioError(path, [f"larger than {LARGEST_BYTES} bytes, which no scenario needs"])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(path, [f"byte {error.start} is not UTF-8"]) from error
