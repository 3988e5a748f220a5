"""The simulator's answers against real ones, key by key. Each difference is listed with its reason; none may be stale."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from azure.core.rest import AsyncHttpResponse

from sandbox.azure import FaultSpec, SourceSpec, WorldSpec
from sandbox.azure.authorization import ROLES
from sandbox.windows import SourceWindows
from tests.azure.driver import SOURCE_GROUP, Cloud
from tests.azure.real_shapes import REAL_ANSWERS, RealAnswer
from tests.azure.test_repair_by_hand import VM, make_copy

type InCloud = Callable[..., Cloud]

HEADERS = ("azure-", "location", "etag", "x-ms-ratelimit-", "retry-after")
MANAGER = "Resource Manager's own limits: older recordings lack the header"
ZONAL = "the simulated VM is zonal, the recorded one is not"
DIAGNOSED = "the recorded VM has no boot diagnostics"
RETRY = "the recordings do not keep Retry-After; Azure sends it with operations"


@dataclass(frozen=True)
class Allowed:
    """Keys that differ on purpose, each with the reason. A prefix that ends in `.` stands for all below it."""

    missing: dict[str, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)


READS = {"x-ms-ratelimit-remaining-subscription-global-reads": MANAGER}
WRITES = {"x-ms-ratelimit-remaining-subscription-global-writes": MANAGER, "retry-after": RETRY}
DELETES = {"retry-after": RETRY}
IDENTITY = {"identity.": "the simulated VM has no identity of its own"}
LINUX = {"properties.osProfile.linuxConfiguration.": "the recorded VM runs Linux"}
WINDOWS = {
    "properties.osProfile.windowsConfiguration.": "the recorded VM runs Linux",
    "properties.storageProfile.diskControllerType": "shown by newer sizes, and by the recorded Windows VM",
    "properties.diagnosticsProfile.": DIAGNOSED,
    "zones": ZONAL,
}

ALLOWED = {
    "vm-get-windows-instanceview": Allowed(
        IDENTITY,
        {
            **READS,
            "zones": ZONAL,
            "etag": "shown since 2024-11-01; the recording is of 2023-09-01",
            "properties.diagnosticsProfile.": DIAGNOSED,
            "properties.instanceView.bootDiagnostics": DIAGNOSED,
        },
    ),
    "vm-get-linux": Allowed(LINUX, {**WINDOWS, "properties.instanceView.bootDiagnostics": DIAGNOSED}),
    "vm-put-200": Allowed(
        {**IDENTITY, **LINUX, "resources[].": "the recorded VM has an extension"},
        {
            **WINDOWS,
            "retry-after": RETRY,
            "properties.storageProfile.dataDisks[].managedDisk.id": "the recorded data disk is made empty by the PUT",
        },
    ),
    "vm-deallocate-202": Allowed(extra={"retry-after": RETRY}),
    "vm-start-202": Allowed(extra={"retry-after": RETRY}),
    "vm-poweroff-202": Allowed(extra={"retry-after": RETRY}),
    "vm-delete-202": Allowed(extra=DELETES),
    "disks-GET-200": Allowed(extra={"zones": ZONAL}),
    "disks-PUT-202": Allowed(
        {
            "properties.diskSizeGB": "echoed when given: a copy is not told its size",
            "properties.hyperVGeneration": "a copy must not be told",
            "properties.maxShares": "echoed when given",
        },
        {**WRITES, "properties.creationData.sourceResourceId": "the recorded disk is made empty"},
    ),
    "disks-DELETE-202": Allowed(extra=DELETES),
    "disks-DELETE-204": Allowed(extra={"x-ms-ratelimit-remaining-resource": "taken before the disk is looked for"}),
    "disks-DELETE-409": Allowed(),
    "snapshots-GET-200": Allowed(
        {"properties.diskAccessId": "no private access here"},
        {
            **READS,
            "properties.creationData.sourceResourceId": "the recorded snapshot is made empty",
            "properties.creationData.sourceUniqueId": "the recorded snapshot is made empty",
            "properties.osType": "the recorded snapshot holds no Windows",
            "properties.supportsHibernation": "the recorded snapshot holds no Windows",
            "properties.supportedCapabilities.": "the recorded snapshot holds no Windows",
            "properties.publicNetworkAccess": "shown since 2021-12-01; the recording is of 2020-05-01",
            "properties.snapshotAccessState": "shown since 2024-03-02, as in the recorded disk operation",
        },
    ),
    "snapshots-PUT-202": Allowed(
        {"properties.diskSizeGB": "echoed when given: a copy is not told its size"},
        {
            **WRITES,
            "properties.creationData.sourceResourceId": "the recorded snapshot is made empty",
            "properties.incremental": "echoed when given",
        },
    ),
    "snapshots-DELETE-202": Allowed(extra=DELETES),
    "snapshots-GET-404": Allowed(
        extra={**READS, "x-ms-ratelimit-remaining-resource": "taken before the snapshot is looked for"}
    ),
    "operation-InProgress": Allowed(extra={"retry-after": RETRY}),
    "operation-Succeeded": Allowed(),
    "operation-Failed": Allowed(extra=READS),
    "diskoperation-InProgress": Allowed(extra={**READS, "retry-after": RETRY}),
    "diskoperation-Succeeded": Allowed(
        extra={
            **READS,
            "properties.output.properties.creationData.sourceResourceId": "the recorded snapshot is made empty",
            "properties.output.properties.creationData.sourceUniqueId": "the recorded snapshot is made empty",
            "properties.output.properties.hyperVGeneration": "the recorded snapshot is of a data disk",
            "properties.output.properties.osType": "the recorded snapshot is of a data disk",
            "properties.output.properties.supportsHibernation": "the recorded snapshot is of a data disk",
            "properties.output.properties.supportedCapabilities.": "the recorded snapshot is of a data disk",
        }
    ),
}


@pytest.fixture
def wider_roles(tmp_path: Path) -> Path:
    """The deployed roles, and the right to power off: the app has no use for it, yet its answer is recorded too."""
    for path in ROLES.glob("*.json"):
        body = json.loads(path.read_text(encoding="utf-8"))
        body["Actions"].append("Microsoft.Compute/virtualMachines/powerOff/action")
        (tmp_path / path.name).write_text(json.dumps(body), encoding="utf-8")
    return tmp_path


async def vm_of(cloud: Cloud) -> AsyncHttpResponse:
    return await cloud.get(cloud.sim.url + cloud.sim.vm(VM).id, "2026-04-01", **{"$expand": "instanceView"})


async def answers(cloud: Cloud) -> dict[str, AsyncHttpResponse]:
    """One simulated answer for each real one: a VM is looked at, copied, stopped and deleted."""
    sim, here = cloud.sim, f"{cloud.sim.url}/subscriptions/{cloud.subscription}/resourceGroups/{SOURCE_GROUP}"
    compute, machines = f"{here}/providers/Microsoft.Compute", cloud.client.virtual_machines
    os_disk = sim.vm(VM).state().os_disk_id.rsplit("/", 1)[1]
    found: dict[str, AsyncHttpResponse] = {}
    found["disks-GET-200"] = await cloud.get(f"{compute}/disks/{os_disk}", "2026-03-02")
    found["disks-DELETE-409"] = await cloud.send("DELETE", f"{compute}/disks/{os_disk}?api-version=2026-03-02")
    found["disks-DELETE-204"] = await cloud.send("DELETE", f"{compute}/disks/gone?api-version=2026-03-02")
    found["snapshots-GET-404"] = await cloud.get(f"{compute}/snapshots/gone", "2026-03-02")
    await make_copy(cloud)
    found["snapshots-GET-200"] = await cloud.get(f"{compute}/snapshots/copy-snap", "2026-03-02")
    creation = {"createOption": "Copy", "sourceResourceId": sim.vm(VM).state().os_disk_id}
    content = {"location": "westeurope", "tags": {}, "sku": {"name": "Premium_LRS"}}
    for kind, more in (("snapshots", {"incremental": False}), ("disks", {})):
        body = {**content, "properties": {"creationData": creation, **more}}
        found[f"{kind}-PUT-202"] = await cloud.send(
            "PUT", f"{compute}/{kind}/another?api-version=2026-03-02", json=body
        )
    found["diskoperation-InProgress"], found["diskoperation-Succeeded"] = await both(cloud, found["snapshots-PUT-202"])
    cloud.pass_time(minutes=1)
    vm = (await cloud.get(f"{compute}/virtualMachines/{VM}", "2026-04-01")).json()
    data = {"lun": 0, "createOption": "Attach", "managedDisk": {"id": cloud.id(SOURCE_GROUP, "disks", "another")}}
    vm["properties"]["storageProfile"]["dataDisks"] = [data]
    found["vm-put-200"] = await cloud.send("PUT", f"{compute}/virtualMachines/{VM}?api-version=2026-04-01", json=vm)
    cloud.pass_time(minutes=5)
    for name, action in (("poweroff", "powerOff"), ("deallocate", "deallocate"), ("start", "start")):
        url = f"{compute}/virtualMachines/{VM}/{action}?api-version=2026-04-01"
        found[f"vm-{name}-202"] = await cloud.send("POST", url)
        cloud.pass_time(minutes=5)
    status = await both(cloud, await cloud.begin(machines.begin_deallocate, SOURCE_GROUP, VM))
    found["operation-InProgress"], found["operation-Succeeded"] = status
    sim.add_fault(
        FaultSpec(
            operation="Microsoft.Compute/virtualMachines/start/action", code="AllocationFailed", in_operation=True
        )
    )
    _, found["operation-Failed"] = await both(cloud, await cloud.begin(machines.begin_start, SOURCE_GROUP, VM))
    url = f"{cloud.sim.url}{cloud.id('rg-bootmend', 'virtualMachines', 'bm-1')}?api-version=2026-04-01"
    await cloud.run(machines.begin_create_or_update, "rg-bootmend", "bm-1", cloud.repair_vm())
    found["vm-delete-202"] = await cloud.send("DELETE", url)
    for kind in ("snapshots", "disks"):
        name = "another" if kind == "snapshots" else "copy"
        found[f"{kind}-DELETE-202"] = await cloud.send("DELETE", f"{compute}/{kind}/{name}?api-version=2026-03-02")
    return found


async def both(cloud: Cloud, begun: AsyncHttpResponse) -> tuple[AsyncHttpResponse, AsyncHttpResponse]:
    """The status of an operation while it runs, and when it has ended."""
    url = begun.headers["Azure-AsyncOperation"]
    running = await cloud.send("GET", url)
    cloud.pass_time(minutes=5)
    return running, await cloud.send("GET", url)


def leaves(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict) and value and path.rsplit(".", 1)[-1] != "tags":
        for key, below in value.items():
            yield from leaves(below, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for below in value:
            yield from leaves(below, f"{path}[]")
    elif path:
        yield path


def keys(answer: AsyncHttpResponse) -> set[str]:
    body = set(leaves(answer.json())) if answer.text() else set()
    return body | {name.lower() for name in answer.headers if name.lower().startswith(HEADERS)}


def compare(answer: AsyncHttpResponse, real: RealAnswer, allowed: Allowed) -> list[str]:
    """Every difference that is not allowed, and every allowance that nothing needs."""
    ours, theirs = keys(answer), real.headers | real.leaves
    problems = [f"status {answer.status_code}, not {real.status}"] if answer.status_code != real.status else []
    for word, differing, reasons in (
        ("missing", theirs - ours, allowed.missing),
        ("extra", ours - theirs, allowed.extra),
    ):
        problems += [f"{word}: {key}" for key in sorted(differing) if not any(covers(p, key) for p in reasons)]
        problems += [f"no longer {word}: {p}" for p in reasons if not any(covers(p, key) for key in differing)]
    return problems


def covers(pattern: str, key: str) -> bool:
    return key.startswith(pattern) if pattern.endswith(".") else key == pattern


def test_every_answer_has_the_keys_of_the_real_one(in_cloud: InCloud, wider_roles: Path) -> None:
    found: dict[str, AsyncHttpResponse] = {}

    async def broken(cloud: Cloud) -> None:
        found["vm-get-windows-instanceview"] = await vm_of(cloud)

    async def healthy(cloud: Cloud) -> None:
        found["vm-get-linux"] = await vm_of(cloud)

    async def others(cloud: Cloud) -> None:
        found.update(await answers(cloud))

    in_cloud(broken, WorldSpec(sources=(SourceSpec(security="TrustedLaunch"),)))
    in_cloud(healthy, WorldSpec(sources=(SourceSpec(windows=SourceWindows(fault="none")),)))
    in_cloud(others, roles=wider_roles)
    assert found.keys() == REAL_ANSWERS.keys() == ALLOWED.keys()
    problems = {name: compare(found[name], REAL_ANSWERS[name], ALLOWED[name]) for name in REAL_ANSWERS}
    assert {name: faults for name, faults in problems.items() if faults} == {}


@pytest.mark.parametrize("name", ["disks-GET-200", "operation-Succeeded"])
def test_the_comparison_sees_a_difference(in_cloud: InCloud, wider_roles: Path, name: str) -> None:
    async def scene(cloud: Cloud) -> None:
        found = await answers(cloud)
        real = REAL_ANSWERS[name]
        poorer = RealAnswer(real.status, real.headers, real.leaves - {"name"})
        richer = RealAnswer(real.status, real.headers, real.leaves | {"something"})
        assert "extra: name" in compare(found[name], poorer, ALLOWED[name])
        assert "missing: something" in compare(found[name], richer, ALLOWED[name])

    in_cloud(scene, roles=wider_roles)
