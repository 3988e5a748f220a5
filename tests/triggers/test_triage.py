"""Events and alerts in the sandbox: which start a repair, which start nothing, and who approves."""

from datetime import timedelta

import pytest

from tests.triggers.live import about, live, sample

CRASH = "eg-resourceannotated-crashed-cloudevent"
COUNTED = [
    CRASH,
    "eg-resourceannotated-crashed-eventgrid",
    "eg-availabilitystatuschanged-cloudevent",
    "eg-availabilitystatuschanged-eventgrid",
]
IGNORED = ["eg-resourceannotated-dealloc-cloudevent", "eg-resourceannotated-dealloc-eventgrid"]
ANSWERED = {"approve_repair": None}


def test_the_handshake_is_answered_with_the_code() -> None:
    with live() as app:
        reply = app.event(sample("eg-subscription-validation-request"), kind="SubscriptionValidation")
        assert (reply.status, reply.body) == (200, sample("eg-subscription-validation-response"))
        origin = {"WebHook-Request-Origin": "eventgrid.azure.net", "x-functions-key": app.world.keys.system}
        allowed = app.call("OPTIONS", "/runtime/webhooks/EventGrid?functionName=on_vm_health_event", headers=origin)
        assert allowed.status == 200
        assert allowed.headers["webhook-allowed-origin"] == "eventgrid.azure.net"


@pytest.mark.parametrize("name", COUNTED)
def test_a_counted_event_of_a_crashed_vm_leads_to_a_repair_that_waits_for_a_person(name: str) -> None:
    with live(people={}) as app:
        assert app.event(about(sample(name), app.vm_id)).status == 202
        assert app.repairs() == []
        app.pass_time(lambda: any(repair["awaiting"] for repair in app.repairs()))
        (repair,) = app.repairs()
        assert repair["awaiting"]["name"] == "approve_repair"
        assert repair["vm_id"] == app.vm_id
        assert app.world.changes_of_vm() == []
        assert app.world.clock.now() - app.world.clock.now().replace(hour=8, minute=0, second=0) >= timedelta(minutes=5)


@pytest.mark.parametrize("name", IGNORED)
def test_what_people_did_starts_nothing(name: str) -> None:
    with live() as app:
        assert app.event(about(sample(name), app.vm_id)).status == 202
        assert app.triages() == {}
        assert app.world.requests() == []
