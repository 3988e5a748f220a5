"""Reads a boot diagnostics blob: anonymously, from storage hosts only, in bounded pieces."""

from __future__ import annotations

import email.utils
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bootmend.arm.errors import NotFound, Rejected, Transient, error_from
from bootmend.arm.loopback import is_loopback
from bootmend.arm.records import Blob

if TYPE_CHECKING:
    from aiohttp import ClientResponse

_STORAGE_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.blob\.(core\.windows\.net|storage\.azure\.net)", re.IGNORECASE)
_TOTAL = re.compile(r"bytes (?:\d+-\d+|\*)/(\d+)")
_SECONDS = 60


def is_storage_url(url: str, endpoint: str) -> bool:
    """Whether a blob may be fetched from there.

    Azure Storage's own hosts over https on its usual port; this machine only if Azure itself is simulated on it.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None:
        return False
    if is_loopback(endpoint) and is_loopback(url):
        return parts.scheme in ("http", "https")
    return parts.scheme == "https" and port in (None, 443) and _STORAGE_HOST.fullmatch(host) is not None


async def fetch_blob(url: str, endpoint: str, max_bytes: int, start: int = 0) -> Blob | None:
    """Reads at most `max_bytes` from offset `start`; None if the blob does not exist (yet).

    Raises `Rejected` for a host that is no storage's or for a redirect, `Denied` for an expired link, `Transient` else.
    """
    if not is_storage_url(url, endpoint):
        raise Rejected(
            f"refused to fetch a blob from {urlsplit(url).hostname}, which is not Azure Storage", "ForeignUrl"
        )
    import aiohttp

    limit = aiohttp.ClientTimeout(total=_SECONDS)
    span = {"Range": f"bytes={start}-{start + max_bytes - 1}", "x-ms-version": "2021-08-06"}
    try:
        async with (
            aiohttp.ClientSession(timeout=limit, auto_decompress=False) as session,
            session.get(url, headers=span, allow_redirects=False) as response,
        ):
            return await _read(response, max_bytes, start)
    except TimeoutError as error:
        raise Transient("the blob did not arrive in time", "Timeout") from error
    except aiohttp.ClientError as error:
        raise Transient(f"no connection to the blob's host: {type(error).__name__}", "ConnectionError") from error


async def _read(response: ClientResponse, max_bytes: int, start: int) -> Blob | None:
    match response.status:
        case 206:
            return await _part(response, max_bytes)
        case 200 if start == 0:
            return await _part(response, max_bytes)
        case 200:
            raise Rejected("the blob's host ignored the range asked for", "RangeIgnored", 200)
        case 416:
            # Nothing lies at or after `start`; an empty blob answers so too.
            return Blob(b"", _total(response))
        case status if 300 <= status < 400:
            raise Rejected("refused to follow a redirect of a blob's link", "Redirected", status)
    # Storage's error bodies are XML; its code stands in a header.
    told = {"code": response.headers.get("x-ms-error-code"), "message": "Azure Storage refused the blob's link"}
    error = error_from(response.status, json.dumps(told), response.headers)
    if isinstance(error, NotFound):
        return None
    raise error


async def _part(response: ClientResponse, max_bytes: int) -> Blob:
    content = b""
    async for chunk in response.content.iter_chunked(65536):
        content += chunk[: max_bytes - len(content)]
        if len(content) == max_bytes:
            break
    modified = response.headers.get("Last-Modified")
    total = _total(response) or len(content)
    return Blob(content, total, email.utils.parsedate_to_datetime(modified) if modified else None)


def _total(response: ClientResponse) -> int:
    found = _TOTAL.fullmatch(response.headers.get("Content-Range", ""))
    if found is not None:
        return int(found[1])
    return (response.content_length or 0) if response.status == 200 else 0
