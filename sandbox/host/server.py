"""One host: the app's triggers, the webhooks and the durable work behind one address of 127.0.0.1."""

import asyncio
import logging
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import uvicorn
from durabletask.internal.orchestrator_service_pb2_grpc import TaskHubSidecarServiceStub
from starlette.applications import Starlette
from starlette.routing import Mount

from sandbox.host.admin import Admin
from sandbox.host.durable_webhook import DurableWebhook, client_binding
from sandbox.host.durable_worker import DurableWorker
from sandbox.host.event_grid import EventGridWebhook
from sandbox.host.functions import FunctionApp, load_app
from sandbox.host.http_triggers import HttpTriggers
from sandbox.host.invocation import Invoker
from sandbox.host.keys import HostKeys

_CHANNEL_OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
_DRAIN_SECONDS = 1


@dataclass(frozen=True)
class HostOptions:
    """`engine` is the engine's `host:port`; port 0 means any free one."""

    app_dir: Path
    engine: str
    port: int = 0
    keys: HostKeys = field(default_factory=HostKeys)


def serve(options: HostOptions, ready: Callable[[str], None]) -> None:
    """Load the app and serve it until SIGTERM or SIGINT. `ready` is called with the URL once requests are accepted.

    Raises what the app's import raises, and AppError when it cannot be served.
    """
    _log_to_stderr()
    app = load_app(options.app_dir)
    with _listen(options.port) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        application = build(app, options, url, lambda: ready(url))
        config = uvicorn.Config(
            application,
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
        )
        uvicorn.Server(config).run(sockets=[listener])


def build(app: FunctionApp, options: HostOptions, url: str, ready: Callable[[], None]) -> Starlette:
    """The ASGI application of one app served at `url`."""
    invoker = Invoker(str(app.directory), client_binding(options.engine, url, options.keys.system))
    stubs: list[TaskHubSidecarServiceStub] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with grpc.aio.insecure_channel(options.engine, options=_CHANNEL_OPTIONS) as channel:
            stubs.append(TaskHubSidecarServiceStub(channel))  # type: ignore[no-untyped-call]
            worker = asyncio.create_task(DurableWorker(app, invoker, stubs[0]).run())
            ready()
            yield
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker
        invoker.close()

    routes = [
        *Admin(app, invoker, options.keys).routes(),
        *EventGridWebhook(app, invoker, options.keys).routes(),
        *DurableWebhook(lambda: stubs[0], options.keys).routes(),
        Mount("/", HttpTriggers(app, invoker, options.keys)),
    ]
    application = Starlette(routes=routes, lifespan=lifespan)
    application.router.redirect_slashes = False
    return application


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Head and body of an answer are written apart; an accepted socket would wait for the first one's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener


def _log_to_stderr() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for noisy in ("azure", "durabletask", "grpc", "asyncio", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
