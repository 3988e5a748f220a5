"""User delegation keys and the links that they sign (Create a user delegation SAS), checked as the service does."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sandbox.azure.authorization import OBJECT_ID
from sandbox.azure.storage.wire import Answer, Ask, StorageError, document, invalid
from sandbox.azure.world import TENANT

LONGEST = timedelta(days=7)
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_KEY_FIELDS = ("skoid", "sktid", "skt", "ske", "sks", "skv")
_BEFORE, _AFTER = ("sp", "st", "se"), (
    *_KEY_FIELDS, "saoid", "suoid", "scid", "skdutid", "sduoid", "sip", "spr", "sv", "sr", "snapshot", "ses", "srh", "srq",
    "rscc", "rscd", "rsce", "rscl", "rsct",
)  # fmt: skip
"""The signed fields in their order, before and after the resource."""


class Delegation:
    """Hands out keys and checks signatures. `seen`: every secret that was handed out or shown."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self.seen: set[str] = set()

    def key(self, ask: Ask, now: datetime) -> Answer:
        """Get User Delegation Key. Raises 400 for a time that cannot be."""
        start, expiry = (_told(ask, name) for name in ("Start", "Expiry"))
        if expiry <= now or not start < expiry <= start + LONGEST:
            raise invalid("InvalidXmlNodeValue", "The key's times must lie in order, within 7 days.")
        values = [OBJECT_ID, TENANT, start.strftime(_TIME), expiry.strftime(_TIME), "b", ask.headers["x-ms-version"]]
        names = ("SignedOid", "SignedTid", "SignedStart", "SignedExpiry", "SignedService", "SignedVersion", "Value")
        value = self._value(values)
        self.seen.add(value)
        fields = "".join(f"<{name}>{text}</{name}>" for name, text in zip(names, (*values, value), strict=True))
        text = document(f"<UserDelegationKey>{fields}</UserDelegationKey>")
        return Answer(200, {"Content-Type": "application/xml"}, text)

    def check(self, ask: Ask, letters: str, now: datetime) -> None:
        """Raises 403 unless the request's own signature allows what one of the letters stands for."""
        given = ask.query
        self.seen.add(given["sig"])
        if given.get("sr") != "b" or not ask.blob or not hmac.compare_digest(given["sig"], self._signature(ask)):
            raise _failed("Signature did not match.")
        if not _moment(given, "st", now) <= now < min(_moment(given, "se", now), _moment(given, "ske", now)):
            raise _failed("Signature not valid in the specified time frame.")
        if not set(letters) & set(given.get("sp", "")):
            message = "This request is not authorized to perform this operation using this permission."
            raise StorageError(403, "AuthorizationPermissionMismatch", message)

    def _signature(self, ask: Ask) -> str:
        given = ask.query
        resource = f"/blob/{ask.account}/{ask.container}/{ask.blob}"
        lines = [given.get(name, "") for name in _BEFORE] + [resource] + [given.get(name, "") for name in _AFTER]
        key = base64.b64decode(self._value([given.get(name, "") for name in _KEY_FIELDS]))
        return _signed(key, "\n".join(lines))

    def _value(self, fields: list[str]) -> str:
        return _signed(self._secret, "\n".join(fields))


def _signed(key: bytes, text: str) -> str:
    return base64.b64encode(hmac.digest(key, text.encode(), hashlib.sha256)).decode()


def _told(ask: Ask, name: str) -> datetime:
    found = re.search(rf"<{name}>([^<]+)</{name}>", ask.text())
    if found is None:
        raise invalid("InvalidXmlDocument", f"{name} is missing.")
    return datetime.fromisoformat(found[1]).astimezone(UTC)


def _moment(given: Mapping[str, str], name: str, now: datetime) -> datetime:
    """A start that is left out is now; an expiry too, and so nothing is allowed."""
    text = given.get(name)
    return datetime.fromisoformat(text).astimezone(UTC) if text else now


def _failed(detail: str) -> StorageError:
    message = (
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly."
    )
    return StorageError(403, "AuthenticationFailed", f"{message} {detail}")
