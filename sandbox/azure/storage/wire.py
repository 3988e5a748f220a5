"""Requests and answers of Blob Storage, and what it refuses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from sandbox.azure.storage.spool import Piece

HTTP_TIME = "%a, %d %b %Y %H:%M:%S GMT"
"""For strftime, of a time in UTC."""


@dataclass(frozen=True)
class Ask:
    """One request. `container` and `blob` are empty where the path does not go so far; header names are lower-case."""

    method: str
    account: str
    container: str
    blob: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Piece | None = None

    def text(self) -> str:
        """The body, which is small: XML."""
        return self.body.path.read_text("utf-8") if self.body else ""


@dataclass
class Answer:
    """One answer: a text, or a part of the content of a blob. `length` is told even where no body is sent (HEAD)."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    content: tuple[Piece, ...] = ()
    start: int = 0
    end: int = 0


class StorageError(Exception):
    """A request is answered with an error (Status and error codes)."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}")
        self.answer = Answer(
            status,
            {"x-ms-error-code": code, "Content-Type": "application/xml", **(headers or {})},
            document(f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"),
        )


@dataclass(frozen=True)
class Operation:
    """What a request is. `sas`: the letters of which a SAS must grant one; empty: no SAS is taken."""

    name: str
    """As the reference calls it, without blanks: PutBlock."""
    action: str
    """The permission that a role must grant."""
    is_data: bool
    sas: str
    act: Callable[[Ask], Answer]


def document(body: str) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?>{body}'


def missing_blob() -> StorageError:
    return StorageError(404, "BlobNotFound", "The specified blob does not exist.")


def invalid(code: str, message: str) -> StorageError:
    return StorageError(400, code, message)
