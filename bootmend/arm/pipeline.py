"""The real Azure SDK, set up for a service that must not wait inside a call. Imports azure-core and azure-mgmt-compute,
a second or more when cold: only `Connection` imports it, when a client is first used.
"""

import math
import os
from typing import Any, cast, override
from urllib.parse import urlsplit

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    AsyncHTTPPolicy,
    AsyncRetryPolicy,
    CustomHookPolicy,
    HttpLoggingPolicy,
    RequestIdPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.polling import AsyncNoPolling
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.identity import CredentialUnavailableError
from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential
from azure.mgmt.compute.aio import ComputeManagementClient
from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy

from bootmend.arm.errors import ArmError, Denied, Rejected, Transient, error_from, retry_after_seconds
from bootmend.arm.loopback import is_loopback
from bootmend.arm.operations import is_on

LONGEST_SLEEP = 2.0
"""Seconds. A longer wait that Azure asks for is handed back, so that a durable timer waits instead of an activity."""

_RETRIED = frozenset({408, 429, 500, 502, 503, 504})


def connect(endpoint: str, subscription: str, credential: "RenewableCredential") -> ComputeManagementClient:
    """A compute client on our own pipeline.

    The SDK's own one registers resource providers and waits for it, logs signed operation URLs, and follows redirects.
    """
    policies = [
        RequestIdPolicy(),
        UserAgentPolicy("bootmend"),
        _OwnHost(endpoint),
        CustomHookPolicy(),
        _ShortRetry(retry_total=2, retry_backoff_factor=0.2),
        AsyncARMChallengeAuthenticationPolicy(credential, "https://management.azure.com/.default"),
        _WholeRetryAfter(),
        HttpLoggingPolicy(),
    ]
    return ComputeManagementClient(
        credential, subscription, endpoint, policies=policies, connection_timeout=10, read_timeout=60
    )


def credential(client_id: str | None) -> "RenewableCredential":
    return RenewableCredential(client_id or os.environ.get("AZURE_CLIENT_ID"))


class RenewableCredential(AsyncTokenCredential):
    """The app's managed identity, or on a developer's machine whatever DefaultAzureCredential finds.

    Credentials keep a token until it is about to expire. `renew` forgets it, for when Azure refuses one before its time.
    """

    def __init__(self, client_id: str | None) -> None:
        self._client_id = client_id
        self._current: ManagedIdentityCredential | DefaultAzureCredential | None = None
        self._stale: list[ManagedIdentityCredential | DefaultAzureCredential] = []

    def _open(self) -> ManagedIdentityCredential | DefaultAzureCredential:
        if os.environ.get("IDENTITY_ENDPOINT"):
            return ManagedIdentityCredential(client_id=self._client_id)
        return DefaultAzureCredential(managed_identity_client_id=self._client_id)

    @override
    async def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        if self._current is None:
            self._current = self._open()
        return await self._current.get_token(*scopes, **kwargs)

    def renew(self) -> None:
        """The old credential is closed at the end: another call may just be fetching a token by it."""
        if self._current is not None:
            self._stale.append(self._current)
        self._current = None

    @override
    async def close(self) -> None:
        self.renew()
        while self._stale:
            await self._stale.pop().close()

    @override
    async def __aexit__(self, *details: object) -> None:
        await self.close()


class Begun(AsyncNoPolling[object]):
    """Polls nothing and keeps the first answer, so that beginning an operation is exactly one request.

    `polling=False` would not do: it fails on an empty 202.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    @property
    def first(self) -> AsyncHttpResponse:
        response: AsyncHttpResponse = cast("Any", self._initial_response).http_response
        return response


def translated(error: Exception) -> ArmError:
    """The one place where the SDK's exceptions become ours."""
    if isinstance(error, CredentialUnavailableError):
        return Denied(f"no identity to ask Azure with: {error.message}", "CredentialUnavailable")
    if isinstance(error, HttpResponseError):
        response: Any = error.response
        if response is not None:
            return error_from(error.status_code or 0, _body(response), dict(response.headers))
        return Denied(f"the identity gave no token: {error.message}", "AuthenticationFailed")
    return _unanswered(error)


def _unanswered(error: Exception) -> ArmError:
    if isinstance(error, ServiceRequestTimeoutError | ServiceResponseTimeoutError | TimeoutError):
        return Transient("Azure did not answer in time", "Timeout")
    if isinstance(error, ServiceRequestError | ServiceResponseError):
        return Transient(f"no connection to Azure: {error.message}", "ConnectionError")
    return Rejected(f"Azure's answer cannot be read: {type(error).__name__}", "UnreadableAnswer")


def _body(response: Any) -> str:
    try:
        return str(response.text())
    except (AzureError, UnicodeDecodeError, LookupError):  # a body that cannot be read: the status still tells
        return ""


class _OwnHost(SansIOHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Sends nothing, and so no token, to another host, be it named by a status URL or a next page's link.

    azure-core refuses tokens over plain http; for a loopback endpoint, and for that alone, this is allowed.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._loopback = is_loopback(endpoint)

    @override
    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        if not is_on(self._endpoint, request.http_request.url):
            host = urlsplit(request.http_request.url).hostname
            raise Rejected(f"refused to send the token to {host}, which is not Azure Resource Manager", "ForeignUrl")
        if self._loopback:
            request.context.options["enforce_https"] = False


class _ShortRetry(AsyncRetryPolicy[HttpRequest, AsyncHttpResponse]):
    """azure-core's retries, but none that sleeps long, and none for answers that a second later are the same."""

    @override
    def is_retry(self, settings: dict[str, Any], response: PipelineResponse[Any, Any]) -> bool:
        answer = response.http_response
        wait = retry_after_seconds(answer.headers) or 0.0
        if answer.status_code not in _RETRIED or wait > LONGEST_SLEEP or (answer.status_code == 429 and not wait):
            return False
        return bool(super().is_retry(settings, response))

    @override
    def get_retry_after(self, response: PipelineResponse[Any, Any]) -> float | None:
        return retry_after_seconds(response.http_response.headers)


class _WholeRetryAfter(AsyncHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """The SDK reads an accepted request's Retry-After as a whole number, and raises on a fraction: the operation is lost."""

    @override
    async def send(self, request: PipelineRequest[HttpRequest]) -> PipelineResponse[HttpRequest, AsyncHttpResponse]:
        response = await self.next.send(request)
        headers = response.http_response.headers
        seconds = retry_after_seconds(headers)
        if seconds is not None and not headers.get("Retry-After", "0").isdigit():
            headers["Retry-After"] = str(math.ceil(seconds))
            headers["x-ms-retry-after-ms"] = str(round(seconds * 1000))
        return response
