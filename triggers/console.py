"""GET /api/console/…: the operator's page. Its static files hold nothing, so they need no key; every call that they make does."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

import azure.functions as func
from azure.durable_functions import Blueprint

from triggers.http import link
from triggers.problems import not_found

FOLDER = Path(__file__).resolve().parents[1] / "console"
INDEX = "index.html"
TYPES = MappingProxyType(
    {
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".svg": "image/svg+xml",
    }
)
"""What is served; a file of any other kind is not there."""
HEADERS = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-cache",
    }
)

blueprint = Blueprint()


class Page(NamedTuple):
    data: bytes
    mimetype: str
    etag: str


@lru_cache(maxsize=1)
def pages(folder: Path = FOLDER) -> Mapping[str, Page]:
    """Every file that is served, by its path below the folder. A path is looked up here and never opened: `..` leads nowhere."""
    files = (path for path in folder.rglob("*") if path.suffix in TYPES and path.is_file())
    return {path.relative_to(folder).as_posix(): _page(path) for path in files}


def _page(path: Path) -> Page:
    data = path.read_bytes()
    return Page(data, TYPES[path.suffix], f'"{hashlib.sha256(data).hexdigest()[:32]}"')


async def console(req: func.HttpRequest) -> func.HttpResponse:
    """One static file. `/api/console` leads to `/api/console/`, since the page's own links are relative."""
    name = req.route_params.get("path") or ""
    if not name and not urlsplit(req.url).path.endswith("/"):
        return func.HttpResponse(status_code=308, headers={**HEADERS, "Location": link(req, "/api/console/")})
    page = pages().get(name or INDEX)
    if page is None:
        return not_found(f"the console has no file {name[:200]}").response()
    headers = {**HEADERS, "ETag": page.etag}
    if req.headers.get("If-None-Match") == page.etag:
        return func.HttpResponse(status_code=304, headers=headers)
    return func.HttpResponse(page.data, headers=headers, mimetype=page.mimetype)


blueprint.function_name("console")(
    blueprint.route(
        route="console/{*path}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS, trigger_arg_name="req"
    )(console)
)
