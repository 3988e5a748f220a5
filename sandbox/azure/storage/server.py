"""TLS on loopback, in a thread of its own: hands each request to the storage account, its body by way of the disk."""

import asyncio
import base64
import ssl
import threading
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from sandbox.azure.errors import ConnectionDroppedError
from sandbox.azure.storage.service import StorageService
from sandbox.azure.storage.spool import Piece, Spool, read
from sandbox.azure.storage.wire import Answer, Ask, StorageError, invalid

_CHUNK = 1 << 20


class StorageServer:
    """Serves a storage account whose name stands in the path, under a port of the system's choice."""

    def __init__(self, service: StorageService, context: ssl.SSLContext, folder: Path) -> None:
        """`folder` takes the content of the blobs."""
        self.in_flight = 0
        self.url = ""
        self._service = service
        self._context = context
        self._spool = Spool(folder)
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="storage-simulator", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self._context)
        self._loop.run_until_complete(site.start())
        host, port = runner.addresses[0][:2]
        self.url = f"https://{host}:{port}"
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.in_flight += 1
        try:
            return await self._answer(request)
        except ConnectionDroppedError:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        finally:
            self.in_flight -= 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        ask = _read(request)
        try:
            operation = self._service.admit(ask)
            body = await self._receive(request) if request.method in {"PUT", "POST"} else None
            try:
                answer = self._service.carry_out(replace(ask, body=body), operation)
            except (StorageError, ConnectionDroppedError):
                if body is not None:
                    body.drop()
                raise
        except StorageError as refusal:
            answer = refusal.answer
        return await _send(request, answer)

    async def _receive(self, request: web.Request) -> Piece:
        """The body on disk. Raises 400 where it is not what its checksum says."""
        with self._spool.receive() as incoming:
            async for chunk in request.content.iter_chunked(_CHUNK):
                incoming.write(chunk)
            piece = incoming.piece()
            told = request.headers.get("Content-MD5")
            if told is not None and base64.b64decode(told) != piece.md5:
                message = (
                    "The MD5 value specified in the request did not match with the MD5 value calculated by the server."
                )
                raise invalid("Md5Mismatch", message)
            return piece


def _read(request: web.Request) -> Ask:
    account, _, rest = request.path.strip("/").partition("/")
    container, _, blob = rest.partition("/")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Ask(request.method, account, container, blob, dict(request.query), headers)


async def _send(request: web.Request, answer: Answer) -> web.StreamResponse:
    headers = {"x-ms-version": request.headers.get("x-ms-version", ""), **answer.headers}
    if answer.text or not answer.end:
        return web.Response(status=answer.status, body=answer.text.encode(), headers=headers)
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.content_length = answer.end - answer.start
    await response.prepare(request)
    for chunk in read(answer.content, answer.start, answer.end):
        await response.write(chunk)
    await response.write_eof()
    return response
