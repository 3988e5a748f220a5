"""NCRONTAB, the schedules of timer triggers: `{second} {minute} {hour} {day} {month} {day of week}`.

From "Timer trigger for Azure Functions": all six fields must match, the two of the day included, unlike in cron. A
schedule may also be an interval, `00:05:00`. Times are UTC.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_INTERVAL = re.compile(r"(\d+):([0-5]\d):([0-5]\d)")
# 29 February on a given weekday comes back after at most 40 years (across 1900, 2100, …).
_HORIZON_DAYS = 366 * 40


class ScheduleError(ValueError):
    """A schedule cannot be read, or is never due; the message quotes it."""


@dataclass(frozen=True)
class Schedule:
    """A schedule as read. `interval` is set for one that was given as an interval, the other fields otherwise."""

    seconds: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()
    interval: timedelta | None = None

    def next_after(self, moment: datetime) -> datetime:
        """The first time that is due after `moment` (aware). Raises ScheduleError when there is none."""
        if self.interval is not None:
            return moment + self.interval
        moment = moment.astimezone(UTC)
        if self._on(moment) and (later := self._time_after(moment.time())):
            return datetime.combine(moment.date(), later, UTC)
        first = time(self.hours[0], self.minutes[0], self.seconds[0])
        for ahead in range(1, _HORIZON_DAYS):
            day = moment + timedelta(days=ahead)
            if self._on(day):
                return datetime.combine(day.date(), first, UTC)
        raise ScheduleError("the schedule names a day that never comes")

    def _on(self, day: datetime) -> bool:
        return day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays

    def _time_after(self, moment: time) -> time | None:
        for hour in (hour for hour in self.hours if hour >= moment.hour):
            for minute in self.minutes:
                for second in self.seconds:
                    if (candidate := time(hour, minute, second)) > moment:
                        return candidate
        return None


def parse(text: str) -> Schedule:
    """Read a schedule. Raises ScheduleError."""
    if interval := _INTERVAL.fullmatch(text.strip()):
        hours, minutes, seconds = map(int, interval.groups())
        return Schedule(interval=timedelta(hours=hours, minutes=minutes, seconds=seconds))
    fields = text.split()
    if len(fields) != 6:
        raise ScheduleError(f"{text!r} has {len(fields)} fields, NCRONTAB has six: second first, day of week last")
    return Schedule(
        seconds=_field(fields[0], 0, 59),
        minutes=_field(fields[1], 0, 59),
        hours=_field(fields[2], 0, 23),
        days=_field(fields[3], 1, 31),
        months=_field(fields[4], 1, 12, _MONTHS),
        weekdays=_field(fields[5], 0, 6, _DAYS),
    )


def _field(text: str, low: int, high: int, names: list[str] | None = None) -> tuple[int, ...]:
    values: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        if step and (not step.isdecimal() or int(step) == 0):
            raise ScheduleError(f"{part!r} has a step that is not a whole number above 0")
        first, last = _span(span, low, high, names or [], open_ended=bool(step))
        values.update(range(first, last + 1, int(step or 1)))
    return tuple(sorted(values))


def _span(text: str, low: int, high: int, names: list[str], open_ended: bool) -> tuple[int, int]:
    if text == "*":
        return low, high
    first, dash, last = text.partition("-")
    begin = _value(first, low, high, names)
    end = _value(last, low, high, names) if dash else high if open_ended else begin
    if end < begin:
        raise ScheduleError(f"{text!r} ends before it begins")
    return begin, end


def _value(text: str, low: int, high: int, names: list[str]) -> int:
    if text[:3].lower() in names:
        return names.index(text[:3].lower()) + low
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ScheduleError(f"{text!r} is not a whole number from {low} to {high}")
    return int(text)
