"""One request of ours to an address of somebody else's: the name resolved once, every address checked, no redirect followed."""

import socket
from collections.abc import Mapping
from contextlib import suppress

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from bootmend.models.webhooks import Delivery
from bootmend.webhooks import is_public

SECONDS = 20
_AGAIN_AT_MOST = 3600.0


class CheckedResolver(AbstractResolver):
    """Resolves a name and answers only if each address is public. The connection is made to what was checked, so that a name
    cannot mean one thing to the check and another to the connection."""

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises ForbiddenAddressError where any address is not public: a name with two faces is not trusted."""
        found = await self._inner.resolve(host, port, family)
        if not found or not all(is_public(one["host"]) for one in found):
            raise ForbiddenAddressError(f"{host} resolves to an address that is not public")
        return found

    async def close(self) -> None:
        await self._inner.close()


class ForbiddenAddressError(OSError):
    """The host's address is private, link-local, or otherwise none that notifications are sent to."""


async def post(url: str, body: bytes, headers: Mapping[str, str], resolver: AbstractResolver | None = None) -> Delivery:
    """Posts a CloudEvents document and reads nothing but the status. `resolver`: the system's own if there is none."""
    limit = aiohttp.ClientTimeout(total=SECONDS)
    connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True)
    given = {"Content-Type": "application/cloudevents+json; charset=utf-8", **headers}
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=limit, trust_env=False) as session,
            session.post(url, data=body, headers=given, allow_redirects=False) as response,
        ):
            return _judged(response.status, response.headers.get("Retry-After"))
    except (aiohttp.ClientError, OSError) as error:
        if _is_forbidden(error):
            return Delivery(state="refused", why="the host's address is not public")
        # The words of the error may hold the URL, and with it a secret of the receiver's.
        return Delivery(state="again", why=f"could not be reached: {type(error).__name__}")


def _is_forbidden(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ForbiddenAddressError):
            return True
        error = error.__cause__ or getattr(error, "os_error", None)
    return False


def _judged(status: int, retry_after: str | None) -> Delivery:
    if 200 <= status < 300:
        return Delivery(state="delivered")
    if status == 410:
        return Delivery(state="gone", why="the receiver answered 410: it wants no more")
    if 300 <= status < 400:
        return Delivery(state="refused", why=f"the receiver answered {status}: redirects are not followed")
    wait = None
    with suppress(ValueError):
        wait = min(max(float(retry_after or ""), 0.0), _AGAIN_AT_MOST)
    return Delivery(state="again", why=f"the receiver answered {status}", retry_after=wait)
