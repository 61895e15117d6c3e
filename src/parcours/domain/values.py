"""Readers of single values: each takes the reading, a value and its place, and reports what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Final, TypeAlias, TypeVar, cast

from parcours.domain.journey import Json
from parcours.domain.reading import BAD, Reading, nearest
from parcours.domain.timing import WEEKDAYS, parse_clock, parse_duration, parse_instant

__all__ = [
    "Reader",
    "choice",
    "clock",
    "count",
    "duration",
    "flag",
    "instant",
    "json_value",
    "line",
    "lines",
    "listed",
    "number",
    "offset",
    "rate",
    "text",
    "weekdays",
    "yes",
]

T = TypeVar("T")
Reader: TypeAlias = Callable[[Reading, object, str], T | None]

_RATE: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,30})?)/([smhd])")
_PER: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_MAX_TEXT: Final = 10_000
_MAX_ITEMS: Final = 1_000
_MAX_JSON_DEPTH: Final = 32
_DURATION_HINT: Final = "Write for example 30s, 15m, 12h, 7d, 2w or 1h30m."
_INSTANT_HINT: Final = "Write for example 2026-12-01, 2026-12-01T08:00:00 or 2026-12-01T08:00:00+01:00."


def text(limit: int) -> Reader[str]:
    """Read text of at most `limit` characters."""

    def read(reading: Reading, value: object, place: str) -> str | None:
        if not isinstance(value, str):
            hint = "Write it in quotes." if isinstance(value, bool | int | float) else ""
            reading.wrong_type(value, place, "text", hint)
            return None
        if len(value) > limit:
            reading.error("too_long", place, f"The text is longer than {limit} characters.", "Shorten it.")
            return None
        return value

    return read


def line(limit: int = 200, *, empty: bool = True) -> Reader[str]:
    """Read text without line breaks."""

    def read(reading: Reading, value: object, place: str) -> str | None:
        found = text(limit)(reading, value, place)
        if found is not None and ("\n" in found or "\r" in found):
            reading.error("bad_text", place, "The text has more than one line.", "Write it in one line.")
            return None
        if found is not None and not empty and not found.strip():
            reading.error("bad_text", place, "The text is empty.", "Write something, or leave the key out.")
            return None
        return found

    return read


def flag(reading: Reading, value: object, place: str) -> bool | None:
    """Read true or false."""
    if isinstance(value, bool):
        return value
    reading.wrong_type(value, place, "true or false")
    return None


def yes(reading: Reading, value: object, place: str) -> bool | None:
    """Read the word true; false is refused."""
    if value is True:
        return True
    if value is False:
        reading.error("wrong_value", place, "Only true has a meaning here.", "Leave the key out instead.")
    else:
        reading.wrong_type(value, place, "true")
    return None


def number(low: float, high: float) -> Reader[float]:
    """Read a number from `low` to `high`."""

    def read(reading: Reading, value: object, place: str) -> float | None:
        if not isinstance(value, int | float) or isinstance(value, bool):
            reading.wrong_type(value, place, "a number")
            return None
        if not low <= value <= high:
            reading.error("wrong_value", place, f"Expected a number from {low} to {high}.")
            return None
        return value

    return read


def count(low: int, high: int) -> Reader[int]:
    """Read a whole number from `low` to `high`."""

    def read(reading: Reading, value: object, place: str) -> int | None:
        if not isinstance(value, int) or isinstance(value, bool):
            reading.wrong_type(value, place, "a whole number")
            return None
        if not low <= value <= high:
            reading.error("wrong_value", place, f"Expected a whole number from {low} to {high}.")
            return None
        return value

    return read


def choice(*options: str) -> Reader[str]:
    """Read one of some words."""

    def read(reading: Reading, value: object, place: str) -> str | None:
        found = text(_MAX_TEXT)(reading, value, place)
        if found is None or found in options:
            return found
        hint = nearest(found, options)
        reading.error("wrong_value", place, f"Expected one of {', '.join(options)}.", hint)
        return None

    return read


def listed(read: Reader[T], *, limit: int = _MAX_ITEMS) -> Reader[tuple[T, ...]]:
    """Read a list, each item by one reader; repeated items count once."""

    def read_all(reading: Reading, value: object, place: str) -> tuple[T, ...]:
        found = [read(reading, item, at) for item, at in reading.items(value, place, limit)]
        return tuple(dict.fromkeys(item for item in found if item is not None))

    return read_all


def lines(limit: int = 200, *, items: int = _MAX_ITEMS) -> Reader[tuple[str, ...]]:
    """Read a list of lines, none of them empty."""
    return listed(line(limit, empty=False), limit=items)


def duration(low: timedelta = timedelta(seconds=1)) -> Reader[timedelta]:
    """Read a duration of at least `low`."""

    def read(reading: Reading, value: object, place: str) -> timedelta | None:
        if not isinstance(value, str):
            reading.wrong_type(value, place, "a duration", _DURATION_HINT)
            return None
        found = parse_duration(value)
        if found is None:
            reading.error("bad_duration", place, f"`{value[:80]}` is not a duration.", _DURATION_HINT)
        elif found < low:
            reading.error("bad_duration", place, "The duration is too short.", _DURATION_HINT)
            return None
        return found

    return read


def offset(reading: Reading, value: object, place: str) -> timedelta | None:
    """Read a duration that may begin with a sign."""
    if isinstance(value, str) and value[:1] in ("-", "+"):
        found = duration(timedelta(0))(reading, value[1:], place)
        return -found if found is not None and value[0] == "-" else found
    return duration(timedelta(0))(reading, value, place)


def instant(reading: Reading, value: object, place: str) -> datetime | None:
    """Read an instant; without offset, in the zone of the reading (R20)."""
    found = text(_MAX_TEXT)(reading, value, place)
    if found is None:
        return None
    read = parse_instant(found, reading.zone)
    if read is None:
        reading.error("bad_instant", place, f"`{found[:80]}` is not an instant.", _INSTANT_HINT)
    return read


def clock(reading: Reading, value: object, place: str) -> time | None:
    """Read a time of day."""
    found = parse_clock(value) if isinstance(value, str) else None
    if found is None and value is not BAD:
        hint = 'Write for example "08:00" or "08:00:30", in quotes.'
        reading.error("bad_time", place, "This is not a time of day.", hint)
    return found


def weekdays(reading: Reading, value: object, place: str) -> frozenset[int] | None:
    """Read a list of mon to sun as ISO weekdays; it may not be empty."""
    items = reading.items(value, place)
    if isinstance(value, list) and not items:
        reading.error("wrong_value", place, "No weekday is named.", "Leave the key out for every day.")
        return None
    found = [choice(*WEEKDAYS)(reading, item, at) for item, at in items]
    return frozenset(WEEKDAYS.index(day) + 1 for day in found if day) or None


def rate(reading: Reading, value: object, place: str) -> float | None:
    """Read `100/s` (or /m /h /d) as participants per second."""
    found = _RATE.fullmatch(value) if isinstance(value, str) else None
    per_second = float(found[1]) / _PER[found[2]] if found else 0.0
    if per_second <= 0 and value is not BAD:
        reading.error(
            "bad_rate", place, "This is not a rate above zero.", "Write for example 100/s or 5000/h."
        )
        return None
    return per_second


def json_value(reading: Reading, value: object, place: str) -> Json:
    """Read any JSON of at most 32 levels; parts already reported become null."""
    if _depth(value) > _MAX_JSON_DEPTH:
        reading.error(
            "too_deep", place, f"More than {_MAX_JSON_DEPTH} levels of nesting.", "Make it flatter."
        )
        return None
    return cast("Json", _without_bad(value))


def _depth(value: object) -> int:
    match value:
        case dict():
            return 1 + max(map(_depth, value.values()), default=0)
        case list():
            return 1 + max(map(_depth, value), default=0)
        case _:
            return 0


def _without_bad(value: object) -> object:
    match value:
        case dict():
            return {name: _without_bad(item) for name, item in value.items()}
        case list():
            return [_without_bad(item) for item in value]
        case _:
            return None if value is BAD else value
