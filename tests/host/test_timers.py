"""Timer triggers: the host publishes them, the world's clock runs them."""

import threading
from datetime import timedelta

from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.clock import ClockRunner
from sandbox.host.timer_schedule import TimerSchedule
from tests.host.world import KEYS, World


def sweeps(world: World) -> list[str]:
    return [line for line in world.effects() if line.startswith("sweep")]


def settle(world: World) -> None:
    """Wait until nobody in the world is busy."""
    while not world.clock.is_idle():
        seen = world.clock.pokes()
        if not world.clock.is_idle():
            assert world.clock.wait_for_poke(seen, 10)


def test_the_host_publishes_its_timers_with_their_settings_resolved(shared_world: World) -> None:
    timers = shared_world.call("GET", "/admin/host/timers", key=KEYS.master).json()
    assert timers == [{"name": "sweep", "schedule": "0 */5 * * * *", "run_on_startup": False}]


def test_a_timer_function_runs_each_time_it_is_due(world: World) -> None:
    enough = threading.Event()

    def observe(_: str, event: pb.HistoryEvent) -> None:
        if event.HasField("executionCompleted") and len(sweeps(world)) >= 3:
            enough.set()

    world.engine.subscribe(observe)
    schedule = TimerSchedule(world.clock, world.host)
    began = world.clock.now()
    with ClockRunner(world.clock):
        schedule.start()
        assert enough.wait(10)
    schedule.stop()
    assert world.clock.now() - began >= timedelta(minutes=15)
    assert schedule.failures == []
    assert "past_due=False" in sweeps(world)[0]
    assert f'"Last": "{(began + timedelta(minutes=5)).isoformat()}"' in sweeps(world)[1]


def test_a_run_holds_the_clock_until_it_has_ended(world: World) -> None:
    schedule = TimerSchedule(world.clock, world.host)
    schedule.start()
    world.clock.advance(300)
    settle(world)
    assert len(sweeps(world)) == 1
    schedule.stop()


def test_a_run_that_the_host_missed_makes_the_next_one_past_due(world: World) -> None:
    schedule = TimerSchedule(world.clock, world.host)
    schedule.start()
    world.host.kill()
    world.clock.advance(300)
    settle(world)
    assert schedule.missed() == ["sweep"]
    assert sweeps(world) == []
    world.host.start()
    world.clock.advance(300)
    settle(world)
    schedule.stop()
    assert schedule.missed() == []
    assert "past_due=True" in sweeps(world)[0]


def test_a_run_that_raises_is_told(world: World) -> None:
    world.effects_file.mkdir()
    schedule = TimerSchedule(world.clock, world.host)
    schedule.start()
    world.clock.advance(300)
    settle(world)
    schedule.stop()
    (failure,) = schedule.failures
    assert failure.startswith("sweep at 2026-11-23T08:05:00")
    assert failure.endswith("the host answered 500")


def test_the_admin_endpoint_runs_what_has_no_http_trigger(shared_world: World) -> None:
    run = "/admin/functions/"
    assert shared_world.call("POST", f"{run}sweep", "{}", KEYS.master).status == 202
    assert shared_world.call("POST", f"{run}sweep", "{}", KEYS.system).status == 401
    assert shared_world.call("POST", f"{run}echo", "{}", KEYS.master).status == 404
    assert shared_world.call("POST", f"{run}nobody", "{}", KEYS.master).status == 404
