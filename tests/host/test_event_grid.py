"""The Event Grid webhook: handshakes and deliveries in both schemas."""

import json
from pathlib import Path

import pytest

from tests.host.world import KEYS, World

SAMPLES = Path(__file__).parent / "samples"
URL = f"/runtime/webhooks/EventGrid?functionName=on_event&code={KEYS.system}"
NOTIFICATION = {"aeg-event-type": "Notification"}


def sample(name: str) -> str:
    return (SAMPLES / f"{name}.json").read_text("utf-8")


def test_the_subscription_is_validated(shared_world: World) -> None:
    body = sample("eg-subscription-validation-request")
    answer = shared_world.call("POST", URL, body, headers={"aeg-event-type": "SubscriptionValidation"})
    assert answer.status == 200
    assert answer.json() == {"validationResponse": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"}


def test_the_abuse_protection_of_cloud_events_is_answered(shared_world: World) -> None:
    answer = shared_world.call("OPTIONS", URL, headers={"WebHook-Request-Origin": "eventgrid.azure.net"})
    assert answer.status == 200
    assert answer.headers["webhook-allowed-origin"] == "eventgrid.azure.net"
    assert shared_world.call("OPTIONS", URL).status == 400


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("eg-availabilitystatuschanged-eventgrid", "EventGridEvent"),
        ("eg-availabilitystatuschanged-cloudevent", "CloudEvent"),
        ("eg-resourceannotated-crashed-eventgrid", "EventGridEvent"),
        ("eg-resourceannotated-crashed-cloudevent", "CloudEvent"),
    ],
)
def test_a_delivery_reaches_the_function_in_its_schema(shared_world: World, name: str, kind: str) -> None:
    before = len(shared_world.effects())
    answer = shared_world.call("POST", URL, sample(name), headers=NOTIFICATION)
    assert answer.status == 202
    (line,) = shared_world.effects()[before:]
    assert line.startswith(f"event {kind} Microsoft.ResourceNotifications.HealthResources.")
    assert line.endswith("vm-web-01 1fb6fa94-d965-4306-abe4-4810f0774e97")


def test_each_event_of_a_batch_is_delivered(shared_world: World) -> None:
    (event,) = json.loads(sample("eg-resourceannotated-crashed-eventgrid"))
    batch = [event | {"id": f"batch-{number}"} for number in range(3)]
    assert shared_world.call("POST", URL, json.dumps(batch), headers=NOTIFICATION).status == 202
    delivered = {line.rpartition(" ")[2] for line in shared_world.effects()}
    assert {"batch-0", "batch-1", "batch-2"} <= delivered


def test_a_function_that_raises_makes_the_delivery_fail(shared_world: World) -> None:
    (event,) = json.loads(sample("eg-resourceannotated-crashed-eventgrid"))
    batch = [event, event | {"data": {"refuse": True}}]
    assert shared_world.call("POST", URL, json.dumps(batch), headers=NOTIFICATION).status == 500


@pytest.mark.parametrize(
    ("url", "headers", "body", "status"),
    [
        (URL.replace("on_event", "nobody"), NOTIFICATION, "[]", 404),
        (URL.replace("on_event", "sweep"), NOTIFICATION, "[]", 404),
        (URL.replace(KEYS.system, "wrong"), NOTIFICATION, "[]", 401),
        (URL.replace(KEYS.system, KEYS.function), NOTIFICATION, "[]", 401),
        (URL, {}, "[]", 400),
        (URL, NOTIFICATION, "not json", 400),
        (URL, {"aeg-event-type": "Unsubscribe"}, "", 202),
    ],
)
def test_what_is_no_delivery_is_refused(
    shared_world: World, url: str, headers: dict[str, str], body: str, status: int
) -> None:
    assert shared_world.call("POST", url, body, headers=headers).status == status
