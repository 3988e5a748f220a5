"""HTTP on loopback, in a thread of its own: hands each request to the simulator and counts what is under way."""

import asyncio
import threading
from collections.abc import Callable

from aiohttp import web

from sandbox.azure.errors import ConnectionDroppedError
from sandbox.azure.wire import Call, Reply

_LARGEST_BODY = 4 * 1024 * 1024


class Server:
    """Serves `answer` under a port of the system's choice. `in_flight` is the number of unanswered requests."""

    def __init__(self, answer: Callable[[Call], Reply], answered: Callable[[], None]) -> None:
        self.in_flight = 0
        self.url = ""
        self._answer = answer
        self._answered = answered
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="azure-simulator", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        self._loop.run_until_complete(site.start())
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.in_flight += 1
        try:
            reply = self._answer(await _read(request))
            return web.Response(status=reply.status, body=reply.content(), headers=_headers(reply))
        except ConnectionDroppedError:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        finally:
            self.in_flight -= 1
            self._answered()


async def _read(request: web.Request) -> Call:
    return Call(
        method=request.method,
        path=request.path.rstrip("/") or "/",
        query=dict(request.query),
        headers={name.lower(): value for name, value in request.headers.items()},
        raw=await request.read(),
        origin=f"{request.scheme}://{request.host}",
    )


def _headers(reply: Reply) -> dict[str, str]:
    kind = {} if reply.raw is not None or reply.body is None else {"Content-Type": "application/json; charset=utf-8"}
    return {**kind, **reply.headers}
