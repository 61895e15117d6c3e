"""Cron texts read a second time, by counting minutes: what the program's library says must equal this."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

__all__ = ["next_by_cron"]

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MINUTE = timedelta(minutes=1)
_YEARS = 9  # the 29th of February may be eight years away


def next_by_cron(text: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return the first occurrence strictly after an instant; skipped and doubled local times by R20."""
    fields = text.lower().split()
    minutes, hours, days, months, weekdays = (
        _numbers(field, *bounds) for field, bounds in zip(fields, _RANGES, strict=True)
    )
    both = fields[2].startswith("*") or fields[4].startswith("*")  # else one of the two days is enough

    def comes(day: date) -> bool:
        named = (day.day in days, day.isoweekday() % 7 in {number % 7 for number in weekdays})
        return day.month in months and (all(named) if both else any(named))

    first = after.astimezone(zone).date() - timedelta(days=1)
    for day in (first + timedelta(days=n) for n in range(_YEARS * 366)):
        if comes(day):
            for hour, minute in product(sorted(hours), sorted(minutes)):
                instant = _instant(datetime.combine(day, time(hour, minute)), zone)
                if instant > after:
                    return instant
    return None


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the first coming of a local time, or the end of the gap that it lies in."""
    while True:
        instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) == wall:
            return instant
        wall += _MINUTE


def _numbers(field: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = low, high
        else:
            begin, dash, end = span.partition("-")
            first = _number(begin)
            last = _number(end) if dash else high if step else first
        found |= set(range(first, last + 1, int(step or 1)))
    return found


def _number(word: str) -> int:
    if word in _DAYS:
        return _DAYS.index(word)
    return _MONTHS.index(word) + 1 if word in _MONTHS else int(word)
