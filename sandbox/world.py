"""The sandbox put together: clock, durable engine, simulated Azure, and the Functions host in a process of its own."""

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from sandbox.azure import AzureSimulator, BackupSpec, FaultSpec, LockSpec, SourceSpec, TraceRow, WorldSpec
from sandbox.azure.authorization import ROLES
from sandbox.clock import VirtualClock
from sandbox.engine.durable_engine import DurableEngine
from sandbox.host.keys import HostKeys
from sandbox.host.process import HostProcess
from sandbox.host.timer_schedule import TimerSchedule
from sandbox.player.account import VmSeen, changes, see_vm, to_be_listed
from sandbox.player.api import RepairApi
from sandbox.scenario import Scenario
from sandbox.scenario_play import Incident

APP_FOLDER = Path(__file__).resolve().parents[1]
SETTLE_SECONDS = 0.001
"""How long nobody may stir before the world counts as still: it covers the hand-over between two threads."""


class World:
    """One scenario's world. Entering it starts everything, leaving it stops everything."""

    def __init__(
        self,
        scenario: Scenario,
        app_folder: Path = APP_FOLDER,
        port: int = 0,
        engine: Callable[[VirtualClock], DurableEngine] = DurableEngine,
        roles: Path = ROLES,
        *,
        timers: bool = False,
    ) -> None:
        """`port` is the function app's; 0 takes a free one. `roles`: the folder of the role definitions.

        `timers`: whether the app's timer functions run. Then there is always something that is still to come.
        """
        self.scenario = scenario
        self.clock = VirtualClock()
        self.engine = engine(self.clock)
        self.spec = world_spec(scenario)
        mood = scenario.azure
        self.azure = AzureSimulator(
            self.clock, self.spec, seed=mood.seed, profile=mood.profile, factor=mood.factor, roles=roles
        )
        self.vm = self.azure.vm(scenario.vm.name)
        self.vm_id = self.vm.id
        self._vm_at_start = self._vm_seen()
        self.keys = HostKeys()
        self._app_folder = app_folder
        self._port = port
        self._timers = timers
        self._closing = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            home = stack.enter_context(tempfile.TemporaryDirectory(prefix="bootmend-home-"))
            engine_address = self.engine.start()
            stack.callback(self.engine.stop)
            self.azure.start()
            stack.callback(self.azure.stop)
            environment = self._environment(home)
            self._host = _HostOnPort(self._port, self._app_folder, engine_address, environment, self.keys)
            self._host.start()
            stack.callback(self._host.stop)
            if self._timers:
                schedule = TimerSchedule(self.clock, self._host)
                schedule.start()
                stack.callback(schedule.stop)
            self.api = RepairApi(self._host.url, self.keys.function, self.keys.system)
            stack.callback(self.api.close)
            self._closing = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    @property
    def host_url(self) -> str:
        """`http://127.0.0.1:port` of the function app."""
        return self._host.url

    def host_log(self) -> list[str]:
        """The last lines that the Functions host wrote."""
        return self._host.log()

    def news(self) -> object:
        """Another value whenever the repair may have changed: its engine has worked since."""
        return self.engine.counts()

    def settle(self, real_seconds: float) -> bool:
        """Wait until nobody has work in flight; False if that takes longer than this."""
        until = time.monotonic() + real_seconds
        while time.monotonic() < until:
            seen = self.clock.pokes()
            idle = self.clock.is_idle()
            if not self.clock.wait_for_poke(seen, SETTLE_SECONDS if idle else 0.02) and idle and self.clock.is_idle():
                return True
        return False

    @property
    def host_runs(self) -> bool:
        """Whether the Functions host lives."""
        return self._host.running

    def kill_host(self) -> None:
        """Kill the Functions host without warning (SIGKILL), from any thread. `restart_host` is another's to call."""
        self._host.strike()

    def restart_host(self) -> None:
        """Kill the Functions host without warning, and start another."""
        self._host.kill()
        self.api.close()
        self._host.start()

    def happen(self, incident: Incident) -> None:
        """Do this to the source VM, as someone else would."""
        match incident:
            case "vm_recovers":
                self.vm.recover()
            case "os_disk_swapped":
                self.vm.swap_os_disk_behind_our_back()
            case "vm_deleted":
                self.vm.delete()
            case "readonly_lock":
                self.vm.set_lock("ReadOnly", "group")
        self.clock.poke()

    def requests(self) -> Sequence[TraceRow]:
        """Every ARM request of the app so far."""
        return self.azure.trace

    @property
    def evidence(self) -> Path:
        """The folder in which the simulated storage account keeps the content of its blobs, under names of its own."""
        return self.azure.storage.folder

    def unlisted_candidates(self) -> list[str]:
        """Ids of the resources that are new since the start or bear our tags: the report must list each."""
        return to_be_listed(self.azure.resources(), self._vm_seen())

    def changes_of_vm(self) -> list[str]:
        """How the source VM differs from what it was at the start, in words."""
        return changes(self._vm_at_start, self._vm_seen())

    def os_disk_of_vm(self) -> str:
        """Id of the disk that the source VM has as its OS disk now; empty once the VM is gone."""
        return self._vm_seen().os_disk_id

    def _vm_seen(self) -> VmSeen:
        return see_vm(self.vm, self.azure.resources())

    def _environment(self, home: str) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": home,
            **self.azure.environment(),
            "BOOTMEND_REPAIR_GROUP": self.spec.repair_group,
            "BOOTMEND_REPAIR_SUBNETS": json.dumps(self.azure.repair_subnets()),
            **self._backup_settings(),
            **self.scenario.settings,
        }

    def _backup_settings(self) -> dict[str, str]:
        if self.scenario.backup.vault == "none":
            return {}
        return {
            "BOOTMEND_BACKUP_VAULTS": json.dumps([self.spec.vault_id]),
            "BOOTMEND_RESTORE_STAGING": json.dumps({self.scenario.vm.location: self.spec.staging_id}),
        }


class _HostOnPort(HostProcess):
    """A host whose first start already takes a given port."""

    def __init__(
        self, port: int, app_folder: Path, engine_address: str, environment: dict[str, str], keys: HostKeys
    ) -> None:
        super().__init__(app_folder, engine_address, environment, keys)
        self._options = replace(self._options, port=port)


def _backup_spec(scenario: Scenario) -> BackupSpec:
    return BackupSpec(**scenario.backup.model_dump(exclude={"vault"}))


def world_spec(scenario: Scenario) -> WorldSpec:
    """The scenario's VM and Azure's mood, as the simulator takes them."""
    vm = scenario.vm
    source = SourceSpec(
        vm=vm.spec(),
        windows=scenario.windows.spec(),
        location=vm.location,
        size=vm.size,
        security=vm.security,
        zone=vm.zone,
        ephemeral_os_disk=vm.ephemeral_os_disk,
        controller=vm.controller,
        disk_controllers=vm.disk_controllers,
        power=vm.power,
        tags=dict(vm.tags),
        locks=tuple(LockSpec(level=lock.level, scope=lock.scope) for lock in vm.locks),
        boot_diagnostics=vm.boot_diagnostics,
        backup=_backup_spec(scenario),
    )
    faults = tuple(FaultSpec(**fault.model_dump()) for fault in scenario.azure.faults)
    return WorldSpec(
        sources=(source,),
        faults=faults,
        vault_readable=scenario.backup.vault != "forbidden",
        stale_agent=scenario.azure.stale_agent,
        sfc_seconds=scenario.windows.sfc_seconds,
    )
