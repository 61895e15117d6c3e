"""Time as journeys mean it: durations, instants, local time with its clock changes, windows (R20, R21)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

__all__ = [
    "BEGINNING",
    "MAX_DURATION",
    "WEEKDAYS",
    "find_zone",
    "format_duration",
    "format_instant",
    "in_window",
    "local_instant",
    "parse_clock",
    "parse_duration",
    "parse_instant",
    "zone_names",
]

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # ISO 1 to 7
BEGINNING: Final = datetime(
    1, 1, 1, tzinfo=UTC
)  # before every instant: nothing is due by then but what goes on at once
MAX_DURATION: Final = timedelta(days=36_500)

_UNITS: Final = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION: Final = re.compile(
    r"(?:([0-9]{1,10})w)?(?:([0-9]{1,10})d)?(?:([0-9]{1,10})h)?(?:([0-9]{1,10})m)?(?:([0-9]{1,10})s)?"
)
_INSTANT: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:([Zz])|([+-])([0-9]{2}):([0-9]{2}))?)?"
)
_CLOCK: Final = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")
_SECOND: Final = timedelta(seconds=1)


def parse_duration(text: str) -> timedelta | None:
    """Read `30d`, `1h30m`: whole numbers with the units w d h m s, greatest first; None for anything else."""
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        return None
    seconds = sum(int(n) * unit for n, unit in zip(found.groups(), _UNITS.values(), strict=True) if n)
    return timedelta(seconds=seconds) if seconds <= MAX_DURATION.total_seconds() else None


def format_duration(value: timedelta) -> str:
    """Write a duration of whole seconds as `parse_duration` reads it (`-` first where it is negative)."""
    seconds = value.days * 86_400 + value.seconds
    sign, rest, parts = "-" if seconds < 0 else "", abs(seconds), ""
    for unit in "dhms":
        count, rest = divmod(rest, _UNITS[unit])
        parts += f"{count}{unit}" if count else ""
    return f"{sign}{parts or '0s'}"


def parse_clock(text: str) -> time | None:
    """Read a time of day, `HH:MM` or `HH:MM:SS`; None for anything else."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups())
    in_range = hour < 24 and minute < 60 and second < 60  # noqa: PLR2004 (a clock face)
    return time(hour, minute, second) if in_range else None


def parse_instant(text: str, zone: tzinfo = UTC) -> datetime | None:
    """Read an RFC 3339 text as an instant in UTC; None where it is not one. Never raises.

    Without an offset it is read in `zone` (R20); a date alone is its midnight there. Fractions are cut to
    microseconds. Dates that do not exist, 24:00, leap seconds and results outside the years 1 to 9999
    are None.
    """
    found = _INSTANT.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    fraction, zulu, sign, off_hours, off_minutes = found.groups()[6:]
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        wall = datetime(year, month, day, hour, minute, second, micro)  # noqa: DTZ001 (its zone comes next)
        if zulu:
            return wall.replace(tzinfo=UTC)
        if sign:
            if int(off_hours) > 23 or int(off_minutes) > 59:  # noqa: PLR2004 (RFC 3339 section 5.6)
                return None
            offset = timedelta(hours=int(off_hours), minutes=int(off_minutes))
            return (wall - offset if sign == "+" else wall + offset).replace(tzinfo=UTC)
        return local_instant(wall.date(), wall.time(), zone)
    except (ValueError, OverflowError):
        return None


def format_instant(value: datetime) -> str:
    """Write an aware instant as `YYYY-MM-DDTHH:MM:SS[.ffffff]Z`; the fraction only where it is not zero."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def local_instant(day: date, clock: time, zone: tzinfo) -> datetime:
    """Return the instant, in UTC, of a local wall time (R20).

    A time that does not exist is the first instant after the gap; one that exists twice is its first
    occurrence. Raises OverflowError outside the years 1 to 9999.
    """
    wall = datetime.combine(day, clock.replace(tzinfo=None, fold=0))
    before = _offset(wall, zone, fold=0)
    after = _offset(wall, zone, fold=1)
    instant = (wall - before).replace(tzinfo=UTC)
    if before >= after:  # ordinary, or twice: fold 0 is the first occurrence
        return instant
    return _transition(instant - (after - before), instant, zone)


def in_window(
    instant: datetime,
    zone: tzinfo,
    weekdays: frozenset[int] | None = None,
    start: time | None = None,
    until: time | None = None,
) -> bool:
    """Tell whether an instant lies in `[start, until)` local time on these ISO weekdays (R21).

    Over midnight where `until < start`, and the day is then that of `start`; equal means the whole day.
    `start` left out is midnight, `until` left out the midnight that ends the day.
    """
    local = instant.astimezone(zone)
    today, clock, begin = local.isoweekday(), local.time(), start or time()

    def allowed(day: int) -> bool:
        return weekdays is None or day in weekdays

    if until is None:
        return allowed(today) and clock >= begin
    if begin == until:
        return allowed(today)
    if begin < until:
        return allowed(today) and begin <= clock < until
    yesterday = (today - 2) % 7 + 1
    return (allowed(today) and clock >= begin) or (allowed(yesterday) and clock < until)


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return the IANA time zone names that this installation knows."""
    return frozenset(available_timezones()) - {"Factory", "localtime", "posixrules"}


def find_zone(name: str) -> ZoneInfo | None:
    """Return the time zone of exactly this IANA name, or None."""
    return ZoneInfo(name) if name in zone_names() else None


def _offset(wall: datetime, zone: tzinfo, *, fold: int) -> timedelta:
    offset = wall.replace(tzinfo=zone, fold=fold).utcoffset()
    assert offset is not None, "a zone without offsets"
    return offset


def _transition(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    """Return the first instant in `(low, high]`, in whole seconds, that has the offset of `high`."""
    target = high.astimezone(zone).utcoffset()
    low, high = low.replace(microsecond=0), high.replace(microsecond=0)
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        if middle.astimezone(zone).utcoffset() == target:
            high = middle
        else:
            low = middle
    return high
