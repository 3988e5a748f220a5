"""Secrets in text that is about to leave: found by their look, and left out. Pure; cases in tests/core/test_ticket.py."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

_SECRETS: Final[dict[str, re.Pattern[str]]] = {
    "a SAS signature": re.compile(r"\bsig\s*=\s*[^\s&]", re.IGNORECASE),
    "an account key": re.compile(r"Account[_-]?Key\s*=|SharedAccessKey\s*=|[A-Za-z0-9+/]{86}==", re.IGNORECASE),
    "a bearer token": re.compile(r"\bbearer\s+[\w.~+/-]{8,}|eyJ[\w-]{6,}\.[\w-]{6,}\.", re.IGNORECASE),
    "a password": re.compile(
        r"(?:pass(?:word|wd|phrase)|pwd|secret|api[_-]?key|access[_-]?token)[\"']?\s*[:=]\s*[\"']?[^\s\"']"
        r"|://[^\s/@:]+:[^\s/@]+@",
        re.IGNORECASE,
    ),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "a client secret": re.compile(r"[\w~.-]{3}8Q~[\w~.-]{31,}"),
    "a BitLocker recovery key": re.compile(r"\d{6}(?:-\d{6}){7}"),
}


def secrets_in(text: str) -> tuple[str, ...]:
    """The kinds of secret that the text holds, plain or percent-encoded: `a SAS signature`, `an account key`, …"""
    forms = {text, unquote(text), unquote(unquote(text))}
    return tuple(kind for kind, pattern in _SECRETS.items() if any(pattern.search(form) for form in forms))


def texts_of(value: object) -> Iterator[str]:
    """Every text in a document of dicts, lists and tuples; keys are ours and left aside."""
    match value:
        case str():
            yield value
        case dict():
            for item in value.values():
                yield from texts_of(item)
        case list() | tuple():
            for item in value:
                yield from texts_of(item)


def without_secrets(value: object) -> object:
    """The same document; in place of a line that holds a secret stands what kind it was."""
    match value:
        case str():
            return _clean_text(value)
        case dict():
            return {key: without_secrets(item) for key, item in value.items()}
        case list() | tuple():
            return [without_secrets(item) for item in value]
        case _:
            return value


def _clean_text(text: str) -> str:
    """A private key goes on for many lines, and a secret may be broken across two: then the whole text is left out."""
    found = secrets_in(text)
    if not found:
        return text
    lines = [
        f"[left out: this line held {', '.join(kinds)}]" if (kinds := secrets_in(line)) else line
        for line in text.split("\n")
    ]
    if "a private key" in found or secrets_in("\n".join(lines)):
        return f"[left out: this text held {', '.join(found)}]"
    return "\n".join(lines)
