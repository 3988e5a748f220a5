"""Which events and alerts are hints: the tables."""

import json
from pathlib import Path
from typing import Any

import pytest

from bootmend.events import read_alert, read_event, vm_id_of
from bootmend.models.events import Alert, Hint, Ignored

SAMPLES = Path(__file__).parents[1] / "fixtures" / "events"
VM = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-prod"
    "/providers/Microsoft.Compute/virtualMachines/vm-web-01"
)
ANNOTATED = "Microsoft.ResourceNotifications.HealthResources.ResourceAnnotated"
CHANGED = "Microsoft.ResourceNotifications.HealthResources.AvailabilityStatusChanged"
CHANGED_TOO = "Microsoft.ResourceNotifications.HealthResources.AvailabilityStatusesChanged"


def data(**properties: str) -> dict[str, Any]:
    return {"resourceInfo": {"properties": {"targetResourceId": VM, **properties}}}


def crashed(name: str = "VirtualMachineCrashed", context: str = "VM Initiated", target: str = VM) -> dict[str, Any]:
    return data(annotationName=name, context=context, targetResourceId=target)


@pytest.mark.parametrize(
    ("kind", "said", "counts"),
    [
        (ANNOTATED, crashed(), True),
        (ANNOTATED.lower(), crashed(), True),
        (ANNOTATED, crashed(context="Customer Initiated"), False),
        (ANNOTATED, crashed(context="Platform Initiated"), False),
        (ANNOTATED, crashed(name="VirtualMachineHostCrashed"), False),
        (ANNOTATED, crashed(name="VirtualMachineRestarted", context="Customer Initiated"), False),
        (ANNOTATED, crashed(name="VirtualMachineDeallocationInitiated", context="Customer Initiated"), False),
        (ANNOTATED, crashed(name="VirtualMachineStorageOffline"), False),
        (CHANGED, data(availabilityState="Unavailable", previousAvailabilityState="Available"), True),
        (CHANGED_TOO, data(availabilityState="Unavailable"), True),
        (CHANGED, data(availabilityState="Available", previousAvailabilityState="Unavailable"), False),
        (CHANGED, data(availabilityState="Unknown"), False),
        (CHANGED, data(), False),
        (ANNOTATED, crashed(target=VM + "/extensions/x"), False),
        (ANNOTATED, crashed(target=VM.replace("virtualMachines", "virtualMachineScaleSets")), False),
        (ANNOTATED, crashed(target="nonsense"), False),
        (ANNOTATED, {"resourceInfo": None}, False),
        (ANNOTATED, None, False),
        (ANNOTATED, data(occurredTime="yesterday"), False),
        ("Microsoft.EventGrid.SubscriptionValidationEvent", {"validationCode": "x"}, False),
        ("", crashed(), False),
    ],
)
def test_which_events_count(kind: str, said: object, counts: bool) -> None:
    read = read_event(kind, said, None)
    assert isinstance(read, Hint if counts else Ignored)
    assert not isinstance(read, Ignored) or read.why


def test_the_vm_of_a_hint_has_one_spelling() -> None:
    read = read_event(ANNOTATED, crashed(target=VM.lower()), None)
    assert isinstance(read, Hint)
    assert read.vm_id == VM
    assert vm_id_of(VM.upper()) is not None


def sample(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def metric(**essentials: Any) -> dict[str, Any]:
    alert = sample("alert-common-schema-metric")
    alert["data"]["essentials"] |= essentials
    return alert


def health(**properties: Any) -> dict[str, Any]:
    alert = sample("alert-common-schema-resourcehealth")
    alert["data"]["alertContext"]["properties"] |= properties
    return alert


def of_other_metric() -> dict[str, Any]:
    alert = metric()
    alert["data"]["alertContext"]["condition"]["allOf"][0]["metricName"] = "Percentage CPU"
    return alert


@pytest.mark.parametrize(
    ("alert", "counts"),
    [
        (metric(), True),
        (metric(monitorCondition="Resolved"), False),
        (metric(monitoringService="Log Alerts V2", signalType="Log"), False),
        (metric(alertTargetIDs=["/subscriptions/x"]), False),
        (of_other_metric(), False),
        (health(), False),
        (health(cause="PlatformInitiated"), True),
        (health(cause="Unknown"), True),
        (health(cause="PlatformInitiated", currentHealthStatus="Available"), False),
    ],
)
def test_which_alerts_count(alert: dict[str, Any], counts: bool) -> None:
    ((_, hint),) = read_alert(Alert.model_validate(alert))
    assert isinstance(hint, Hint if counts else Ignored)


def test_each_target_of_an_alert_is_told_once() -> None:
    other = VM.replace("vm-web-01", "vm-web-02").lower()
    read = list(read_alert(Alert.model_validate(metric(alertTargetIDs=[VM.lower(), other, VM.lower(), "disk"]))))
    assert [target for target, _ in read] == [VM.replace("rg-prod", "rg-prod"), vm_id_of(other), "disk"]
    assert [isinstance(hint, Hint) for _, hint in read] == [True, True, False]
