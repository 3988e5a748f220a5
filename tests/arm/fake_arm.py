"""Azure Resource Manager, an identity endpoint and a blob host on one local port: answers as told, records what was asked."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bootmend.names import ResourceId, copy_id, our_tags, repair_vm_id, snapshot_id

FIXTURES = Path(__file__).parent.parent / "fixtures" / "arm"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-prod"
VM_ID = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-web-01"
OS_DISK_ID = f"{GROUP}/providers/Microsoft.Compute/disks/vm-web-01_OsDisk_1_0123456789abcdef0123456789abcdef"
REPAIR_ID = "0123456789abcdef-aabbccddeeff"
OTHER_REPAIR_ID = "0123456789abcdef-000000000000"
SNAPSHOT_ID = snapshot_id(VM_ID, REPAIR_ID)
COPY_ID = copy_id(VM_ID, REPAIR_ID)
REPAIR_VM_ID = repair_vm_id(SUBSCRIPTION, "rg-repair", REPAIR_ID)
TAGS = our_tags(REPAIR_ID, "copy", VM_ID)
OPERATION_PATH = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/westeurope/operations/op-1"


def fixture(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return document


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Told:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None


class FakeArm:
    """`on` adds an answer; the last one given for a method and path is repeated. Unforeseen requests get a 404."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.tokens = 0
        self._told: dict[tuple[str, str], list[Told]] = {}
        self.url = ""

    def on(
        self,
        method: str,
        path: str,
        status: int,
        body: Any = None,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> None:
        self._told.setdefault((method, path.lower()), []).append(Told(status, body, headers or {}, raw))

    def accepts(self, method: str, path: str, status: int = 202, **headers: str) -> None:
        """An answer as Azure accepts a long-running operation."""
        url = f"{self.url}{OPERATION_PATH}?p=1&api-version=2026-04-01&s=signed"
        self.on(method, path, status, None, {"Azure-AsyncOperation": url, "Location": url + "&monitor=true", **headers})

    def writes(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.method != "GET"]

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == "/identity":
            self.tokens += 1
            token = {"access_token": f"token-{self.tokens}", "expires_on": "4102444800", "token_type": "Bearer"}
            return web.json_response({**token, "resource": request.query["resource"]})
        content = await request.read()
        body = json.loads(content) if content else None
        self.asked.append(Asked(request.method, request.path, dict(request.query), dict(request.headers), body))
        answers = self._told.get((request.method, request.path.lower()), [])
        told = answers.pop(0) if len(answers) > 1 else next(iter(answers), Told(404, fixture("not-found")))
        if told.raw is not None:
            return web.Response(status=told.status, body=told.raw, headers=told.headers)
        text = "" if told.body is None else json.dumps(told.body)
        return web.Response(status=told.status, text=text, content_type="application/json", headers=told.headers)


@asynccontextmanager
async def fake_arm() -> AsyncIterator[FakeArm]:
    fake = FakeArm()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", fake.answer)
    async with TestServer(app) as server:
        fake.url = str(server.make_url("")).rstrip("/")
        yield fake


def vm_body(**changes: Any) -> dict[str, Any]:
    """The deallocated source VM; `changes` replace top-level keys."""
    body = fixture("vm-trusted-launch-agent-not-ready")
    body["properties"]["instanceView"]["statuses"][1]["code"] = "PowerState/deallocated"
    return {**body, **changes}


def tagged_disk(tags: dict[str, str], resource_id: str = COPY_ID, **changes: Any) -> dict[str, Any]:
    """An unattached disk that bears the tags."""
    body = {key: value for key, value in fixture("os-disk").items() if key != "managedBy"}
    return {**body, "id": resource_id, "name": ResourceId.parse(resource_id).name, "tags": tags, **changes}
