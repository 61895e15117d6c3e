"""When people visit a shop: the hours of a day, the days of a week, the seasons of a year."""

from __future__ import annotations

import random
from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

from parcours.domain.timing import local_instant

__all__ = ["Calendar", "day_weight"]

# Weights of the local hours 0 to 23: a rise at breakfast, a bump at lunch, the evening on the sofa.
_HOURS: Final = tuple(
    accumulate(
        (0.5, 0.25, 0.12, 0.08, 0.1, 0.3, 1.0, 2.2, 2.8, 3.0, 3.3, 3.6,
         4.3, 3.6, 3.4, 3.5, 3.9, 4.3, 4.8, 5.8, 6.6, 6.2, 4.0, 1.8)
    )
)  # fmt: skip
_WEEKDAYS: Final = (1.08, 1.0, 0.98, 1.0, 0.88, 0.9, 1.16)  # Monday first
_MONTHS: Final = (0.95, 0.85, 0.92, 0.95, 1.0, 0.92, 0.78, 0.95, 1.02, 1.05, 1.25, 1.2)
_PAYDAY: Final = (25, 26, 27)
_NOVEMBER, _DECEMBER = 11, 12


def day_weight(day: date) -> float:
    """Return how busy a day is, around 1: weekday, month, payday, the week of Black Friday, Christmas."""
    weight = _WEEKDAYS[day.weekday()] * _MONTHS[day.month - 1]
    if day.day in _PAYDAY:
        weight *= 1.2
    if day.month == _NOVEMBER and abs((day - _black_friday(day.year)).days) <= 3:  # noqa: PLR2004 (a week)
        weight *= 1.6
    if day.month == _DECEMBER and day.day in (24, 25):
        weight *= 0.45
    return weight


def _black_friday(year: int) -> date:
    """Return the day after the fourth Thursday of November."""
    first = date(year, _NOVEMBER, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 21 + 1)


class Calendar:
    """The days of a period, and instants drawn from them by how busy they are."""

    def __init__(self, end: datetime, days: int) -> None:
        self.end = end
        self.start = end - timedelta(days=days)
        self._first = self.start.date()
        count = (end.date() - self._first).days + 1
        weights = (day_weight(self._first + timedelta(days=n)) for n in range(count))
        self._sums = [0.0, *accumulate(weights)]

    def visits(
        self, rng: random.Random, rate: float, zone: str, since: datetime, until: datetime
    ) -> list[datetime]:
        """Return the instants of a person's visits, `rate` a day on average: a Poisson process."""
        found = []
        reached = self._sums[self._index(since)]
        last = self._sums[self._index(until) + 1]
        while True:
            reached += rng.expovariate(rate)
            if reached >= last:
                break
            instant = self._on_day(rng, bisect_right(self._sums, reached) - 1, zone)
            if since <= instant < until:
                found.append(instant)
        return sorted(found)

    def once(self, rng: random.Random, zone: str) -> datetime:
        """Return one instant of the period."""
        while True:  # the first and the last day are not whole
            reached = rng.random() * self._sums[-1]
            instant = self._on_day(rng, bisect_right(self._sums, reached) - 1, zone)
            if self.start <= instant < self.end:
                return instant

    def _index(self, instant: datetime) -> int:
        return min(max((instant.date() - self._first).days, 0), len(self._sums) - 2)

    def _on_day(self, rng: random.Random, index: int, zone: str) -> datetime:
        hour = bisect_right(_HOURS, rng.random() * _HOURS[-1])
        clock = time(min(hour, 23), rng.randrange(60), rng.randrange(60))
        instant = local_instant(self._first + timedelta(days=index), clock, _zone(zone))
        return instant.replace(microsecond=rng.randrange(1000) * 1000).astimezone(UTC)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
