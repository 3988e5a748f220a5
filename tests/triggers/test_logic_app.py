"""Played as a Logic App: the asynchronous pattern by Location, and the webhook action that waits for its callback."""

import hashlib
import hmac
from datetime import timedelta
from typing import Any

import pytest

from tests.triggers.live import Live, Reply, live
from tests.triggers.receiver import Receiver, receiver

KEY = "a-key-of-sixteen-or-more"
SIGNED = {"BOOTMEND_WEBHOOK_KEY": KEY}


def request(app: Live, **more: Any) -> dict[str, Any]:
    return {"vm_id": app.vm_id, "reason": "asked by a Logic App", **more}


def follow(app: Live, first: Reply) -> Reply:
    """What the HTTP action does: polls Location for as long as it is answered with 202."""
    answers = [first]

    def ended() -> bool:
        last = answers[-1]
        assert last.headers["location"].startswith("http://127.0.0.1:")
        assert "code=" not in last.headers["location"]
        assert int(last.headers["retry-after"]) > 0
        answers.append(app.call("GET", last.headers["location"]))
        return answers[-1].status != 202

    app.pass_time(ended)
    return answers[-1]


@pytest.mark.parametrize(
    ("scenario", "status", "outcome"),
    [
        ({}, 200, "repaired"),
        ({"vm": {"tags": {"bootmend:exclude": "yes"}}}, 422, "refused"),
        ({"vm": {"os": "Windows11"}, "windows": {"agent": False, "ems": False}, "people": {}}, 409, "failed"),
    ],
)
def test_the_asynchronous_pattern_ends_with_a_status_to_branch_on(
    scenario: dict[str, Any], status: int, outcome: str
) -> None:
    policy = {"require_diagnosis": outcome != "failed"}
    with live(**scenario) as app:
        first = app.call("POST", "/api/repairs", request(app, policy=policy))
        assert first.status == 202
        last = follow(app, first)
        assert (last.status, last.body["outcome"]) == (status, outcome)


def test_links_are_those_that_the_caller_uses_behind_a_proxy() -> None:
    with live() as app:
        behind = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "mend.example.com, inner.example.net"}
        reply = app.call("POST", "/api/repairs", request(app), behind)
        assert reply.headers["location"] == f"https://mend.example.com/api/repairs/{reply.body['id']}/result"
        odd = {"X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "evil.example.com/path?"}
        again = app.call("POST", "/api/repairs", request(app), odd)
        assert again.headers["location"].startswith(app.world.host_url)


def test_a_webhook_action_is_called_once_and_answers_the_checkpoint() -> None:
    with live(SIGNED, people={}) as app, receiver() as hook:
        repair = start_manual(app)
        asked = {"callback_url": hook.url, "events": ["checkpoint.waiting"], "repair_id": repair, "once": True}
        made = app.call("POST", "/api/subscriptions", asked)
        assert made.status == 201
        assert made.body == {
            "id": made.body["id"], "host": "127.0.0.1", "events": ["checkpoint.waiting"], "repair_id": repair,
            "once": True,
        }  # fmt: skip
        assert made.headers["location"].endswith(f"/api/subscriptions/{made.body['id']}")
        app.pass_time(lambda: bool(hook.got))
        event = hook.got[0].body
        checkpoint = event["data"]["checkpoint"]["checkpoint_id"]
        assert event["data"]["checkpoint"]["name"] == "approve_swap"
        answered = app.call(
            "POST", f"/api/repairs/{repair}/checkpoints/{checkpoint}", {"decision": "reject", "by": "ada"}
        )
        assert answered.status == 202
        app.pass_time(lambda: app.call("GET", f"/api/repairs/{repair}/result").status != 202)
        assert hook.types() == ["bootmend.checkpoint.waiting"]
        assert app.call("DELETE", made.headers["location"]).status == 404


def start_manual(app: Live) -> str:
    policy = {"checkpoints": {"approve_repair": "auto", "approve_swap": "manual"}}
    reply = app.call("POST", "/api/repairs", request(app, policy=policy))
    assert reply.status == 202
    return str(reply.body["id"])


def test_a_callback_url_gets_the_end_once_and_is_told_to_nobody() -> None:
    with live(SIGNED) as app, receiver() as hook:
        policy = {"dry_run": True}
        for _ in range(2):
            repair = app.call("POST", "/api/repairs", request(app, policy=policy, callback_url=hook.url)).body["id"]
        app.pass_time(lambda: bool(hook.got))
        app.wait(timedelta(hours=1))
        assert hook.types() == ["bootmend.repair.finished"]
        data = hook.got[0].body["data"]
        assert (data["repair_id"], data["outcome"]) == (repair, "planned")
        everything = [view.custom_status for view in app.world.engine.instances()] + [
            str(app.world.engine.history(view.instance_id)) for view in app.world.engine.instances()
        ]
        assert not [text for text in everything if "a-secret-of-the-caller" in (text or "")]
        assert not [line for line in app.world.host_log() if "a-secret-of-the-caller" in line]


def test_a_delivery_is_a_signed_cloud_event() -> None:
    with live(SIGNED) as app, receiver() as hook:
        subscribe(app, hook)
        app.call("POST", "/api/repairs", request(app, policy={"dry_run": True}))
        app.pass_time(lambda: len(hook.got) == 2)
        for got in hook.got:
            assert got.headers["content-type"].startswith("application/cloudevents+json")
            assert got.body["specversion"] == "1.0"
            assert got.body["subject"] == app.vm_id
            seconds, _, digest = got.headers["bootmend-signature"].removeprefix("t=").partition(",v1=")
            expected = hmac.new(KEY.encode(), f"{seconds}.".encode() + got.raw, hashlib.sha256).hexdigest()
            assert digest == expected
        assert sorted(hook.types()) == ["bootmend.repair.finished", "bootmend.repair.started"]
        assert len({got.body["id"] for got in hook.got}) == 2


def subscribe(app: Live, hook: Receiver, **more: Any) -> Reply:
    made = app.call("POST", "/api/subscriptions", {"callback_url": hook.url, **more})
    assert made.status == 201
    return made


def test_a_receiver_that_is_away_is_tried_again_until_it_is_back() -> None:
    with live(SIGNED) as app, receiver() as hook:
        subscribe(app, hook, events=["repair.finished"])
        hook.answers = [503, 500, 429, 404]
        app.call("POST", "/api/repairs", request(app, policy={"dry_run": True}))
        app.pass_time(lambda: len(hook.got) == 5)
        app.wait(timedelta(days=1))
        assert len(hook.got) == 5
        assert len({got.body["id"] for got in hook.got}) == 1


@pytest.mark.parametrize(("status", "left"), [(410, False), (302, True)])
def test_a_receiver_that_wants_no_more_or_redirects_is_not_tried_again(status: int, left: bool) -> None:
    with live(SIGNED) as app, receiver() as hook:
        made = subscribe(app, hook, events=["repair.finished"])
        hook.answers, hook.location = [status], hook.url
        app.call("POST", "/api/repairs", request(app, policy={"dry_run": True}))
        app.pass_time(lambda: bool(hook.got))
        app.wait(timedelta(days=1))
        assert len(hook.got) == 1
        assert app.call("DELETE", made.headers["location"]).status == (204 if left else 404)


def test_an_event_grid_topic_gets_every_notification_with_its_key() -> None:
    with receiver() as topic:
        endpoint = topic.url.partition("/hook")[0] + "/api/events"
        given = {"BOOTMEND_EVENT_TOPIC": endpoint, "BOOTMEND_EVENT_TOPIC_KEY": "the-key-of-the-topic"}
        with live(given) as app:
            app.call("POST", "/api/repairs", request(app, policy={"dry_run": True}))
            app.pass_time(lambda: len(topic.got) == 2)
        assert {got.path for got in topic.got} == {"/api/events"}
        assert {got.headers["aeg-sas-key"] for got in topic.got} == {"the-key-of-the-topic"}
        assert sorted(topic.types()) == ["bootmend.repair.finished", "bootmend.repair.started"]


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/x",
        "https://10.0.0.4/x",
        "https://ada:secret@hooks.example.com/x",
        "https://unknown.example.com/x",
        "https://2130706433/x",
    ],
)
def test_a_callback_that_leads_elsewhere_is_refused_before_anything_starts(url: str) -> None:
    with live({**SIGNED, "BOOTMEND_WEBHOOK_HOSTS": '["hooks.example.com"]'}) as app:
        for path, body in (("/api/repairs", request(app)), ("/api/subscriptions", {})):
            refused = app.call("POST", path, {**body, "callback_url": url})
            assert (refused.status, refused.body["errors"][0]["field"]) == (422, "callback_url")
        assert app.repairs() == []


def test_subscriptions_end_by_their_location_or_their_url() -> None:
    with live(SIGNED) as app, receiver() as hook:
        first, again = subscribe(app, hook), subscribe(app, hook)
        assert first.body["id"] == again.body["id"], "saved anew, a Logic App must not be told everything twice"
        assert app.call("DELETE", first.headers["location"]).status == 204
        assert app.call("DELETE", first.headers["location"]).status == 404
        made = subscribe(app, hook)
        assert app.call("POST", "/api/subscriptions/end", {"callback_url": hook.url}).status == 204
        assert app.call("DELETE", made.headers["location"]).status == 404
        app.call("POST", "/api/repairs", request(app, policy={"dry_run": True}))
        app.wait(timedelta(hours=1))
        assert hook.got == []


def test_nobody_subscribes_to_a_repair_that_does_not_exist_or_has_ended() -> None:
    with live(SIGNED) as app, receiver() as hook:
        asked = {"callback_url": hook.url, "repair_id": "0123456789abcdef-0123456789ab"}
        assert app.call("POST", "/api/subscriptions", asked).status == 404
        repair = app.call("POST", "/api/repairs", request(app, policy={"dry_run": True})).body["id"]
        app.pass_time(lambda: app.call("GET", f"/api/repairs/{repair}/result").status != 202)
        late = app.call("POST", "/api/subscriptions", {"callback_url": hook.url, "repair_id": repair})
        assert late.status == 409
        assert "has ended" in late.body["detail"]
