"""The real Python worker's indexing code finds in function_app.py what is expected, and nothing else."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from activities.functions import ACTIVITIES
from orchestrators.functions import ORCHESTRATORS

ROOT = Path(__file__).parents[2]
ROUTES = {
    "start_repair": ("POST", "repairs"),
    "list_repairs": ("GET", "repairs"),
    "get_repair": ("GET", "repairs/{id}"),
    "get_result": ("GET", "repairs/{id}/result"),
    "decide_checkpoint": ("POST", "repairs/{id}/checkpoints/{checkpoint_id}"),
    "cancel_repair": ("POST", "repairs/{id}/cancel"),
    "list_evidence": ("GET", "repairs/{id}/evidence"),
    "get_evidence": ("GET", "repairs/{id}/evidence/{name}"),
    "post_alert": ("POST", "alerts"),
    "subscribe": ("POST", "subscriptions"),
    "end_subscription": ("POST", "subscriptions/end"),
    "unsubscribe": ("DELETE", "subscriptions/{id}"),
    "describe_api": ("GET", "openapi.json"),
}
STATIC = {"console": ("GET", "console/{*path}")}
"""Static files, which hold nothing and so need no key."""
WITH_CLIENT = {"begin_repair"}
SETTINGS = {
    "BOOTMEND_REPAIR_GROUP": "rg-bootmend",
    "BOOTMEND_REPAIR_SUBNETS": "{}",
    "BOOTMEND_EVIDENCE_FOLDER": "evidence",
}


def indexed(**settings: str) -> subprocess.CompletedProcess[str]:
    program = Path(__file__).with_name("index_like_the_worker.py")
    environment = {"PATH": os.environ["PATH"], **settings}
    return subprocess.run(
        [sys.executable, program], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )


@cache
def functions() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(indexed(**SETTINGS).stdout)
    return [function for function in found if not function["name"].startswith("BuiltIn__")]


def with_trigger(kind: str) -> dict[str, dict[str, Any]]:
    return {function["name"]: function["bindings"] for function in functions() if kind in function["bindings"]}


def test_every_route_is_found_with_a_key_and_a_durable_client() -> None:
    found = with_trigger("httpTrigger")
    served = {name: (b["httpTrigger"]["methods"][0], b["httpTrigger"]["route"]) for name, b in found.items()}
    assert served == ROUTES | STATIC
    assert all(found[name]["httpTrigger"]["authLevel"] == "FUNCTION" for name in ROUTES)
    assert all("durableClient" in found[name] for name in ROUTES)


def test_the_console_s_files_need_no_key_and_reach_no_repair() -> None:
    console = with_trigger("httpTrigger")["console"]
    assert console["httpTrigger"]["authLevel"] == "ANONYMOUS"
    assert "durableClient" not in console


def test_every_orchestrator_and_activity_is_found_under_its_own_name() -> None:
    assert set(with_trigger("orchestrationTrigger")) == {orchestrator.__name__ for orchestrator in ORCHESTRATORS}
    assert set(with_trigger("activityTrigger")) == {activity.__name__ for activity in ACTIVITIES} | WITH_CLIENT


def test_the_event_grid_trigger_and_the_activity_that_starts_repairs_have_a_durable_client() -> None:
    events = with_trigger("eventGridTrigger")
    assert set(events) == {"on_vm_health_event"}
    assert "durableClient" in events["on_vm_health_event"]
    assert all("durableClient" in with_trigger("activityTrigger")[name] for name in WITH_CLIENT)


def test_the_sweep_has_a_timer_and_a_client() -> None:
    assert list(with_trigger("timerTrigger")) == ["sweep_orphans"]
    assert "durableClient" in with_trigger("timerTrigger")["sweep_orphans"]


def test_there_is_nothing_else() -> None:
    served = len(ROUTES) + len(STATIC) + len(ORCHESTRATORS) + len(ACTIVITIES) + len(WITH_CLIENT)
    assert len(functions()) == served + len(["the events of Event Grid", "the sweep's timer"])


def test_the_app_does_not_start_without_its_settings_and_names_each_one() -> None:
    refused = indexed(BOOTMEND_STABLE_SECONDS="soon")
    assert refused.returncode != 0
    for name in ("REPAIR_GROUP", "REPAIR_SUBNETS", "EVIDENCE_FOLDER", "STABLE_SECONDS"):
        assert f"BOOTMEND_{name}" in refused.stderr
