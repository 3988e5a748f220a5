"""The functions of an app: found as the Python worker finds them, in `function_app.py` of the app's folder."""

import importlib
import inspect
import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.functions import FunctionRegister

HTTP_TRIGGER = "httpTrigger"
TIMER_TRIGGER = "timerTrigger"
EVENT_GRID_TRIGGER = "eventGridTrigger"
ORCHESTRATION_TRIGGER = "orchestrationTrigger"
ACTIVITY_TRIGGER = "activityTrigger"
ENTITY_TRIGGER = "entityTrigger"
DURABLE_CLIENT = "durableClient"

# The name under which the engine calls a durable function may be set on its trigger.
_NAME_SETTINGS = {ORCHESTRATION_TRIGGER: "orchestration", ACTIVITY_TRIGGER: "activity", ENTITY_TRIGGER: "entityName"}
_KNOWN_BINDINGS = {HTTP_TRIGGER, TIMER_TRIGGER, EVENT_GRID_TRIGGER, DURABLE_CLIENT, "http", *_NAME_SETTINGS}


class AppError(Exception):
    """The app cannot be served; the message says why."""


@dataclass(frozen=True)
class AppFunction:
    """One function: its callable, its trigger, and the trigger's settings as function.json would hold them."""

    name: str
    trigger: str
    parameter: str
    settings: Mapping[str, Any]
    call: Callable[..., Any]
    client_parameters: tuple[str, ...]
    takes_context: bool

    @property
    def durable_name(self) -> str:
        """The name by which orchestrations call it."""
        return str(self.settings.get(_NAME_SETTINGS.get(self.trigger, "")) or self.name)


@dataclass(frozen=True)
class FunctionApp:
    """An app as loaded: its folder, its functions by name, and its route prefix from host.json."""

    directory: Path
    functions: Mapping[str, AppFunction]
    route_prefix: str

    def triggered_by(self, trigger: str) -> list[AppFunction]:
        """The functions with that trigger, in the order of their registration."""
        return [function for function in self.functions.values() if function.trigger == trigger]

    def durable(self, trigger: str) -> dict[str, AppFunction]:
        """The functions with that trigger by the name that orchestrations use. The extension disregards case."""
        return {function.durable_name.lower(): function for function in self.triggered_by(trigger)}


def load_app(directory: Path) -> FunctionApp:
    """Import `function_app.py` from `directory` and index it. Raises AppError, or what the import raises."""
    sys.path.insert(0, str(directory))
    module = importlib.import_module("function_app")
    apps = [value for value in vars(module).values() if isinstance(value, FunctionRegister)]
    if len(apps) != 1:
        raise AppError(f"function_app.py needs exactly one function app at its top level, it has {len(apps)}")
    functions = [_indexed(function) for function in apps[0].get_functions()]
    return FunctionApp(directory, {function.name: function for function in functions}, _route_prefix(directory))


def _indexed(function: Any) -> AppFunction:
    name = function.get_function_name()
    bindings = json.loads(function.get_function_json())["bindings"]
    unknown = sorted({binding["type"] for binding in bindings} - _KNOWN_BINDINGS)
    if unknown:
        raise AppError(f"function {name} has a binding that this host does not serve: {', '.join(unknown)}")
    trigger = next(binding for binding in bindings if binding["type"].endswith("Trigger"))
    call = function.get_user_function()
    return AppFunction(
        name=name,
        trigger=trigger["type"],
        parameter=trigger["name"],
        settings=trigger,
        call=call,
        client_parameters=tuple(binding["name"] for binding in bindings if binding["type"] == DURABLE_CLIENT),
        takes_context="context" in inspect.signature(call).parameters and trigger["name"] != "context",
    )


def _route_prefix(directory: Path) -> str:
    host_json = directory / "host.json"
    settings = json.loads(host_json.read_text("utf-8")) if host_json.exists() else {}
    return str(settings.get("extensions", {}).get("http", {}).get("routePrefix", "api")).strip("/")


def resolve_setting(text: str, environment: Mapping[str, str]) -> str:
    """Replace `%NAME%` by the app setting of that name. Raises AppError when it is not set."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise AppError(f"the app setting {match[1]} is not set, but {text!r} needs it")
        return environment[match[1]]

    return re.sub(r"%([^%\s]+)%", value, text)
