"""Route templates of HTTP triggers, matched as the Functions host matches them.

A request that no template and method fits is 404, also when only the method is wrong: the host makes the method a
constraint of the route. So HEAD and OPTIONS reach a function only when it names them, or names no method at all.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote
from uuid import UUID

from sandbox.host.functions import HTTP_TRIGGER, AppError, AppFunction, FunctionApp

_PARAMETER = re.compile(r"\{(?P<rest>\*)?(?P<name>\w+)(?::(?P<kind>\w+))?(?P<optional>\?)?\}")
_KINDS: Mapping[str, Callable[[str], object]] = {"int": int, "guid": UUID}


@dataclass(frozen=True)
class Segment:
    """One segment of a template: a literal, or a parameter. `rest` takes all segments that are left."""

    literal: str = ""
    name: str = ""
    kind: str = ""
    optional: bool = False
    rest: bool = False

    @property
    def rank(self) -> int:
        """The order in which ASP.NET tries segments: literals, then constrained parameters, then free ones."""
        if self.literal:
            return 1
        return (4 if self.rest else 2) + (0 if self.kind else 1)


@dataclass(frozen=True)
class HttpRoute:
    """A function with its template and methods. `methods` is empty when any will do."""

    function: AppFunction
    segments: tuple[Segment, ...]
    methods: frozenset[str]

    def match(self, method: str, parts: list[str]) -> dict[str, str] | None:
        """The route parameters, or None when the request is not for this route."""
        if self.methods and method not in self.methods:
            return None
        parameters: dict[str, str] = {}
        for index, segment in enumerate(self.segments):
            if segment.rest:
                parameters[segment.name] = "/".join(parts[index:])
                return parameters
            if index >= len(parts):
                return parameters if segment.optional else None
            if not _fits(segment, parts[index]):
                return None
            if segment.name:
                parameters[segment.name] = parts[index]
        return parameters if len(parts) == len(self.segments) else None


def _fits(segment: Segment, part: str) -> bool:
    if segment.literal:
        return segment.literal.lower() == part.lower()
    if segment.kind:
        try:
            _KINDS[segment.kind](part)
        except ValueError:
            return False
    return bool(part)


def parse_template(template: str) -> tuple[Segment, ...]:
    """`fleets/{id}/vms/{*rest}` as segments. Raises AppError for what the stand-in cannot match."""
    return tuple(_segment(text, template) for text in template.strip("/").split("/") if text)


def _segment(text: str, template: str) -> Segment:
    if "{" not in text:
        return Segment(literal=text)
    found = _PARAMETER.fullmatch(text)
    if found is None or (found["kind"] and found["kind"] not in _KINDS):
        raise AppError(f"the route {template!r} has a segment that this host cannot match: {text!r}")
    return Segment(
        name=found["name"], kind=found["kind"] or "", optional=bool(found["optional"]), rest=bool(found["rest"])
    )


class Router:
    """The HTTP triggers of an app, most literal route first."""

    def __init__(self, app: FunctionApp) -> None:
        routes = [_route(function, app.route_prefix) for function in app.triggered_by(HTTP_TRIGGER)]
        self._routes = sorted(routes, key=lambda route: [segment.rank for segment in route.segments])

    def find(self, method: str, raw_path: str) -> tuple[AppFunction, dict[str, str]] | None:
        """The function for a request, and its route parameters. `raw_path` is percent-encoded; an encoded slash stays
        encoded, as ASP.NET leaves it."""
        parts = _split(raw_path)
        for route in self._routes:
            parameters = route.match(method, parts)
            if parameters is not None:
                return route.function, parameters
        return None


def _split(raw_path: str) -> list[str]:
    encoded = re.sub("%2f", "%252F", raw_path.strip("/"), flags=re.IGNORECASE)
    return [unquote(part) for part in encoded.split("/")]


def _route(function: AppFunction, prefix: str) -> HttpRoute:
    template = function.settings.get("route")
    path = function.name if template is None else str(template)
    methods: Iterable[str] = function.settings.get("methods") or ()
    return HttpRoute(function, parse_template(f"{prefix}/{path}"), frozenset(method.upper() for method in methods))
