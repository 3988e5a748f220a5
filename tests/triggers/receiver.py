"""A web server on loopback that takes what is sent to it, and answers as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One request: its headers by lower-cased name, its body as bytes and decoded."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        decoded: dict[str, Any] = json.loads(self.raw)
        return decoded


@dataclass
class Receiver:
    """`answers`: statuses for the next requests, 200 once they are used up."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    location: str = ""
    got: list[Received] = field(default_factory=list)

    def types(self) -> list[str]:
        return [one.body["type"] for one in self.got]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver at `url`."""
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            told.got.append(Received(self.path, {k.lower(): v for k, v in self.headers.items()}, raw))
            self.send_response(told.answers.pop(0) if told.answers else 200)
            if told.location:
                self.send_header("Location", told.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}/hook?sig=a-secret-of-the-caller"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
