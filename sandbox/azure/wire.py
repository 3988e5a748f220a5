"""Requests and answers of the simulated Azure, and how it spells ids and times."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.azure.errors import ArmError

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One HTTP request. `parts` are the path's named segments; header names are lower-case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    origin: str
    """Scheme and host as the caller addressed us: what operation URLs begin with."""
    parts: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Json:
        """The body as a JSON object; {} when there is none. Raises 400 when it is something else."""
        try:
            value = json.loads(self.raw or b"{}")
        except ValueError as error:
            raise _unreadable(str(error)) from None
        if not isinstance(value, dict):
            raise _unreadable("it must be a JSON object")
        return value


@dataclass
class Reply:
    """One HTTP answer."""

    status: int
    body: Json | None = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    """A body that is not JSON: blobs."""

    def content(self) -> bytes:
        """The body's bytes."""
        if self.raw is not None:
            return self.raw
        return b"" if self.body is None else json.dumps(self.body).encode()


@dataclass(frozen=True)
class ArmId:
    """A resource id: /subscriptions/S/resourceGroups/G/providers/Microsoft.X/type/name[/type/name]."""

    subscription: str
    group: str
    kind: str
    """Provider and types: Microsoft.Compute/disks."""
    name: str
    """The last name."""
    text: str

    @property
    def key(self) -> str:
        """What ids are compared by: Azure compares them without regard to case."""
        return self.text.lower()


_ID = re.compile(
    r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/(Microsoft\.[^/]+)((?:/[^/]+/[^/]+)+)", re.IGNORECASE
)


def parse_id(text: str) -> ArmId:
    """The parts of a resource id. ValueError when it is none."""
    found = _ID.fullmatch(text)
    if not found:
        raise ValueError(f"not a resource id: {text}")
    segments = found[4].strip("/").split("/")
    return ArmId(found[1], found[2], "/".join([found[3], *segments[::2]]), segments[-1], text)


def _unreadable(why: str) -> ArmError:
    return ArmError(
        400, "InvalidRequestContent", f"The request content was invalid and could not be deserialized: {why}"
    )


def stamp(moment: datetime) -> str:
    """A time as Compute writes it: fractions without trailing zeros, +00:00."""
    whole = moment.strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{moment.microsecond:06d}".rstrip("0")
    return f"{whole}.{fraction}+00:00" if fraction else f"{whole}+00:00"


def second(moment: datetime) -> str:
    """A time as the VM agent writes it: whole seconds."""
    return stamp(moment.replace(microsecond=0))
