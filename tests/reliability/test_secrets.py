"""No password, token or signature of a full run is anywhere that it is kept: every value planted in Azure is searched for."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.faults.bases import base
from sandbox.faults.drive import drive
from sandbox.faults.troubled_world import TroubledWorld

STATUS_URL = re.compile(r"https?://[^\s\"'\\]*/(?:operations|DiskOperations)/[^\s\"'\\]*")


class Written:
    """Everything that one run wrote: `engine` is what the durable engine keeps, `shown` what people and logs see."""

    def __init__(self, world: TroubledWorld, report: dict[str, object], evidence: list[str]) -> None:
        histories = [
            str(event)
            for view in world.engine.instances()
            for history in (world.engine.history(view.instance_id), *world.engine.past_histories(view.instance_id))
            for event in history
        ]
        views = world.engine.instances()
        texts = [text for view in views for text in (view.input, view.output, view.custom_status) if text]
        self.engine = [*histories, *texts]
        self.statuses = [view.custom_status for view in views if view.custom_status]
        self.shown = [json.dumps(report), *self.statuses, *world.host_log(), *evidence]

    def everything(self) -> Iterator[str]:
        yield from self.engine
        yield from self.shown


def evidence_of(folder: Path) -> list[str]:
    return [path.read_bytes().decode("latin-1") for path in sorted(folder.rglob("*")) if path.is_file()]


@pytest.fixture(scope="module", params=["repaired", "escalated"])
def run_of(request: pytest.FixtureRequest) -> tuple[TroubledWorld, Written]:
    with TroubledWorld(base(request.param), None) as world:
        driven = drive(world)
        assert driven.report["outcome"] == request.param
        return world, Written(world, driven.report, evidence_of(world.evidence))


def test_no_password_token_or_signature_is_kept(run_of: tuple[TroubledWorld, Written]) -> None:
    world, written = run_of
    planted = {secret for secret in world.azure.secrets() if secret.kind != "operation URL"}
    assert {secret.kind for secret in planted} >= {"admin password", "token", "identity header", "blob signature"}
    found = {secret.kind for secret in planted for text in written.everything() if secret.value in text}
    assert found == set()


def test_signed_operation_urls_are_in_operation_records_alone(run_of: tuple[TroubledWorld, Written]) -> None:
    """The engine must remember them to look again. docs/security.md tells of it."""
    world, written = run_of
    signatures = [secret.value for secret in world.azure.secrets() if secret.kind == "operation URL"]
    assert any(signature in text for signature in signatures for text in written.engine)
    assert not [text[:200] for text in written.shown if any(signature in text for signature in signatures)]
    assert not [text for text in written.shown if STATUS_URL.search(text)]


def test_the_host_keys_are_not_written_down(run_of: tuple[TroubledWorld, Written]) -> None:
    world, written = run_of
    keys = (world.keys.master, world.keys.function, world.keys.system)
    assert not [key for key in keys for text in written.everything() if key in text]
