"""What the templates and role files, taken together, would make of a subscription."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tree_sitter import Node

from tests.infra.bicep import (
    Declaration,
    Template,
    objects,
    properties,
    property_nodes,
    read_templates,
    string,
    text,
    walk,
)
from tests.source_tree import ROOT

INFRA = ROOT / "infra"


@dataclass(frozen=True)
class Installation:
    """The files of infra/: templates by path, role definitions by name without .json."""

    templates: dict[str, Template]
    roles: dict[str, Any]

    @property
    def main(self) -> Template:
        return self.templates["main.bicep"]

    @property
    def app(self) -> Template:
        return self.templates["modules/app.bicep"]

    def with_template(self, changed: Template) -> "Installation":
        return replace(self, templates={**self.templates, changed.path: changed})

    def without(self, path: str, node: Node) -> "Installation":
        return self.with_template(self.templates[path].without(node))


def read_installation() -> Installation:
    files = sorted((INFRA / "roles").glob("*.json"))
    return Installation(read_templates(INFRA), {file.stem: json.loads(file.read_text("utf-8")) for file in files})


@dataclass(frozen=True)
class Setting:
    """One app setting: where it stands, and the text of its value."""

    name: str
    value: str
    path: str
    node: Node


def app_settings(installation: Installation) -> dict[str, Setting]:
    """Every setting that reaches the app: the arguments of the union, each a variable of app.bicep or what main passes on."""
    found: dict[str, Setting] = {}
    settings = installation.app.declared("resource", "settings")
    merged = [text(node) for node in walk(properties(settings.body)["properties"]) if node.type == "identifier"]
    for variable in installation.app.declarations("variable"):
        if variable.name in merged and variable.value is not None:
            found |= _settings(installation.app.path, variable.value)
    passed = properties(installation.main.declared("module", "app").body)["params"]
    if "appSettings" in merged:
        found |= _settings(installation.main.path, properties(passed)["appSettings"])
    return found


def _settings(path: str, value: Node) -> dict[str, Setting]:
    return {
        name: Setting(name, text(pair.named_children[1]), path, pair)
        for held in objects(value)
        for name, pair in property_nodes(held).items()
    }


@dataclass(frozen=True)
class Placement:
    """Where a role is assigned: the module that does it, its scope, and the loop or condition it stands under."""

    module: str
    scope: str = ""
    loop_over: str = ""
    condition: str = ""


def custom_roles(installation: Installation) -> dict[str, str]:
    """Role file to the module of main.bicep that makes a role of it."""
    made = [module for module in installation.main.declarations("module") if module.source == "modules/role.bicep"]
    return {_role_file(module): module.name for module in made}


def _role_file(module: Declaration) -> str:
    return module.property("params", "definition").removeprefix("loadJsonContent('roles/").removesuffix(".json')")


def placements(installation: Installation, role_module: str) -> list[Placement]:
    """Where the role is assigned to the app's identity."""
    return [
        Placement(
            module.source,
            module.property("scope"),
            module.loop_over,
            module.condition[1:-1],
        )
        for module in installation.main.declarations("module")
        if module.property("params", "roleId") == f"{role_module}.outputs.id"
        and module.property("params", "principalId") == "identity.outputs.principalId"
    ]


@dataclass(frozen=True)
class BuiltIn:
    """A built-in role that a template assigns: its id, and the symbol of the resource on which."""

    path: str
    role: str
    scope: str


def built_in_roles(installation: Installation) -> Iterator[BuiltIn]:
    for path, template in installation.templates.items():
        for resource in role_assignments(template):
            for role in _role_ids(template, resource):
                yield BuiltIn(path, role, resource.property("scope"))


def role_assignments(template: Template) -> list[Declaration]:
    return [
        one
        for one in template.declarations("resource")
        if one.source.startswith("Microsoft.Authorization/roleAssignments@")
    ]


def _role_ids(template: Template, assignment: Declaration) -> list[str]:
    """The ids behind the last argument of subscriptionResourceId(): a variable, or the values of one in a loop."""
    definition = assignment.property("properties", "roleDefinitionId")
    if not definition.startswith("subscriptionResourceId("):
        return []
    symbol = definition.rsplit(",", maxsplit=1)[1].strip(" )")
    if symbol == "role.value":
        symbol = assignment.loop_over.removeprefix("items(").removesuffix(")")
    value = template.declared("variable", symbol).value
    assert value is not None
    held = list(properties(value).values()) if value.type == "object" else [value]
    return [string(node) for node in held]
