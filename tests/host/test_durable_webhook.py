"""The extension's HTTP API for instances, reached by the URLs that the app hands out."""

from datetime import timedelta
from typing import Any

import pytest

from tests.host.world import KEYS, World

ROOT = "/runtime/webhooks/durabletask/instances"


def links(world: World, name: str, given: str) -> dict[str, str]:
    answer = world.call("POST", f"/api/start/{name}", given, KEYS.function)
    assert answer.status == 202
    assert answer.headers["location"] == answer.json()["statusQueryGetUri"]
    return dict(answer.json())


def follow(world: World, method: str, url: str, body: str | None = None) -> Any:
    assert url.startswith(world.host.url)
    return world.call(method, url.removeprefix(world.host.url), body)


def test_the_status_of_an_instance_that_runs(shared_world: World) -> None:
    urls = links(shared_world, "wait_decision", '{"vm": "web"}')
    shared_world.clock.advance(90)
    answer = follow(shared_world, "GET", urls["statusQueryGetUri"])
    body = answer.json()
    assert answer.status == 202
    assert answer.headers["location"] == urls["statusQueryGetUri"]
    created = (shared_world.clock.now() - timedelta(seconds=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert body["name"] == "wait_decision"
    assert body["instanceId"] == urls["id"]
    assert body["input"] == {"vm": "web"}
    assert body["output"] is None
    assert body["createdTime"] == created


def test_the_status_of_an_instance_that_ended(shared_world: World) -> None:
    urls = links(shared_world, "greet", '"Bob"')
    shared_world.ended(urls["id"])
    answer = follow(shared_world, "GET", urls["statusQueryGetUri"] + "&showInput=false")
    assert answer.status == 200
    assert (answer.json()["runtimeStatus"], answer.json()["input"]) == ("Completed", None)
    assert answer.json()["output"] == ["BOB", "bob"]


def test_a_failed_instance_is_200_unless_asked_otherwise(shared_world: World) -> None:
    urls = links(shared_world, "calls_nobody", "null")
    shared_world.ended(urls["id"])
    plain = follow(shared_world, "GET", urls["statusQueryGetUri"])
    strict = follow(shared_world, "GET", urls["statusQueryGetUri"] + "&returnInternalServerErrorOnFailure=true")
    assert (plain.status, strict.status) == (200, 500)
    assert plain.json()["runtimeStatus"] == "Failed"
    assert "no_such_activity" in plain.json()["output"]


def test_an_instance_is_suspended_and_resumed(shared_world: World) -> None:
    urls = links(shared_world, "wait_decision", "null")
    assert follow(shared_world, "POST", urls["suspendPostUri"].replace("{text}", "later")).status == 202
    assert follow(shared_world, "POST", urls["resumePostUri"].replace("{text}", "now")).status == 202
    event = urls["sendEventPostUri"].replace("{eventName}", "decision")
    assert follow(shared_world, "POST", event, '"yes"').status == 202
    assert shared_world.output(urls["id"]) == "yes"


def test_an_instance_is_terminated_then_gone_for_orders_then_purged(shared_world: World) -> None:
    urls = links(shared_world, "wait_decision", "null")
    terminate = urls["terminatePostUri"].replace("{text}", "enough")
    assert follow(shared_world, "POST", terminate).status == 202
    view = shared_world.ended(urls["id"])
    assert (view.status, view.output) == ("Terminated", '"enough"')
    assert follow(shared_world, "POST", terminate).status == 410
    purged = follow(shared_world, "DELETE", urls["purgeHistoryDeleteUri"])
    assert (purged.status, purged.json()) == (200, {"instancesDeleted": 1})
    assert follow(shared_world, "DELETE", urls["purgeHistoryDeleteUri"]).status == 404
    assert follow(shared_world, "GET", urls["statusQueryGetUri"]).status == 404


def test_instances_are_listed_by_status(shared_world: World) -> None:
    urls = links(shared_world, "greet", '"Ann"')
    shared_world.ended(urls["id"])
    listed = shared_world.call("GET", f"{ROOT}?runtimeStatus=Completed&top=100", key=KEYS.system).json()
    assert urls["id"] in [body["instanceId"] for body in listed]
    assert {body["runtimeStatus"] for body in listed} == {"Completed"}
    assert shared_world.call("GET", f"{ROOT}?runtimeStatus=Sleeping", key=KEYS.system).status == 400


def test_a_long_list_comes_in_pages(shared_world: World) -> None:
    for name in ("Ann", "Bob"):
        shared_world.output(shared_world.start("greet", name))
    first = shared_world.call("GET", f"{ROOT}?top=1", key=KEYS.system)
    token = {"x-ms-continuation-token": first.headers["x-ms-continuation-token"]}
    second = shared_world.call("GET", f"{ROOT}?top=1", key=KEYS.system, headers=token)
    assert first.json()[0]["instanceId"] != second.json()[0]["instanceId"]


@pytest.mark.parametrize("order", ["raiseEvent/x", "terminate", "suspend", "resume"])
def test_an_order_to_an_unknown_instance_is_404(shared_world: World, order: str) -> None:
    assert shared_world.call("POST", f"{ROOT}/nobody/{order}", "null", KEYS.system).status == 404


def test_an_event_must_be_json(shared_world: World) -> None:
    instance_id = shared_world.start("wait_decision")
    answer = shared_world.call("POST", f"{ROOT}/{instance_id}/raiseEvent/decision", "not json", KEYS.system)
    assert answer.status == 400


@pytest.mark.parametrize("key", ["", "wrong", KEYS.function])
def test_the_system_key_is_needed(shared_world: World, key: str) -> None:
    assert shared_world.call("GET", ROOT, key=key).status == 401
    assert shared_world.call("GET", ROOT, key=KEYS.master).status == 200
