"""One connection to Azure Resource Manager: opened on first use, shared by all calls, its errors ours."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bootmend.arm.errors import ArmError, Rejected, error_from
from bootmend.arm.operations import accepted, resource_url
from bootmend.models.azure import Operation
from bootmend.names import ResourceId

if TYPE_CHECKING:
    from azure.mgmt.compute.aio import ComputeManagementClient

    from bootmend.arm.pipeline import Begun, RenewableCredential


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """Holds the SDK's client. `endpoint`: scheme and host of Azure Resource Manager, without a trailing slash."""

    def __init__(self, endpoint: str, subscription: str, client_id: str | None = None) -> None:
        self.endpoint = endpoint.rstrip("/")
        self.subscription = subscription.lower()
        self._client_id = client_id
        self._opened: tuple[ComputeManagementClient, RenewableCredential] | None = None

    def resource(self, text: str, full_type: str) -> ResourceId:
        """Reads an id of the given type. Raises `Rejected` for another text, type or subscription.

        The SDK's methods take group and name alone: an id of another subscription would silently mean a namesake in ours.
        """
        try:
            found = ResourceId.parse(text)
        except ValueError as error:
            raise Rejected(str(error), "InvalidResourceId") from error
        if found.full_type.lower() != full_type.lower() or found.subscription != self.subscription:
            wanted = f"a {full_type} of subscription {self.subscription}"
            raise Rejected(f"{found} is not {wanted}", "InvalidResourceId")
        return found

    def _open(self) -> tuple[ComputeManagementClient, RenewableCredential]:
        if self._opened is None:
            from bootmend.arm.pipeline import connect, credential

            identity = credential(self._client_id)
            self._opened = (connect(self.endpoint, self.subscription, identity), identity)
        return self._opened

    async def close(self) -> None:
        """Ends the connection. A later call opens it anew."""
        opened, self._opened = self._opened, None
        for part in opened or ():
            await part.close()

    async def ask[T](self, call: Callable[[ComputeManagementClient], Awaitable[T]]) -> T:
        """Makes one call. Raises `ArmError` and nothing else."""
        client, identity = self._open()
        from azure.core.exceptions import AzureError

        from bootmend.arm.pipeline import translated

        try:
            try:
                return await call(client)
            except (AzureError, TimeoutError, ValueError) as error:
                raise translated(error) from error
        except ArmError as problem:
            if problem.status == 401:
                # azure-core dropped its copy of the refused token; the credential would hand out the same one again.
                identity.renew()
            raise

    async def ask_all[T](self, pages: Callable[[ComputeManagementClient], AsyncIterable[T]]) -> list[T]:
        """Every item of a paged list."""

        async def gather(client: ComputeManagementClient) -> list[T]:
            return [item async for item in pages(client)]

        return await self.ask(gather)

    async def get(self, url: str) -> Answer:
        """One GET of a URL on Azure Resource Manager, for what the compute client has no method for.

        Returns the answer unless it is a 401, 403, 408, 429 or 5xx, which raise: those say nothing about what was asked for.
        """

        async def send(client: ComputeManagementClient) -> Answer:
            from azure.core.rest import HttpRequest

            response = await client.send_request(HttpRequest("GET", url))
            answer = Answer(response.status_code, dict(response.headers), response.content)
            if answer.status in (401, 403, 408, 429) or answer.status >= 500:
                raise error_from(answer.status, answer.body, answer.headers)
            return answer

        return await self.ask(send)

    async def begin(
        self,
        name: str,
        resource_id: ResourceId,
        call: Callable[[ComputeManagementClient, Begun], Awaitable[object]],
    ) -> Operation:
        """Begins an operation by one request and waits for nothing.

        `name`: the permission that it needs, `Microsoft.Compute/disks/write`. `call` passes its second argument on as
        `polling`.
        """

        async def start(client: ComputeManagementClient) -> Operation:
            from bootmend.arm.pipeline import Begun

            begun = Begun()
            await call(client, begun)
            response: Any = begun.first
            operation = Operation(
                name=name,
                resource_id=str(resource_id),
                method=response.request.method,
                resource_url=resource_url(self.endpoint, resource_id),
            )
            return accepted(operation, response.status_code, dict(response.headers), response.content)

        return await self.ask(start)
