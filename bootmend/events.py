"""Which events and alerts are a hint that a VM does not boot. Pure; the tables of cases are tests/events/.

Sources: HealthResources events in Azure Event Grid; Resource Health virtual machine health annotations; Common alert schema
for Azure Monitor alerts.
"""

from collections.abc import Iterator

from pydantic import ValidationError

from bootmend.models.events import Alert, AlertContext, HealthData, HealthProperties, Hint, Ignored
from bootmend.models.record import Moment
from bootmend.names import ResourceId

_HEALTH = "microsoft.resourcenotifications.healthresources."
_AVAILABILITY = {_HEALTH + "availabilitystatuschanged", _HEALTH + "availabilitystatuseschanged"}
"""The documentation spells the type in both ways."""
_ANNOTATED = _HEALTH + "resourceannotated"

COUNTED_ANNOTATIONS = {("VirtualMachineCrashed", "VM Initiated")}
"""Annotation and context. Others are the platform's doing, or people's, and our own deallocate and start among them."""
COUNTED_STATES = {"Unavailable"}
COUNTED_METRICS = {"VmAvailabilityMetric"}


def read_event(event_type: str, data: object, event_time: Moment | None) -> Hint | Ignored:
    """Reads the type and data of an event of either schema. What is not understood is ignored, never an error: Event Grid
    would deliver it again and again."""
    kind = event_type.lower()
    if kind not in _AVAILABILITY and kind != _ANNOTATED:
        return Ignored(why=f"events of type {event_type[:200]} are not about the health of VMs")
    try:
        said = HealthData.model_validate(data).resource_info.properties
    except ValidationError as error:
        return Ignored(why=f"the event's data are not understood: {_first(error)}")
    vm_id = vm_id_of(said.target_resource_id)
    if vm_id is None:
        return Ignored(why=f"{said.target_resource_id[:300]} is not a virtual machine")
    what = _annotation(said) if kind == _ANNOTATED else _availability(said)
    if isinstance(what, Ignored):
        return what
    return Hint(vm_id=vm_id, occurred_at=said.occurred_time or event_time, what=what, source="event")


def _annotation(said: HealthProperties) -> str | Ignored:
    if (said.annotation_name, said.context) in COUNTED_ANNOTATIONS:
        return said.annotation_name
    return Ignored(why=f"annotation {said.annotation_name[:100]} ({said.context[:100]}) is no crash of the guest")


def _availability(said: HealthProperties) -> str | Ignored:
    if said.availability_state in COUNTED_STATES:
        return said.availability_state
    return Ignored(why=f"the VM is {said.availability_state[:100] or 'in no state'}, not unavailable")


def read_alert(alert: Alert) -> Iterator[tuple[str, Hint | Ignored]]:
    """Each target of an alert with its hint, or why it is none. Azure Monitor lower-cases the targets' ids."""
    said = alert.data.essentials
    why_not = _alert_counts_not(alert)
    for target in dict.fromkeys(said.alert_target_ids):
        vm_id = vm_id_of(target)
        if why_not is not None:
            yield target, Ignored(why=why_not)
        elif vm_id is None:
            yield target, Ignored(why="it is not a virtual machine")
        else:
            yield (
                vm_id,
                Hint(vm_id=vm_id, occurred_at=said.fired_at, what=f"alert {said.alert_rule}"[:200], source="alert"),
            )


def _alert_counts_not(alert: Alert) -> str | None:
    said, context = alert.data.essentials, alert.data.context or AlertContext()
    if said.monitor_condition != "Fired":
        return f"its condition is {said.monitor_condition[:50]}, not Fired"
    if said.monitoring_service == "ResourceHealth":
        return _health_counts_not(context)
    if said.monitoring_service == "Platform" and said.signal_type == "Metric":
        criteria = context.condition.all_of if context.condition else ()
        if any(criterion.metric_name in COUNTED_METRICS for criterion in criteria):
            return None
        return f"its metric is not {', '.join(sorted(COUNTED_METRICS))}"
    return f"alerts of {said.monitoring_service[:50]} are neither of a metric nor of resource health"


def _health_counts_not(context: AlertContext) -> str | None:
    said = context.properties
    if said is None or said.current_health_status not in COUNTED_STATES:
        return "the resource is not unavailable"
    if said.cause == "UserInitiated":
        return "somebody with the right to do so stopped the VM"
    return None


def vm_id_of(text: str) -> str | None:
    """The id in Azure's own spelling, or None for what is no virtual machine (an instance of a scale set is none)."""
    try:
        parsed = ResourceId.parse(text)
    except ValueError:
        return None
    return str(parsed) if parsed.full_type == "Microsoft.Compute/virtualMachines" else None


def _first(error: ValidationError) -> str:
    fault = error.errors()[0]
    return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
