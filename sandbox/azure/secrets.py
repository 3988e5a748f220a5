"""Every secret that passed through the simulated Azure, so that a test can look where it went."""

import json
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from sandbox.azure.wire import Call, Reply

type Kind = Literal[
    "admin password", "protected parameter", "token", "identity header", "blob signature", "operation URL"
]


@dataclass(frozen=True)
class Secret:
    kind: Kind
    value: str


class Ledger:
    """`seen` are the secrets so far, those that the app sent and those that it was given."""

    def __init__(self) -> None:
        self.seen: set[Secret] = set()

    def note(self, call: Call, reply: Reply) -> None:
        """Look through one request and its answer."""
        body = reply.body or {}
        if call.path == "/identity/token" and "access_token" in body:
            self.seen |= {Secret("token", body["access_token"])}
            self.seen |= {Secret("identity header", call.headers["x-identity-header"])}
        for name in ("consoleScreenshotBlobUri", "serialConsoleLogBlobUri"):
            self._signatures("blob signature", str(body.get(name, "")), ("sig",))
        for name in ("Azure-AsyncOperation", "Location"):
            self._signatures("operation URL", reply.headers.get(name, ""), ("s", "h"))
        if call.method == "PUT" and call.raw:
            self._sent(call)

    def _sent(self, call: Call) -> None:
        properties = json.loads(call.raw).get("properties") or {}
        password = (properties.get("osProfile") or {}).get("adminPassword")
        if password:
            self.seen.add(Secret("admin password", password))
        for parameter in properties.get("protectedParameters") or ():
            self.seen.add(Secret("protected parameter", parameter["value"]))

    def _signatures(self, kind: Kind, url: str, names: tuple[str, ...]) -> None:
        query = parse_qs(urlsplit(url).query)
        self.seen |= {Secret(kind, value) for name in names for value in query.get(name, ())}
