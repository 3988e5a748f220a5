"""Managed run commands (Virtual Machine Run Commands): order a script, read how far it has got, end it."""

from functools import partial

from sandbox.azure.account import Account
from sandbox.azure.compute.guest import begin_script
from sandbox.azure.compute.machine import Machine
from sandbox.azure.compute.power import catch_up, cut_off
from sandbox.azure.compute.run_command import RunCommand
from sandbox.azure.durations import RUN_COMMAND_GIVES_UP
from sandbox.azure.errors import ArmError, OperationFailedError, invalid, not_allowed
from sandbox.azure.operations import Finish, Order
from sandbox.azure.wire import Call, Json, Reply

_TYPE = "Microsoft.Compute/virtualMachines/runCommands"
_MOST = 25


class RunCommandService:
    """Answers for Microsoft.Compute/virtualMachines/runCommands."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def put(self, call: Call) -> Reply:
        """Order a script. With asyncExecution the operation ends when the script starts."""
        machine = self._machine(call)
        name = call.parts["command"]
        existing = self._named(machine, name)
        if machine.power != "running":
            raise not_allowed("Cannot modify extensions in the VM when the VM is not running.")
        if existing is None and len(machine.run_commands) >= _MOST:
            raise ArmError(409, "OperationNotAllowed", f"A VM can have at most {_MOST} run commands.")
        command = _read(machine, name, call.json())
        if existing is not None:
            cut_off(machine, existing.name, self._account.now())
            del machine.run_commands[existing.name]
        headers = self._begin(machine, command, "write", "run_command", partial(self._started, machine, command), call)
        machine.run_commands[command.name] = command
        return Reply(201 if existing is None else 200, command.shape(self._account.now(), instance_view=False), headers)

    def get(self, call: Call) -> Reply:
        command = self._find(call)
        expand = call.query.get("$expand", "").lower() == "instanceview"
        return Reply(200, command.shape(self._account.now(), instance_view=expand))

    def list(self, call: Call) -> Reply:
        shown = [c.shape(self._account.now(), instance_view=False) for c in self._machine(call).run_commands.values()]
        return Reply(200, {"value": shown})

    def delete(self, call: Call) -> Reply:
        """Ends a script that is running. 204 when there is none of that name."""
        machine = self._machine(call)
        command = self._named(machine, call.parts["command"])
        if command is None:
            return Reply(204)

        def gone() -> None:
            cut_off(machine, command.name, self._account.now())
            machine.run_commands.pop(command.name, None)

        return Reply(202, None, self._begin(machine, command, "delete", "delete_run_command", gone, call))

    def _machine(self, call: Call) -> Machine:
        machine = self._account.machine(call)
        catch_up(self._account, machine)
        return machine

    @staticmethod
    def _named(machine: Machine, name: str) -> RunCommand | None:
        return next((c for known, c in machine.run_commands.items() if known.lower() == name.lower()), None)

    def _find(self, call: Call) -> RunCommand:
        command = self._named(self._machine(call), call.parts["command"])
        if command is None:
            message = f"The entity {call.parts['command']} was not found in this Azure location."
            raise ArmError(404, "NotFound", message)
        return command

    def _begin(
        self, machine: Machine, command: RunCommand, verb: str, work: str, finish: Finish, call: Call
    ) -> dict[str, str]:
        """The script starts by an extension of the VM: without a working agent Azure waits long, and gives up."""
        waits = verb == "write" and not machine.agent_ready(self._account.now())
        order = Order(
            kind=f"{_TYPE}/{verb}",
            target=command.id,
            location=machine.location,
            seconds=RUN_COMMAND_GIVES_UP if waits else self._account.durations.draw(work, machine.group),
            finish=finish,
            holds=(command.id.lower(),),
            abandon=partial(self._failed, command),
        )
        operation = self._account.operations.begin(order, call.query["api-version"])
        return self._account.operations.accepted(operation, call, location=verb == "delete")

    @staticmethod
    def _failed(command: RunCommand) -> None:
        if command.provisioning != "Succeeded":
            command.provisioning = "Failed"

    def _started(self, machine: Machine, command: RunCommand) -> Json | None:
        now = self._account.now()
        if not machine.agent_ready(now):
            raise OperationFailedError(
                "VMExtensionProvisioningTimeout",
                f"Provisioning of VM extension {command.name} has timed out. Extension provisioning has taken too long to "
                "complete. The extension did not report a message.",
            )
        command.before = {key: disk.clone() for key, disk in machine.mounted.items()}
        command.run = begin_script(self._account, machine, command)
        command.started = now
        command.provisioning = "Succeeded"
        if command.overruns():
            # The limit ends the script some time later: what it would have done by its end is not on the disks then.
            machine.mounted.update(
                {key: disk.clone() for key, disk in command.before.items() if key in machine.mounted}
            )
        return None


def _read(machine: Machine, name: str, body: Json) -> RunCommand:
    properties = body.get("properties") or {}
    script = (properties.get("source") or {}).get("script")
    if not script:
        raise invalid("source", "The run command needs source.script.")
    if "location" not in body:
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    if not properties.get("asyncExecution"):
        raise invalid("asyncExecution", "Only run commands with asyncExecution true are served here.")
    limit = float(properties.get("timeoutInSeconds", 5400))
    if limit <= 0:
        raise invalid("timeoutInSeconds", "The value must be above 0.")
    return RunCommand(
        id=f"{machine.id}/runCommands/{name}",
        name=name,
        location=machine.location,
        script=script,
        parameters={p["name"]: p["value"] for p in properties.get("parameters") or []},
        protected={p["name"]: p["value"] for p in properties.get("protectedParameters") or []},
        asynchronous=bool(properties.get("asyncExecution", False)),
        limit=limit,
        tags=dict(body.get("tags") or {}),
    )
