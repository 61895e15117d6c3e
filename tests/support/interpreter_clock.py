"""Local times as the rules read them, found by trying minute after minute (R19, R20, R21)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from parcours.domain.journey import Window
from support.conditions import is_inside_window

__all__ = ["at_local_time", "next_local_time", "next_opening"]

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def at_local_time(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the first instant at which the clocks of this day have come to a time (R20)."""
    wall = datetime.combine(day, clock)
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    instant = instant.replace(second=0, microsecond=0) - DAY - DAY / 12
    while instant.astimezone(zone).replace(tzinfo=None) < wall:
        instant += MINUTE
    return instant


def next_local_time(now: datetime, zone: ZoneInfo, clock: time, days: Collection[int] | None) -> datetime:
    """Return the first such time strictly later, on an allowed weekday (R19)."""
    day = now.astimezone(zone).date() - DAY
    while True:
        day += DAY
        if days is None or day.isoweekday() in days:
            instant = at_local_time(day, clock, zone)
            if instant > now:
                return instant


def next_opening(now: datetime, zone: ZoneInfo, window: Window) -> datetime:
    """Return now where the window is open, else the first whole minute at which it is (R21)."""
    instant = now
    while not is_inside_window(instant.astimezone(zone), window.weekdays, window.start, window.until):
        instant = instant.replace(second=0, microsecond=0) + MINUTE
    return instant
