"""What the player needs of a world: its clock, the API, and the hands that move things behind the repair's back."""

from collections.abc import Sequence
from typing import Protocol

from sandbox.clock import VirtualClock
from sandbox.player.api import RepairApi
from sandbox.scenario_play import Incident


class Request(Protocol):
    """One ARM request, as the simulator saw it."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def operation(self) -> str: ...


class Stage(Protocol):
    """A world to play in."""

    @property
    def clock(self) -> VirtualClock: ...

    @property
    def api(self) -> RepairApi:
        """The API of the host that runs now: a restarted host has another."""
        ...

    @property
    def vm_id(self) -> str:
        """Resource id of the scenario's VM."""
        ...

    def news(self) -> object:
        """Another value whenever the repair may have changed since the last one."""
        ...

    def settle(self, real_seconds: float) -> bool:
        """Wait until nobody has work in flight; False if that takes longer than this."""
        ...

    def restart_host(self) -> None:
        """Kill the Functions host without warning, and start another."""
        ...

    def happen(self, incident: Incident) -> None:
        """Do this to the source VM, as someone else would."""
        ...

    def requests(self) -> Sequence[Request]:
        """Every ARM request of the app so far."""
        ...

    def unlisted_candidates(self) -> list[str]:
        """Ids of the resources that exist now and bear our tags or were created since the start."""
        ...

    def changes_of_vm(self) -> list[str]:
        """How the source VM differs from what it was at the start: power, OS disk, our tags. In words."""
        ...

    def os_disk_of_vm(self) -> str:
        """Id of the disk that the source VM has as its OS disk now; empty once the VM is gone."""
        ...
