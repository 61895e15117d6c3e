"""Conditions in words that a marketer reads: `the person's plan is "pro" and not on the audience staff`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

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
from parcours.domain.serialise_condition import clock_text, day_names
from parcours.domain.timing import format_instant

__all__ = ["say_condition", "say_duration", "say_field", "say_value"]

OPERATORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "is": "is", "is_not": "is there and is not", "in": "is one of", "not_in": "is there and is none of",
        "gt": "is more than", "gte": "is at least", "lt": "is less than", "lte": "is at most",
        "contains": "contains", "not_contains": "is there and does not contain", "starts_with": "begins with",
        "ends_with": "ends with", "matches": "matches the pattern", "before": "is before", "after": "is after",
    }
)  # fmt: skip
WHOSE: Final = MappingProxyType(
    {"profile": "the person's", "event": "the event's", "participant": "the passage's"}
)
COUNTS: Final = MappingProxyType({"at_least": "at least", "at_most": "at most", "exactly": "exactly"})
UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def say_condition(condition: Condition, *, inner: bool = False) -> str:
    """Say a condition; `inner` puts what has several parts into parentheses."""
    match condition:
        case All(items):
            return _joined(items, "and", "always", inner=inner)
        case AnyOf(items):
            return _joined(items, "or", "never", inner=inner)
        case Not(item):
            return f"not ({say_condition(item)})"
        case FieldTest():
            return _field(condition)
        case EventTest():
            return _event(condition)
        case AudienceTest(audience):
            return f"belongs to the audience {audience}"
        case MessageTest(step, outcome, expected):
            return f"the message of {step} was {'' if expected else 'not '}{outcome}"
        case TimeTest():
            return _time(condition)


def say_field(root: str, path: tuple[str, ...]) -> str:
    """Say whose field it is: `the person's plan`."""
    whose = WHOSE.get(root, f"{root}'s")
    return f"{whose} {'.'.join(path)}"


def say_value(value: object) -> str:
    """Say a value of a record; what is missing is said so."""
    if value is None:
        return "missing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 200 else f"{text[:200]}…"  # noqa: PLR2004 - a line or two


def say_duration(value: timedelta) -> str:
    """Say a duration: `2 days 12 hours`."""
    rest, parts = int(value.total_seconds()), []
    for unit, seconds in UNITS:
        n, rest = divmod(rest, seconds)
        if n:
            parts.append(f"{n} {unit}{'' if n == 1 else 's'}")
    return " ".join(parts) or "no time"


def _joined(items: tuple[Condition, ...], word: str, none: str, *, inner: bool) -> str:
    if not items:
        return none
    said = f" {word} ".join(say_condition(item, inner=len(items) > 1) for item in items)
    return f"({said})" if inner and len(items) > 1 else said


def _field(test: FieldTest) -> str:
    field, value = say_field(test.root, test.path), test.value
    if test.op == "exists":
        return f"{field} is {'there' if value else 'missing'}"
    if test.op == "between" and isinstance(value, tuple):
        return f"{field} is from {say_value(value[0])} to {say_value(value[1])}"
    if test.op in ("within_last", "within_next") and isinstance(value, timedelta):
        return f"{field} is within the {test.op.removeprefix('within_')} {say_duration(value)}"
    return f"{field} {OPERATORS[test.op]} {_operand(value)}"


def _operand(value: Value) -> str:
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, tuple):
        return ", ".join(map(say_value, value))
    return say_value(value)


def _event(test: EventTest) -> str:
    often = ""
    if test.count == "at_most" and test.times == 0:
        often = " not even once"
    elif (test.count, test.times) != ("at_least", 1):
        often = f" {COUNTS[test.count]} {'once' if test.times == 1 else f'{test.times} times'}"
    within = f" within the last {say_duration(test.within)}" if test.within else ""
    where = f", where {say_condition(test.when)}" if test.when else ""
    return f"has done {test.name}{often}{within}{where}"


def _time(test: TimeTest) -> str:
    days = f" on {', '.join(day_names(test.weekdays) or [])}" if test.weekdays is not None else ""
    start, until = clock_text(test.start), clock_text(test.until)
    if start is None and until is None:
        return f"it is asked{days or ' at any time'}"
    return f"it is asked from {start or '00:00'} to {until or '24:00'}{days}"
