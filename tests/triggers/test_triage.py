"""Events and alerts in the sandbox: which start a repair, which start nothing, and who approves."""

import random
from datetime import timedelta
from typing import Any

import pytest

from bootmend.names import vm_hash
from sandbox.azure import SourceSpec
from sandbox.windows import SourceVm, SourceWindows
from tests.triggers.live import Live, about, live, sample

CRASH = "eg-resourceannotated-crashed-cloudevent"
COUNTED = [
    CRASH,
    "eg-resourceannotated-crashed-eventgrid",
    "eg-availabilitystatuschanged-cloudevent",
    "eg-availabilitystatuschanged-eventgrid",
]
IGNORED = ["eg-resourceannotated-dealloc-cloudevent", "eg-resourceannotated-dealloc-eventgrid"]
AUTO = {"tags": {"bootmend:auto": "yes"}}


def crash(app: Live, *, at: timedelta = timedelta(0), vm_id: str | None = None) -> dict[str, Any]:
    """A crash of the VM, `at` after now."""
    event: dict[str, Any] = about(sample(CRASH), vm_id or app.vm_id)
    when = (app.world.clock.now() + at).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    event["time"] = event["data"]["resourceInfo"]["properties"]["occurredTime"] = when
    return event


def triage_of(app: Live) -> dict[str, Any]:
    """What came of the VM's triage, waited for."""
    name = f"triage-{vm_hash(app.vm_id)}"
    app.pass_time(lambda: app.triages().get(name) is not None)
    end = app.triages()[name]
    assert end is not None
    return end


def ended(app: Live) -> dict[str, Any]:
    """The VM's newest repair, waited for until its end."""
    app.pass_time(lambda: bool(app.repairs()) and app.repairs()[0]["outcome"] is not None)
    return app.repairs()[0]


def test_the_handshake_of_either_schema_is_answered() -> None:
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
        began = app.world.clock.now()
        assert app.event(about(sample(name), app.vm_id)).status == 202
        app.wait(timedelta(seconds=290))
        assert app.repairs() == []
        assert app.world.requests() == [], "within the settling time the VM is left alone"
        app.pass_time(lambda: any(repair["awaiting"] for repair in app.repairs()))
        (repair,) = app.repairs()
        assert repair["awaiting"]["name"] == "approve_repair"
        assert repair["vm_id"] == app.vm_id
        assert app.world.clock.now() - began < timedelta(minutes=10)
        assert app.world.changes_of_vm() == []


@pytest.mark.parametrize("name", IGNORED)
def test_what_people_did_starts_nothing_and_is_answered_well(name: str) -> None:
    with live() as app:
        assert app.event(about(sample(name), app.vm_id)).status == 202
        assert app.triages() == {}
        assert any("VirtualMachineDeallocationInitiated" in line for line in app.world.host_log())


def test_a_dead_letter_that_is_delivered_again_by_hand_counts_like_the_event() -> None:
    with live(people={}) as app:
        assert app.event(about(sample("eg-deadletter-eventgrid"), app.vm_id)).status == 202
        assert len(app.triages()) == 1


@pytest.mark.parametrize("odd", [{}, {"type": 3}, {"specversion": "1.0", "type": "x", "data": "text"}, {"data": None}])
def test_an_event_that_is_not_understood_is_ignored(odd: dict[str, Any]) -> None:
    with live() as app:
        assert app.event([odd]).status == 202
        assert app.triages() == {}


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ({"vm": {"tags": {"bootmend:exclude": "yes"}}}, "bootmend:exclude"),
        ({"windows": {"fault": "none"}}, "healthy|Ready"),
        ({"windows": {"fault": "other_stop_code", "stop_code": "0x0000007B"}}, "0x0000007B"),
        ({"windows": {"ems": False}}, "not confirmed"),
        ({"vm": {"boot_diagnostics": False}}, "boot diagnostics are off"),
        ({"vm": {"power": "deallocated"}}, "deallocated"),
    ],
)
def test_what_the_vm_does_not_confirm_is_left_alone(scenario: dict[str, Any], words: str) -> None:
    with live(**scenario) as app:
        app.event(crash(app))
        end = triage_of(app)
        assert end["repair_id"] is None
        assert any(word in end["why"] for word in words.split("|")), end["why"]
        assert app.repairs() == []
        assert {request.method for request in app.world.requests()} <= {"GET", "POST"}
        assert app.world.changes_of_vm() == []


def test_a_vm_that_was_deleted_meanwhile_ends_the_triage() -> None:
    with live() as app:
        app.event(crash(app))
        app.world.happen("vm_deleted")
        assert "does not exist" in triage_of(app)["why"]


@pytest.mark.parametrize(("vm", "settings"), [(AUTO, {}), ({}, {"BOOTMEND_AUTO_APPROVE": "true"})])
def test_a_tag_or_the_settings_let_an_event_repair_without_approval(
    vm: dict[str, Any], settings: dict[str, str]
) -> None:
    with live(settings, vm=vm, people={}) as app:
        app.event(crash(app))
        assert ended(app)["outcome"] == "repaired"


def test_the_second_repair_in_a_day_goes_to_a_person() -> None:
    with live({"BOOTMEND_REPAIRS_A_DAY": "1"}, vm=AUTO, windows={"trouble": ["sfc_lies"]}, people={}) as app:
        app.event(crash(app))
        assert ended(app)["outcome"] != "repaired"
        app.wait(timedelta(hours=1))
        app.event(crash(app))
        app.pass_time(lambda: any(repair["awaiting"] for repair in app.repairs()))
        assert "in the last 24 hours: 1" in triage_of(app)["why"]
        assert app.repairs()[0]["awaiting"]["name"] == "approve_repair"
        assert len(app.repairs()) == 2


def test_what_happens_during_a_repair_or_happened_before_its_end_starts_nothing() -> None:
    with live(vm=AUTO, people={}) as app:
        app.event(crash(app))
        late = crash(app)
        app.pass_time(lambda: bool(app.repairs()))
        for name in [*COUNTED, *IGNORED]:
            app.event(about(sample(name), app.vm_id))
        assert len(app.triages()) == 1
        assert ended(app)["outcome"] == "repaired"
        during = crash(app)
        app.wait(timedelta(hours=2))
        looked = triage_of(app)
        app.event(late)
        app.wait(timedelta(hours=1))
        assert triage_of(app) == looked, "the VM was looked at after that"
        app.event(during)
        app.wait(timedelta(hours=1))
        assert triage_of(app)["repair_id"] is None
        assert len(app.repairs()) == 1


def test_a_burst_for_fifty_vms_gives_fifty_triages_and_a_repair_for_each_that_is_confirmed() -> None:
    order = random.Random(7)  # the order is part of the test
    with live({"BOOTMEND_REPAIRS_A_DAY": "0"}, people={}) as app:
        ids = [add_vm(app, number, crashed=number % 5 != 0) for number in range(50)]
        events = [crash(app, at=timedelta(seconds=order.uniform(-60, 0)), vm_id=vm_id) for vm_id in ids for _ in "ab"]
        burst = [*events, *order.choices(events, k=400)]
        order.shuffle(burst)
        assert len(burst) == 500
        for first in range(0, 500, 25):
            assert app.event(burst[first : first + 25]).status == 202
        assert set(app.triages()) == {f"triage-{vm_hash(vm_id)}" for vm_id in ids}
        app.wait(timedelta(minutes=14))
        assert len(app.triages()) == 50
        assert all(end is not None for end in app.triages().values())
        confirmed = {vm_id for number, vm_id in enumerate(ids) if number % 5 != 0}
        assert {repair["vm_id"] for repair in app.repairs()} == confirmed
        assert len(app.repairs()) == len(confirmed) == 40


def add_vm(app: Live, number: int, *, crashed: bool) -> str:
    windows = SourceWindows() if crashed else SourceWindows(fault="none")
    return app.world.azure.add_vm(SourceSpec(vm=SourceVm(name=f"vm-{number:02}"), windows=windows)).id


def test_an_alert_starts_the_triage_of_each_of_its_vms() -> None:
    with live(people={}) as app:
        other = add_vm(app, 1, crashed=False)
        alert = about(sample("alert-common-schema-metric"), app.vm_id)
        alert["data"]["essentials"]["alertTargetIDs"] += [other.lower(), other.lower(), "/subscriptions/x"]
        reply = app.call("POST", "/api/alerts", alert)
        assert reply.status == 202
        assert [(one["vm_id"].lower(), one["triage"]) for one in reply.body["targets"]] == [
            (app.vm_id.lower(), "started"), (other.lower(), "started"), ("/subscriptions/x", "ignored"),
        ]  # fmt: skip
        again = app.call("POST", "/api/alerts", alert)
        assert {one["triage"] for one in again.body["targets"]} == {"ignored"}
        app.wait(timedelta(minutes=6))
        assert [(repair["vm_id"].lower(), repair["awaiting"]["name"]) for repair in app.repairs()] == [
            (app.vm_id.lower(), "approve_repair")
        ]


def test_an_alert_of_a_persons_own_doing_is_taken_and_ignored() -> None:
    with live() as app:
        reply = app.call("POST", "/api/alerts", about(sample("alert-common-schema-resourcehealth"), app.vm_id))
        assert reply.status == 202
        (target,) = reply.body["targets"]
        assert target["triage"] == "ignored"
        assert "stopped the VM" in target["why"]
        assert app.call("POST", "/api/alerts", {"schemaId": "other"}).status == 422
