"""The world's side of timer triggers: the virtual clock says when one is due, the host is asked to run it."""

import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sandbox.clock import Alarm, VirtualClock
from sandbox.host.ncrontab import Schedule, parse
from sandbox.host.process import HostProcess

_REQUEST_SECONDS = 60


@dataclass(frozen=True)
class _Timer:
    name: str
    schedule: Schedule
    last: datetime | None = None
    missed: bool = False


class TimerSchedule:
    """Runs a host's timer functions when they are due. A run under way holds the clock.

    A run that the host does not take, because it is down, is missed: the next one is told that it is past due. One
    that it took and that raised stands in `failures`.
    """

    def __init__(self, clock: VirtualClock, host: HostProcess) -> None:
        self._clock = clock
        self._host = host
        self._timers: dict[str, _Timer] = {}
        self._alarms: dict[str, Alarm] = {}
        self.failures: list[str] = []
        self._under_way = 0
        self._stopped = False
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, "timer-trigger")
        clock.add_idle_check(self.idle)

    def start(self) -> None:
        """Read the timers of the host, which must run, and wait for each. One with `run_on_startup` runs at once."""
        timers: list[dict[str, Any]] = json.loads(self._request("GET", "/admin/host/timers")[1])
        for given in timers:
            timer = _Timer(given["name"], parse(given["schedule"]))
            self._timers[timer.name] = timer
            if given["run_on_startup"]:
                self._run(timer.name)
            else:
                self._wait(timer)

    def stop(self) -> None:
        """No timer runs any more; one under way ends first."""
        with self._lock:
            self._stopped = True
        for alarm in self._alarms.values():
            alarm.cancel()
        self._thread.shutdown()

    def idle(self) -> bool:
        """Whether no run is under way."""
        return self._under_way == 0

    def missed(self) -> list[str]:
        """The timers whose last run the host did not take."""
        return [timer.name for timer in self._timers.values() if timer.missed]

    def _wait(self, timer: _Timer) -> None:
        due = timer.schedule.next_after(self._clock.now())
        self._alarms[timer.name] = self._clock.call_at(due, partial(self._run, timer.name), f"timer {timer.name}")

    def _run(self, name: str) -> None:
        with self._lock:
            if self._stopped:
                return
            self._under_way += 1
            self._wait(self._timers[name])
            self._thread.submit(self._post, name)

    def _post(self, name: str) -> None:
        timer = self._timers[name]
        now = self._clock.now()
        try:
            status, _ = self._request("POST", f"/admin/functions/{name}", _input(timer, now))
            self._timers[name] = replace(timer, last=now, missed=False)
            if status != http.HTTPStatus.ACCEPTED:
                self.failures.append(f"{name} at {now.isoformat()}: the host answered {status}")
        except (OSError, http.client.HTTPException):
            self._timers[name] = replace(timer, missed=True)
        finally:
            with self._lock:
                self._under_way -= 1
            self._clock.poke()

    def _request(self, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(urlsplit(self._host.url).netloc, timeout=_REQUEST_SECONDS)
        headers = {"x-functions-key": self._host.keys.master, "Content-Type": "application/json"}
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def _input(timer: _Timer, now: datetime) -> str:
    """The body of the admin request: what the timer trigger's binding gives, in its own JSON."""
    status = {
        "Last": timer.last.isoformat() if timer.last else None,
        "LastUpdated": (timer.last or now).isoformat(),
        "Next": timer.schedule.next_after(now).isoformat(),
    }
    given = {"IsPastDue": timer.missed, "ScheduleStatus": status, "Schedule": {"AdjustForDST": True}}
    return json.dumps({"input": json.dumps(given)})
