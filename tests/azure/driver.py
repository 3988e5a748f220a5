"""The real SDK against the simulator, on a clock that the test advances: no test waits for real time."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, Self, cast

from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.polling import AsyncNoPolling
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.identity.aio import ManagedIdentityCredential
from azure.mgmt.compute.aio import ComputeManagementClient

from sandbox.azure import AzureSimulator, WorldSpec
from sandbox.clock import VirtualClock

SOURCE_GROUP = "rg-prod"
REPAIR_GROUP = "rg-bootmend"
PASSWORD = "Correct-Horse-Battery-9"


class _PlainHttp(SansIOHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        request.context.options["enforce_https"] = False


class _Begun(AsyncNoPolling[Any]):
    """Sends the one request, and keeps its answer."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def resource(self) -> Any:
        begun: Any = self._initial_response
        return begun.http_response


class Cloud:
    """A simulator that is served, with a client of the real SDK."""

    def __init__(self, world: WorldSpec | None = None, **settings: Any) -> None:
        self.clock = VirtualClock()
        self.sim = AzureSimulator(self.clock, world, **settings)
        self._open = AsyncExitStack()
        self._client: ComputeManagementClient | None = None

    @property
    def client(self) -> ComputeManagementClient:
        assert self._client is not None
        return self._client

    async def __aenter__(self) -> Self:
        credential = await self._open.enter_async_context(ManagedIdentityCredential())
        self._client = await self._open.enter_async_context(
            ComputeManagementClient(
                credential,
                self.subscription,
                base_url=self.sim.url,
                credential_scopes=[f"{self.sim.url}/.default"],
                per_call_policies=[_PlainHttp()],
                retry_total=0,
            )
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    @property
    def subscription(self) -> str:
        return "00000000-0000-0000-0000-000000000001"

    def id(self, group: str, kind: str, name: str) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{group}/providers/Microsoft.Compute/{kind}/{name}"

    async def begin(self, call: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> AsyncHttpResponse:
        """Send the one request that begins an operation."""
        poller = await call(*args, polling=_Begun(), **kwargs)
        return cast("AsyncHttpResponse", await poller.result())

    async def finish(self, begun: AsyncHttpResponse) -> dict[str, Any]:
        """Let virtual time pass until the operation has ended; its last status."""
        status = await self.look(begun)
        while status["status"] == "InProgress":
            self.clock.advance_to_next()
            status = await self.look(begun)
        return status

    async def look(self, begun: AsyncHttpResponse) -> dict[str, Any]:
        response = await self.send("GET", begun.headers["Azure-AsyncOperation"])
        response.raise_for_status()
        return cast("dict[str, Any]", response.json())

    async def run(self, call: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Begin an operation and see it through; it must succeed."""
        begun = await self.begin(call, *args, **kwargs)
        if "Azure-AsyncOperation" not in begun.headers:
            return {}
        status = await self.finish(begun)
        assert status["status"] == "Succeeded", status
        return status

    async def send(self, method: str, url: str, **kwargs: Any) -> AsyncHttpResponse:
        """A request outside the SDK's operations, with its authentication."""
        return await self.client.send_request(HttpRequest(method, url, **kwargs))

    async def get(self, path: str, version: str = "2024-05-01", **query: str) -> AsyncHttpResponse:
        """GET of a path of Resource Manager."""
        return await self.send("GET", path, params={"api-version": version, **query})

    def pass_time(self, **span: float) -> None:
        self.clock.advance(timedelta(**span).total_seconds())

    def repair_vm(self, **changes: Any) -> dict[str, Any]:
        """The body of a PUT that makes a repair VM."""
        subnet = self.sim.repair_subnets()["westeurope"]
        properties: dict[str, Any] = {
            "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
            "storageProfile": {
                "imageReference": {
                    "publisher": "MicrosoftWindowsServer",
                    "offer": "WindowsServer",
                    "sku": "2025-datacenter-smalldisk-g2",
                    "version": "latest",
                },
                "osDisk": {
                    "name": "bm-os",
                    "createOption": "FromImage",
                    "deleteOption": "Delete",
                    "managedDisk": {"storageAccountType": "StandardSSD_LRS"},
                },
            },
            "osProfile": {"computerName": "bm-1", "adminUsername": "bootmend", "adminPassword": PASSWORD},
            "networkProfile": {
                "networkApiVersion": "2022-11-01",
                "networkInterfaceConfigurations": [
                    {
                        "name": "bm-nic",
                        "properties": {
                            "primary": True,
                            "deleteOption": "Delete",
                            "ipConfigurations": [{"name": "ip", "properties": {"subnet": {"id": subnet}}}],
                        },
                    }
                ],
            },
            "diagnosticsProfile": {"bootDiagnostics": {"enabled": True}},
            **changes,
        }
        return {
            "location": "westeurope",
            "zones": ["1"],
            "tags": {"bootmend:role": "repair-vm"},
            "properties": properties,
        }
