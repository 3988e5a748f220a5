"""The keys of a function app and which request may pass ("Work with access keys in Azure Functions")."""

from dataclasses import dataclass
from secrets import compare_digest
from typing import Literal

from starlette.requests import Request

type Level = Literal["ANONYMOUS", "FUNCTION", "ADMIN", "SYSTEM"]


@dataclass(frozen=True)
class HostKeys:
    """The master key opens everything, the function key HTTP triggers, the system key the webhooks of extensions."""

    master: str = "sandbox-master-key"
    function: str = "sandbox-function-key"
    system: str = "sandbox-system-key"

    def admit(self, request: Request, level: Level) -> bool:
        """Whether the request carries a key for `level`, in `x-functions-key` or else in `code`."""
        if level == "ANONYMOUS":
            return True
        accepted = {"FUNCTION": [self.function], "SYSTEM": [self.system], "ADMIN": []}[level]
        presented = (request.headers.get("x-functions-key") or request.query_params.get("code", "")).encode()
        return any(compare_digest(presented, key.encode()) for key in [*accepted, self.master])
