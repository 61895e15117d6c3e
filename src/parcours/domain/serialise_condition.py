"""Conditions as documents: the inverse of `parse_condition`."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from parcours.domain.condition import (
    All,
    AnyOf,
    AudienceTest,
    Condition,
    EventTest,
    FieldTest,
    MessageTest,
    Not,
    TimeTest,
    Value,
)
from parcours.domain.timing import WEEKDAYS, format_duration, format_instant

__all__ = [
    "Document",
    "clock_text",
    "condition_document",
    "day_names",
    "duration_text",
    "instant_text",
    "plain_number",
    "without_none",
]

Document = dict[str, Any]


def condition_document(condition: Condition) -> Document:
    """Return the document of a condition."""
    match condition:
        case All(items):
            return {"all": [condition_document(item) for item in items]}
        case AnyOf(items):
            return {"any": [condition_document(item) for item in items]}
        case Not(item):
            return {"not": condition_document(item)}
        case FieldTest(root, path, op, value):
            return {"field": ".".join((root, *path)), op: _operand(value)}
        case EventTest(name, count, times, within, when):
            ordinary = count == "at_least" and times == 1
            return without_none(
                {
                    "event": name,
                    count: None if ordinary else times,
                    "within": format_duration(within) if within else None,
                    "when": condition_document(when) if when else None,
                }
            )
        case AudienceTest(audience):
            return {"audience": audience}
        case MessageTest(step, outcome, expected):
            return {"message": step, outcome: expected}
        case TimeTest(weekdays, start, until):
            inner = {"weekdays": day_names(weekdays), "from": clock_text(start), "to": clock_text(until)}
            return {"time": without_none(inner)}


def day_names(weekdays: frozenset[int] | None) -> list[str] | None:
    """Return ISO weekdays as their names, in order."""
    return None if weekdays is None else [WEEKDAYS[day - 1] for day in sorted(weekdays)]


def clock_text(value: time | None) -> str | None:
    """Return a time of day as `HH:MM`, with seconds only where there are some."""
    return None if value is None else value.isoformat("seconds" if value.second else "minutes")


def instant_text(value: datetime | None) -> str | None:
    """Return an instant as text, in UTC."""
    return None if value is None else format_instant(value)


def duration_text(value: timedelta | None) -> str | None:
    """Return a duration as text."""
    return None if value is None else format_duration(value)


def plain_number(value: float) -> float:
    """Return a whole number without a fraction."""
    return int(value) if value.is_integer() else value


def without_none(document: Document) -> Document:
    """Return the document without the keys whose value is None."""
    return {name: value for name, value in document.items() if value is not None}


def _operand(value: Value) -> object:
    match value:
        case tuple():
            return list(value)
        case datetime():
            return format_instant(value)
        case timedelta():
            return format_duration(value)
        case _:
            return value
