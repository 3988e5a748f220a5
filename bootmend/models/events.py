"""What reports that a VM may not boot: Event Grid's health events and Azure Monitor's alerts, reduced to what a triage needs."""

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from bootmend.models.boot import Diagnosis
from bootmend.models.record import Moment, Record
from bootmend.models.repair import Outcome

HintSource = Literal["event", "alert"]


class Hint(Record):
    """Somebody says that a VM is down. No event carries a stop code: it is a hint, to be confirmed from the VM itself."""

    vm_id: str
    occurred_at: Moment | None
    what: str
    source: HintSource


class Ignored(Record):
    """An event that starts nothing, and why."""

    why: str


class HealthProperties(Record):
    """`data.resourceInfo.properties` of a health event (HealthResources events in Azure Event Grid)."""

    model_config = ConfigDict(alias_generator=to_camel)

    target_resource_id: str
    occurred_time: Moment | None = None
    annotation_name: str = ""
    context: str = ""
    previous_availability_state: str = ""
    availability_state: str = ""


class HealthResource(Record):
    properties: HealthProperties


class HealthData(Record):
    """The `data` of a health event, the same in both schemas."""

    resource_info: HealthResource = Field(alias="resourceInfo")


class AlertEssentials(Record):
    """The part that all alerts share (Common alert schema for Azure Monitor alerts)."""

    alert_rule: str = Field(default="", alias="alertRule")
    monitor_condition: str = Field(alias="monitorCondition")
    monitoring_service: str = Field(alias="monitoringService")
    signal_type: str = Field(default="", alias="signalType")
    alert_target_ids: tuple[str, ...] = Field(default=(), alias="alertTargetIDs", max_length=1000)
    fired_at: Moment | None = Field(default=None, alias="firedDateTime")


class MetricCriterion(Record):
    metric_name: str = Field(default="", alias="metricName")


class MetricCondition(Record):
    all_of: tuple[MetricCriterion, ...] = Field(default=(), alias="allOf")


class HealthAlertProperties(Record):
    """What a resource health alert says of the resource (Resource Health alert schema)."""

    current_health_status: str = Field(default="", alias="currentHealthStatus")
    cause: str = ""


class AlertContext(Record):
    condition: MetricCondition | None = None
    properties: HealthAlertProperties | None = None


class AlertData(Record):
    essentials: AlertEssentials
    context: AlertContext | None = Field(default=None, alias="alertContext")


class Alert(Record):
    """POST /api/alerts: the body that an action group sends."""

    schema_id: Literal["azureMonitorCommonAlertSchema"] = Field(alias="schemaId")
    data: AlertData


class TriageJob(Record):
    """The input of `triage_vm`. Seconds are settings of the moment at which the hint came."""

    hint: Hint
    settle_seconds: int
    quiet_seconds: int


class LookAtVm(Record):
    vm_id: str
    at: Moment


class Finding(Record):
    """What a triage saw of the VM. `auto` and `excluded` are its tags."""

    found: bool = True
    diagnosis: Diagnosis | None = None
    excluded: bool = False
    auto: bool = False


class PastRepair(Record):
    """A repair of the same VM, as the engine lists it. `ended_at` None: it is active."""

    repair_id: str
    began_at: Moment
    ended_at: Moment | None = None
    outcome: Outcome | None = None


class Confirmed(Record):
    """A hint that the VM itself has confirmed."""

    hint: Hint
    finding: Finding
    at: Moment


class TriageEnd(Record):
    """What came of a triage: a repair, or the reason why there is none."""

    repair_id: str | None = None
    why: str
    looked_at: Moment


class HintTaken(Record):
    """What came of one target of an alert."""

    vm_id: str
    triage: Literal["started", "ignored"]
    why: str


class AlertTaken(Record):
    """202: every target of the alert, and what came of it."""

    targets: tuple[HintTaken, ...]
