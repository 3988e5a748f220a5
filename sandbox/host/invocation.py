"""Calling a function of the app with what its bindings give, decoded and encoded by the SDK's own converters."""

import asyncio
import inspect
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from azure.functions import meta

from sandbox.host.functions import AppFunction

_SYNC_FUNCTIONS_AT_ONCE = 16
_thread_storage = threading.local()


@dataclass(frozen=True)
class InvocationContext:
    """What a function that declares `context` gets; the attributes are those of azure.functions.Context."""

    function_name: str
    function_directory: str
    invocation_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    thread_local_storage: threading.local = _thread_storage
    trace_context: None = None
    retry_context: None = None


class Invoker:
    """Calls functions: a coroutine on the event loop, another on a thread, as the Python worker does."""

    def __init__(self, directory: str, client_binding: str) -> None:
        """`client_binding` is the JSON text that a durable client binding is given."""
        self._directory = directory
        self._client_binding = client_binding
        self._threads = ThreadPoolExecutor(_SYNC_FUNCTIONS_AT_ONCE, "function")

    async def invoke(self, function: AppFunction, trigger: meta.Datum) -> Any:
        """Call `function` and return what it returns. Raises what it raises."""
        arguments = {function.parameter: converter(function.trigger).decode(trigger, trigger_metadata={})}
        client = meta.Datum(self._client_binding, "string")
        for parameter in function.client_parameters:
            arguments[parameter] = converter("durableClient").decode(client, trigger_metadata={})
        if function.takes_context:
            arguments["context"] = InvocationContext(function.name, self._directory)
        if inspect.iscoroutinefunction(function.call):
            return await function.call(**arguments)
        call = partial(copy_context().run, partial(function.call, **arguments))
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def close(self) -> None:
        """Let the threads end without waiting for functions that still run."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def converter(binding: str) -> Any:
    """The SDK's converter for a binding type; the durable package has put its own in place."""
    return meta.get_binding_registry().get(binding)  # type: ignore[no-untyped-call]
