"""The client of Azure Resource Manager: what may be asked (reads.py), and what may be begun (vm_writes.py, disk_writes.py)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from bootmend.arm.vm_writes import VmWrites

PUBLIC_CLOUD = "https://management.azure.com"


class Azure(VmWrites):
    """Typed access to one subscription. Begins, looks and reads; never waits for an operation."""


type _Clients = dict[tuple[str, str, str | None], Azure]
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, _Clients] = WeakKeyDictionary()


@asynccontextmanager
async def open_azure(endpoint: str, subscription: str, client_id: str | None = None) -> AsyncIterator[Azure]:
    """A client of one's own, closed at the end. `client_id`: of a user-assigned identity, else AZURE_CLIENT_ID is used."""
    azure = Azure(endpoint, subscription, client_id)
    try:
        yield azure
    finally:
        await azure.close()


def azure_for(endpoint: str, subscription: str, client_id: str | None = None) -> Azure:
    """The process's client for this event loop, so that activities share connections and tokens.

    A token that Azure refuses is dropped by the client itself; the next call fetches another.
    """
    clients = _clients.setdefault(asyncio.get_running_loop(), {})
    return clients.setdefault((endpoint, subscription, client_id), Azure(endpoint, subscription, client_id))


async def close_clients() -> None:
    """Closes the clients that `azure_for` gave to this event loop."""
    for azure in _clients.pop(asyncio.get_running_loop(), {}).values():
        await azure.close()
