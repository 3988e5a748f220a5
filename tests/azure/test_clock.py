"""The virtual clock: order, jumps, idleness, pace."""

import threading
from datetime import datetime, timedelta
from functools import partial

import pytest

from sandbox.clock import START, ClockRunner, VirtualClock


def test_it_stands_still_until_told() -> None:
    clock = VirtualClock()
    assert clock.now() == START
    assert clock.advance_to_next() is False
    assert clock.now() == START


def test_callbacks_run_in_order_of_time_then_of_registration() -> None:
    clock = VirtualClock()
    seen: list[tuple[str, float]] = []

    def note(name: str) -> None:
        seen.append((name, (clock.now() - START).total_seconds()))

    for name, seconds in (("late", 30), ("first", 10), ("second", 10), ("third", 10)):
        clock.call_after(seconds, partial(note, name), name)
    while clock.advance_to_next():
        pass
    assert seen == [("first", 10), ("second", 10), ("third", 10), ("late", 30)]


def test_a_cancelled_callback_does_not_run_and_does_not_move_the_clock() -> None:
    clock = VirtualClock()
    alarm = clock.call_after(5, lambda: pytest.fail("it was cancelled"))
    alarm.cancel()
    assert clock.next_at() is None
    assert clock.advance_to_next() is False
    assert clock.now() == START


def test_a_time_gone_by_is_due_at_once_and_time_never_goes_back() -> None:
    clock = VirtualClock()
    clock.advance(60)
    clock.call_at(START, lambda: None)
    assert clock.next_at() == START + timedelta(seconds=60)
    clock.advance_to_next()
    assert clock.now() == START + timedelta(seconds=60)


def test_advance_runs_what_callbacks_register_on_the_way() -> None:
    clock = VirtualClock()
    seen: list[datetime] = []

    def again() -> None:
        seen.append(clock.now())
        clock.call_after(10, again)

    clock.call_after(10, again)
    clock.advance(35)
    assert [(moment - START).total_seconds() for moment in seen] == [10, 20, 30]
    assert clock.now() == START + timedelta(seconds=35)


def test_a_naive_start_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        VirtualClock(datetime(2026, 1, 1))  # noqa: DTZ001


def test_the_runner_waits_while_someone_is_busy() -> None:
    clock = VirtualClock()
    asked, done = threading.Event(), threading.Event()
    busy = [True]

    def idle() -> bool:
        asked.set()
        return not busy[0]

    clock.add_idle_check(idle)
    clock.call_after(3600, done.set)
    with ClockRunner(clock):
        assert asked.wait(5)
        assert clock.now() == START
        busy[0] = False
        clock.poke()
        assert done.wait(5)
    assert clock.now() == START + timedelta(hours=1)


def test_a_paced_runner_is_interrupted_by_an_earlier_callback() -> None:
    clock = VirtualClock()
    early = threading.Event()
    clock.call_after(10_000_000, lambda: pytest.fail("much too early"))
    with ClockRunner(clock, pace=1000):
        clock.call_after(1, early.set)
        assert early.wait(5)
    assert clock.now() == START + timedelta(seconds=1)


def test_what_a_callback_raises_comes_out_of_stop() -> None:
    clock = VirtualClock()
    failed = threading.Event()

    def fail() -> None:
        failed.set()
        raise RuntimeError("broken")

    runner = ClockRunner(clock)
    clock.call_after(1, fail)
    runner.start()
    assert failed.wait(5)
    with pytest.raises(RuntimeError, match="broken"):
        runner.stop()


def test_two_runs_of_the_same_callbacks_are_the_same() -> None:
    def play() -> list[tuple[str, datetime]]:
        clock = VirtualClock()
        seen: list[tuple[str, datetime]] = []

        def spawn(name: str, depth: int) -> None:
            seen.append((name, clock.now()))
            for child in range(depth):
                clock.call_after(7 * child % 3, partial(spawn, f"{name}.{child}", depth - 1))

        for root in range(3):
            clock.call_after(root % 2, partial(spawn, str(root), 3))
        with ClockRunner(clock):
            idle = threading.Event()
            clock.call_after(3600, idle.set)
            assert idle.wait(10)
        return seen

    assert play() == play()
