"""How a repair is asked for: by a call, by Event Grid, by an Azure Monitor alert."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.player.api import Answer, ApiError
from sandbox.player.stage import Stage
from sandbox.scenario import Scenario

EVENT_FUNCTION = "on_vm_health_event"
"""The Event Grid function of the app: part of the webhook's address."""

PATIENCE = timedelta(hours=1)
REAL_SETTLE_SECONDS = 60.0


def begin(scenario: Scenario, stage: Stage, pass_time: Callable[[], None]) -> str:
    """Ask for the repair as `start` says; the repair's id. Raises ApiError when it is not accepted."""
    if scenario.start == "http":
        return _by_call(stage.api.start(stage.vm_id, scenario.requested_policy()))
    now = stage.clock.now()
    if scenario.start == "event":
        answer = stage.api.post_event(EVENT_FUNCTION, crashed_event(stage.vm_id, now))
    else:
        answer = stage.api.post_alert(fired_alert(stage.vm_id, now))
    if answer.status == 404:
        raise ApiError(f"start: {scenario.start} is not served by this function app")
    if answer.status >= 300:
        raise ApiError(f"start: {scenario.start} was answered with HTTP {answer.status}: {answer.text[:300]}")
    return _found(scenario.start, stage, pass_time)


def _by_call(answer: Answer) -> str:
    if answer.status != 202:
        raise ApiError(f"the request was not accepted: HTTP {answer.status}: {answer.text[:500]}")
    repair_id = answer.mapping().get("id")
    if not isinstance(repair_id, str) or not repair_id:
        raise ApiError(f"the answer to the request names no repair: {answer.text[:300]}")
    if not answer.headers.get("location", "").endswith(f"/api/repairs/{repair_id}/result"):
        raise ApiError(f"the answer's Location is not the repair's result: {answer.headers.get('location')}")
    return repair_id


def _found(start: str, stage: Stage, pass_time: Callable[[], None]) -> str:
    """The repair that an event or alert brought about."""
    until = stage.clock.now() + PATIENCE
    while stage.settle(REAL_SETTLE_SECONDS):
        repair_id = _newest(stage.api.repairs_of(stage.vm_id))
        if repair_id is not None:
            return repair_id
        due = stage.clock.next_at()
        if due is None or due > until:
            break
        pass_time()
    raise ApiError(f"start: {start} was accepted, but no repair of {stage.vm_id} came of it")


def _newest(answer: Answer) -> str | None:
    listed = answer.mapping().get("repairs")
    if not isinstance(listed, list):
        raise ApiError(f"GET /api/repairs answers no list: HTTP {answer.status}: {answer.text[:300]}")
    ids = [entry.get("id") for entry in listed if isinstance(entry, dict)]
    return str(ids[0]) if ids else None


def crashed_event(vm_id: str, now: datetime) -> dict[str, object]:
    """HealthResources.ResourceAnnotated for a guest crash, in the CloudEvents schema."""
    number = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{vm_id}{now.isoformat()}"))
    when = _zulu(now)
    annotation = f"{vm_id}/providers/Microsoft.ResourceHealth/resourceAnnotations/{number}"
    return {
        "id": number,
        "source": "/".join(vm_id.split("/")[:3]),
        "subject": vm_id,
        "data": {
            "resourceInfo": {
                "id": annotation,
                "name": number,
                "type": "Microsoft.ResourceHealth/resourceAnnotations",
                "properties": {
                    "targetResourceId": vm_id,
                    "targetResourceType": "Microsoft.Compute/virtualMachines",
                    "occurredTime": when,
                    "annotationName": "VirtualMachineCrashed",
                    "reason": "simulated",
                    "summary": "simulated",
                    "context": "VM Initiated",
                    "category": "Not Applicable",
                },
            },
            "operationalInfo": {"resourceEventTime": when},
            "apiVersion": "2022-08-01",
        },
        "type": "Microsoft.ResourceNotifications.HealthResources.ResourceAnnotated",
        "specversion": "1.0",
        "time": when,
    }


def fired_alert(vm_id: str, now: datetime) -> dict[str, object]:
    """The common alert schema for VmAvailabilityMetric < 1. Azure Monitor lower-cases the target's id."""
    subscription = "/".join(vm_id.split("/")[:3])
    number = str(uuid.uuid5(uuid.NAMESPACE_URL, f"alert {vm_id}{now.isoformat()}"))
    rule = f"{subscription}/resourceGroups/rg-mon/providers/microsoft.insights/metricAlerts/vm-availability"
    essentials: dict[str, object] = {
        "alertId": f"{subscription}/providers/Microsoft.AlertsManagement/alerts/{number}",
        "alertRule": "vm-availability",
        "alertRuleId": rule,
        "severity": "Sev1",
        "signalType": "Metric",
        "monitorCondition": "Fired",
        "monitoringService": "Platform",
        "alertTargetIDs": [vm_id.lower()],
        "configurationItems": [vm_id.rsplit("/", 1)[-1]],
        "originAlertId": number,
        "firedDateTime": _zulu(now),
        "description": "",
        "essentialsVersion": "1.0",
        "alertContextVersion": "1.0",
    }
    measured = {
        "metricName": "VmAvailabilityMetric",
        "metricNamespace": "Microsoft.Compute/virtualMachines",
        "operator": "LessThan",
        "threshold": "1",
        "timeAggregation": "Average",
        "dimensions": [],
        "metricValue": 0,
    }
    window = {
        "windowSize": "PT5M",
        "allOf": [measured],
        "windowStartTime": _zulu(now - timedelta(minutes=6)),
        "windowEndTime": _zulu(now - timedelta(minutes=1)),
    }
    context = {"properties": None, "conditionType": "SingleResourceMultipleMetricCriteria", "condition": window}
    data = {"essentials": essentials, "alertContext": context, "customProperties": None}
    return {"schemaId": "azureMonitorCommonAlertSchema", "data": data}


def _zulu(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
