"""Long-running operations: what to remember of one, and what a look at it says. Pure.

Azure Resource Manager - Track asynchronous operations: an accepted request names a status URL (Azure-AsyncOperation), a
result URL (Location), both or neither; without either the resource's own provisioningState tells.
"""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from bootmend.arm import wire
from bootmend.arm.decode import document, parse
from bootmend.arm.errors import error_from, retry_after_seconds
from bootmend.models.azure import Operation, OperationLook
from bootmend.names import ResourceId

# The versions that azure-mgmt-compute 39 speaks; children of a VM share the VM's.
API_VERSIONS = {"virtualMachines": "2026-04-01", "disks": "2026-03-02", "snapshots": "2026-03-02"}

type _State = Literal["running", "succeeded", "failed", "canceled"]
_STATES: dict[str, _State] = {
    "succeeded": "succeeded", "failed": "failed", "canceled": "canceled", "cancelled": "canceled",
}  # fmt: skip
_ENDED_WELL = ("succeeded", "")
_ENDED_BADLY = ("failed", "canceled", "cancelled")


def resource_url(endpoint: str, resource_id: ResourceId) -> str:
    version = API_VERSIONS[resource_id.type.partition("/")[0]]
    return f"{endpoint.rstrip('/')}{resource_id}?api-version={version}"


def finished(name: str, endpoint: str, resource_id: ResourceId, method: str) -> Operation:
    """An operation for which there was nothing to do."""
    url = resource_url(endpoint, resource_id)
    return Operation(name=name, resource_id=str(resource_id), method=method, resource_url=url, done=True)


def existing(name: str, endpoint: str, resource_id: ResourceId, provisioning_state: str) -> Operation:
    """An operation that was begun before: the resource itself tells how far it is."""
    operation = finished(name, endpoint, resource_id, "PUT")
    return operation.model_copy(update={"done": provisioning_state.lower() == "succeeded"})


def accepted(operation: Operation, status: int, headers: Mapping[str, str], body: bytes) -> Operation:
    """The operation with what Azure's first answer (200, 201, 202 or 204) says about following it."""
    lowered = {name.lower(): value for name, value in headers.items()}
    status_url, location = lowered.get("azure-asyncoperation"), lowered.get("location")
    state = _provisioned(document(body)).lower()
    done = status != 202 and status_url is None and location is None and state in _ENDED_WELL
    return operation.model_copy(
        update={
            "status_url": status_url,
            "location": location,
            "retry_after": retry_after_seconds(headers),
            "done": done,
        }
    )


def is_on(endpoint: str, url: str) -> bool:
    """Whether the URL is Azure Resource Manager's own. The token must go nowhere else, whatever an answer says."""
    ours, theirs = urlsplit(endpoint), urlsplit(url)
    return (ours.scheme, ours.netloc.lower()) == (theirs.scheme, theirs.netloc.lower())


def look_at_status(headers: Mapping[str, str], body: bytes) -> OperationLook:
    """One answer of the Azure-AsyncOperation URL."""
    answer = parse(wire.AsyncOperation, document(body))
    problem = answer.error or wire.Problem()
    state = _STATES.get(answer.status.lower(), "running")
    return OperationLook(
        state=state,
        code=problem.code,
        message=problem.message,
        started_at=answer.start_time,
        finished_at=answer.end_time,
        retry_after=retry_after_seconds(headers) if state == "running" else None,
    )


def look_at_location(status: int, headers: Mapping[str, str], body: bytes) -> OperationLook:
    """One answer of the Location URL: 202 while it runs; afterwards the operation's own status and body."""
    if status == 202:
        return OperationLook(state="running", retry_after=retry_after_seconds(headers))
    if status in (200, 201, 204):
        return OperationLook(state="succeeded")
    error = error_from(status, body, headers)
    return OperationLook(state="failed", code=error.code, message=error.message)


def look_at_resource(operation: Operation, status: int, headers: Mapping[str, str], body: bytes) -> OperationLook:
    """One answer of the resource itself, for operations whose URL is gone or never was."""
    if status == 404:
        if operation.method == "DELETE":
            return OperationLook(state="succeeded")
        return OperationLook(state="failed", code="ResourceNotFound", message="the resource is gone")
    resource = parse(wire.AnyResource, document(body)).properties or wire.Provisioned()
    state = resource.provisioning_state.lower()
    if state in _ENDED_BADLY:
        code, message = _why(resource)
        return OperationLook(state="failed", code=code, message=message)
    if operation.method == "DELETE" and state != "deleting" and (operation.status_url or operation.location):
        message = "Azure no longer knows the deletion, and the resource is still there"
        return OperationLook(state="failed", code="OperationGone", message=message)
    if operation.method == "DELETE" or state not in _ENDED_WELL:
        return OperationLook(state="running", retry_after=retry_after_seconds(headers))
    return _power_reached(operation, resource)


def _power_reached(operation: Operation, resource: wire.Provisioned) -> OperationLook:
    """A VM is `Succeeded` before and after a deallocation alike: only its power tells that it happened."""
    wanted = {"deallocate": ("deallocated",), "start": ("running", "starting")}.get(operation.name.split("/")[-2])
    view = resource.instance_view or wire.InstanceView()
    power = next((s.code.partition("/")[2] for s in view.statuses or () if s.code.startswith("PowerState/")), "")
    if wanted is None or power in wanted:
        return OperationLook(state="succeeded")
    message = f"Azure no longer knows the operation, and the VM's power is {power or 'unknown'}"
    return OperationLook(state="failed", code="OperationGone", message=message)


def _why(resource: wire.Provisioned) -> tuple[str, str]:
    """A VM's instance view keeps the code: `ProvisioningState/failed/AllocationFailed`."""
    prefix = "provisioningstate/failed/"
    for status in (resource.instance_view.statuses if resource.instance_view else None) or ():
        if status.code.lower().startswith(prefix):
            return status.code[len(prefix) :], status.message or ""
    return "ProvisioningFailed", f"Azure shows the resource as {resource.provisioning_state}"


def _provisioned(document: object) -> str:
    resource = parse(wire.AnyResource, document if isinstance(document, dict) else {})
    return resource.properties.provisioning_state if resource.properties else ""
