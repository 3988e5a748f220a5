"""NCRONTAB schedules: when they are due, and which are refused."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.host.ncrontab import ScheduleError, parse

MONDAY = datetime(2026, 11, 23, 8, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("0 */5 * * * *", "2026-11-23T08:05:00"),
        ("*/15 * * * * *", "2026-11-23T08:00:45"),
        ("0 0 * * * *", "2026-11-23T09:00:00"),
        ("0 0 */2 * * *", "2026-11-23T10:00:00"),
        ("0 0 9-17 * * *", "2026-11-23T09:00:00"),
        ("0 30 9 * * *", "2026-11-23T09:30:00"),
        ("0 30 7 * * *", "2026-11-24T07:30:00"),
        ("0 30 9 * * 1-5", "2026-11-23T09:30:00"),
        ("0 30 9 * * Sat,Sun", "2026-11-28T09:30:00"),
        ("0 30 9 * Jan Mon", "2027-01-04T09:30:00"),
        ("0 0 0 13 * 5", "2027-08-13T00:00:00"),
        ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
        ("0 0 0 29 2 mon", "2044-02-29T00:00:00"),
        ("5/20 0 8 * * *", "2026-11-23T08:00:45"),
        ("30 0 8 * * *", "2026-11-24T08:00:30"),
        ("00:05:00", "2026-11-23T08:05:30"),
    ],
)
def test_a_schedule_is_due_next(text: str, due: str) -> None:
    assert parse(text).next_after(MONDAY) == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("* * * * *", "has 5 fields"),
        ("60 * * * * *", "from 0 to 59"),
        ("0 0 0 0 * *", "from 1 to 31"),
        ("0 0 0 * * 7", "from 0 to 6"),
        ("0 0 0 * Foo *", "from 1 to 12"),
        ("0 */0 * * * *", "step"),
        ("0 9-5 * * * *", "ends before it begins"),
        ("", "has 0 fields"),
    ],
)
def test_a_schedule_that_cannot_be_read_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ScheduleError, match=reason):
        parse(text)


def test_a_day_that_never_comes_is_refused() -> None:
    with pytest.raises(ScheduleError, match="never comes"):
        parse("0 0 0 30 2 *").next_after(MONDAY)


@given(
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
)
def test_the_next_time_is_the_first_after(moment: datetime, minute: int, hour: int) -> None:
    due = parse(f"0 {minute} {hour} * * *").next_after(moment)
    assert due > moment
    assert (due - moment).total_seconds() <= 86400
    assert (due.hour, due.minute, due.second) == (hour, minute, 0)
