"""The console's files: what is served, as what, under which rules, and what is not."""

import asyncio
import re
from pathlib import Path

import azure.functions as func
import pytest

from triggers.console import FOLDER, TYPES, console, pages

ADDRESS = "https://bootmend.example.com/api/console/"


def ask(path: str, headers: dict[str, str] | None = None) -> func.HttpResponse:
    url = ADDRESS + path
    request = func.HttpRequest("GET", url, headers=headers or {}, route_params={"path": path} if path else {}, body=b"")
    return asyncio.run(console(request))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "text/html; charset=utf-8"),
        ("index.html", "text/html; charset=utf-8"),
        ("console.css", "text/css; charset=utf-8"),
        ("console.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ],
)
def test_a_file_is_served_as_what_it_is(path: str, kind: str) -> None:
    answer = ask(path)
    assert (answer.status_code, answer.mimetype) == (200, kind)
    assert answer.get_body() == (FOLDER / (path or "index.html")).read_bytes()
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "../host.json", "..\\host.json", "../console/index.html", "%2e%2e/host.json", "..%2fhost.json", "/etc/passwd",
        "./index.html", "index.html/", "index.html\x00.js", "INDEX.HTML", ".", "..", "local.settings.json", "nothing.js",
    ],
)  # fmt: skip
def test_nothing_else_is_there(path: str) -> None:
    answer = ask(path)
    assert answer.status_code == 404
    assert b"functions" not in answer.get_body()


def test_a_file_of_another_kind_is_not_served(tmp_path: Path) -> None:
    for name in ("index.html", "secret.json", ".env", "page.html.bak"):
        (tmp_path / name).write_text(name)
    assert set(pages(tmp_path)) == {"index.html"}


def test_the_policy_lets_in_nothing_but_the_app_s_own_files() -> None:
    policy = dict(rule.split(" ", 1) for rule in ask("").headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert policy["frame-ancestors"] == "'none'"


def test_a_file_that_is_known_is_not_sent_again() -> None:
    etag = ask("console.js").headers["ETag"]
    again = ask("console.js", {"If-None-Match": etag})
    assert (again.status_code, again.get_body()) == (304, b"")
    assert ask("console.js", {"If-None-Match": '"other"'}).status_code == 200


def test_the_files_name_no_host_and_hold_no_inline_code() -> None:
    sources = [path for path in FOLDER.rglob("*") if path.suffix in TYPES]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    assert set(re.findall(r"https?://[^\s\"')]+", text)) == {"http://www.w3.org/2000/svg"}
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text) == []
    page = (FOLDER / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|\son[a-z]+=|<style|\sstyle=", page) == []


def test_every_module_is_imported_and_every_import_is_there() -> None:
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.js")}
    imported = {name for text in found.values() for name in re.findall(r'from "\./([a-z]+\.js)"', text)}
    assert imported | {"console.js"} == set(found)
