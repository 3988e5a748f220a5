"""A managed run command: the script that was ordered, and how far it has got (Virtual Machine Run Commands - Get)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.azure.wire import Json, second
from sandbox.windows import ScriptRun, WindowsDisk


@dataclass(kw_only=True)
class RunCommand:
    """`before` is what the VM had of its disks when the script began: a script that is cut off leaves that behind."""

    id: str
    name: str
    location: str
    script: str
    parameters: dict[str, str]
    protected: dict[str, str]
    asynchronous: bool
    limit: float
    tags: dict[str, str] = field(default_factory=dict)
    provisioning: str = "Creating"
    run: ScriptRun | None = None
    before: dict[str, WindowsDisk] = field(default_factory=dict)
    started: datetime | None = None
    cut_off: datetime | None = None

    def ends_at(self) -> datetime | None:
        """When the script ends by itself or by its time limit; None before it has begun."""
        if self.run is None or self.started is None:
            return None
        return self.started + timedelta(seconds=min(self.run.seconds, self.limit))

    def is_running(self, now: datetime) -> bool:
        """Whether the script is at work."""
        end = self.ends_at()
        return end is not None and self.cut_off is None and now < end

    def overruns(self) -> bool:
        """Whether the time limit ends it."""
        return self.run is not None and self.run.seconds > self.limit

    def shape(self, now: datetime, *, instance_view: bool) -> Json:
        """The body of a GET. Protected parameters are never shown."""
        properties: Json = {
            "source": {"script": self.script},
            "parameters": [{"name": name, "value": value} for name, value in self.parameters.items()],
            "asyncExecution": self.asynchronous,
            "timeoutInSeconds": int(self.limit),
            "treatFailureAsDeploymentFailure": False,
            "provisioningState": self.provisioning,
        }
        if instance_view:
            properties["instanceView"] = self._instance_view(now)
        return {
            "name": self.name,
            "id": self.id,
            "type": "Microsoft.Compute/virtualMachines/runCommands",
            "location": self.location,
            "tags": dict(self.tags),
            "properties": properties,
        }

    def _instance_view(self, now: datetime) -> Json:
        view: Json = {
            "executionState": self._state(now),
            "executionMessage": "",
            "output": "",
            "error": "",
            "statuses": [],
        }
        if self.run is None or self.started is None:
            return view
        end = self.cut_off or self.ends_at() or now
        view["output"] = self.run.output_at((min(now, end) - self.started).total_seconds())
        view["startTime"] = second(self.started)
        if now >= end:
            view["endTime"] = second(end)
        if now >= end and view["executionState"] in ("Succeeded", "Failed"):
            view["exitCode"] = self.run.exit_code
            view["error"] = self.run.error
        return view

    def _state(self, now: datetime) -> str:
        end = self.ends_at()
        if self.run is None or end is None:
            return "Failed" if self.provisioning == "Failed" else "Pending"
        if self.cut_off is not None and self.cut_off < end:
            return "Canceled"
        if now < end:
            return "Running"
        if self.overruns():
            return "TimedOut"
        return "Succeeded" if self.run.exit_code == 0 else "Failed"
