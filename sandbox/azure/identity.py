"""The managed identity endpoint of App Service, and the tokens it hands out.

A token is accepted until its time on the virtual clock; `expires_on` is told in real time, since the SDK's token cache
compares it with the real clock. So a run of many virtual hours meets the 401 that a long run meets in Azure.
"""

import base64
import json
import secrets
import time
from datetime import UTC, datetime, timedelta

from sandbox.azure.authorization import CLIENT_ID, OBJECT_ID
from sandbox.azure.errors import ArmError
from sandbox.azure.wire import Call, Json, Reply, stamp
from sandbox.azure.world import TENANT

STORAGE = "https://storage.azure.com"
LIFETIME = timedelta(hours=24)


class Identity:
    """Issues tokens and checks them."""

    def __init__(self, lifetime: timedelta = LIFETIME) -> None:
        self.header = secrets.token_hex(16)
        self._lifetime = lifetime
        self._expiry: dict[str, datetime] = {}
        self._for_storage: set[str] = set()

    def issue(self, call: Call, now: datetime) -> Reply:
        """GET /identity/token?resource=…, as App Service answers it (api-version 2019-08-01)."""
        if call.headers.get("x-identity-header") != self.header:
            return Reply(401, {"statusCode": 401, "message": "The X-IDENTITY-HEADER is missing or wrong."})
        if call.query.get("client_id", CLIENT_ID) != CLIENT_ID or "resource" not in call.query:
            return Reply(400, {"statusCode": 400, "message": "No managed identity found for the specified parameters."})
        return Reply(
            200,
            {
                "access_token": self._token(call.query["resource"], now),
                "expires_on": str(int(time.time() + self._lifetime.total_seconds())),
                "resource": call.query["resource"],
                "token_type": "Bearer",
                "client_id": CLIENT_ID,
            },
        )

    def check(self, call: Call, now: datetime) -> None:
        """Raises 401 unless the call bears a token of ours for Resource Manager that has not expired."""
        if self._token_in(call.headers.get("authorization", ""), now) in self._for_storage:
            raise _unauthorized("InvalidAuthenticationTokenAudience", "The access token is for another audience.")

    def check_storage(self, authorization: str, now: datetime) -> None:
        """Raises 401 unless this header bears a token of ours for Blob Storage that has not expired."""
        if self._token_in(authorization, now) not in self._for_storage:
            raise _unauthorized("InvalidAuthenticationInfo", "The access token is for another audience.")

    def _token_in(self, authorization: str, now: datetime) -> str:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or token not in self._expiry:
            raise _unauthorized("InvalidAuthenticationToken", "The access token is missing or invalid.")
        if self._expiry[token] <= now:
            told = f"The access token expiry UTC time '{stamp(self._expiry[token])}' is earlier than current UTC time"
            raise _unauthorized("ExpiredAuthenticationToken", f"{told} '{stamp(now)}'.")
        return token

    def expire_all(self) -> None:
        """Make every token that was issued worthless."""
        self._expiry = dict.fromkeys(self._expiry, datetime.min.replace(tzinfo=UTC))

    def _token(self, resource: str, now: datetime) -> str:
        claims: Json = {
            "aud": resource,
            "tid": TENANT,
            "oid": OBJECT_ID,
            "appid": CLIENT_ID,
            "exp": int((now + self._lifetime).timestamp()),
            "jti": secrets.token_hex(8),
        }
        token = (
            ".".join(_segment(part) for part in ({"alg": "none", "typ": "JWT"}, claims)) + "." + secrets.token_hex(16)
        )
        self._expiry[token] = now + self._lifetime
        if resource.rstrip("/") == STORAGE:
            self._for_storage.add(token)
        return token


def _segment(part: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def _unauthorized(code: str, message: str) -> ArmError:
    challenge = f'Bearer authorization_uri="https://login.microsoftonline.com/{TENANT}", error="invalid_token"'
    return ArmError(401, code, message, headers={"WWW-Authenticate": challenge})
