"""Judge a condition against one person at one instant: the plain reading of R9, R10, R21, R26 and R27."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, assert_never
from zoneinfo import ZoneInfo

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
)

__all__ = ["MISSING", "Happening", "Scene", "holds", "instant_of", "is_inside_window", "look_up", "same_json"]

MISSING: Any = object()

_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:[0-5]\d)?)?", re.ASCII
)


@dataclass(frozen=True)
class Happening:
    """One stored event of a person. `number` is its place in the order of arrival."""

    name: str
    at: datetime
    number: int
    properties: Mapping[str, Any]
    historical: bool = False


def _nobody(_: str) -> bool:
    return False


def _nothing(_step: str, _outcome: str) -> bool:
    return False


@dataclass(frozen=True)
class Scene:
    """All that a condition can look at.

    `roots` maps profile, event, participant and the names of `save_as` to their values; `events` are the ones
    that an EventTest counts here (the whole history, or this passage: R9); `blind` makes every EventTest
    false (P6).
    """

    now: datetime
    roots: Mapping[str, Mapping[str, Any]]
    zone: ZoneInfo
    events: Sequence[Happening] = ()
    is_member: Callable[[str], bool] = field(default=_nobody)
    had_outcome: Callable[[str, str], bool] = field(default=_nothing)
    blind: bool = False


def holds(condition: Condition, scene: Scene) -> bool:
    """Tell whether the condition is true in this scene."""
    match condition:
        case All(items):
            return all(holds(item, scene) for item in items)
        case AnyOf(items):
            return any(holds(item, scene) for item in items)
        case Not(item):
            return not holds(item, scene)
        case FieldTest():
            return _field_holds(condition, scene)
        case EventTest():
            return _count_holds(condition, scene)
        case AudienceTest(audience):
            return scene.is_member(audience)
        case MessageTest(step, outcome, expected):
            return scene.had_outcome(step, outcome) == expected
        case TimeTest(weekdays, opens, shuts):
            return is_inside_window(scene.now.astimezone(scene.zone), weekdays, opens, shuts)
        case _:
            assert_never(condition)


def _count_holds(test: EventTest, scene: Scene) -> bool:
    if scene.blind:
        return False
    number = 0
    for event in scene.events:
        if event.name != test.name:
            continue
        if test.within is not None and not scene.now - test.within < event.at <= scene.now:
            continue
        under_test = replace(scene, roots={**scene.roots, "event": event.properties})
        if test.when is None or holds(test.when, under_test):
            number += 1
    if test.count == "at_least":
        return number >= test.times
    if test.count == "at_most":
        return number <= test.times
    return number == test.times


def look_up(roots: Mapping[str, Mapping[str, Any]], root: str, path: Sequence[str]) -> Any:
    """Return the value below a root, or MISSING."""
    value: Any = roots.get(root, MISSING)
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return MISSING
        value = value[key]
    return value


def _field_holds(test: FieldTest, scene: Scene) -> bool:
    value = look_up(scene.roots, test.root, test.path)
    wanted: Any = test.value
    present = value is not MISSING and value is not None
    if test.op == "exists":
        return present is bool(wanted)
    if not present:
        return False
    match test.op:
        case "is":
            return _same_scalar(value, wanted)
        case "is_not":
            return not _same_scalar(value, wanted)
        case "in":
            return any(_same_scalar(value, one) for one in wanted)
        case "not_in":
            return not any(_same_scalar(value, one) for one in wanted)
        case "gt":
            return _comparable(value, wanted) and _plain(value) > _plain(wanted)
        case "gte":
            return _comparable(value, wanted) and _plain(value) >= _plain(wanted)
        case "lt":
            return _comparable(value, wanted) and _plain(value) < _plain(wanted)
        case "lte":
            return _comparable(value, wanted) and _plain(value) <= _plain(wanted)
        case "between":
            low, high = wanted
            if not (_comparable(value, low) and _comparable(value, high)):
                return False
            return bool(_plain(low) <= _plain(value) <= _plain(high))
        case "contains":
            return _contains(value, wanted)
        case "not_contains":
            return not _contains(value, wanted)
        case "starts_with":
            return isinstance(value, str) and value.startswith(wanted)
        case "ends_with":
            return isinstance(value, str) and value.endswith(wanted)
        case "matches":
            return isinstance(value, str) and _pattern(wanted).search(value) is not None
        case "before" | "after" | "within_last" | "within_next":
            return _instant_holds(test.op, instant_of(value), wanted, scene.now)
        case _:
            assert_never(test.op)


def _instant_holds(op: str, at: datetime | None, wanted: Any, now: datetime) -> bool:
    if at is None:
        return False
    if op == "before":
        return bool(at < wanted)
    if op == "after":
        return bool(at > wanted)
    if op == "within_last":
        return bool(now - wanted < at <= now)
    return bool(now <= at < now + wanted)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _comparable(one: Any, other: Any) -> bool:
    return (_is_number(one) and _is_number(other)) or (isinstance(one, str) and isinstance(other, str))


def _same_scalar(one: Any, other: Any) -> bool:
    if isinstance(one, bool) and isinstance(other, bool):
        return one == other
    return _comparable(one, other) and bool(_plain(one) == _plain(other))


def _plain(value: Any) -> Any:
    """Return what is compared: a text, or the number as JSON writes it (1e23 is 10 to the 23rd, not the nearest float)."""
    return value if isinstance(value, str) else Decimal(repr(value))


def _contains(value: Any, wanted: Any) -> bool:
    if isinstance(value, str):
        return isinstance(wanted, str) and wanted in value
    if isinstance(value, list):
        return any(_same_scalar(item, wanted) for item in value)
    return False


def _pattern(text: str) -> re.Pattern[str]:
    """Compile the subset of R26; `$` is the very end and `.` every character, as PostgreSQL has it."""
    out: list[str] = []
    in_class = False
    position = 0
    while position < len(text):
        char = text[position]
        if char == "\\":
            out.append(text[position : position + 2])
            position += 2
            continue
        if char == "[" and not in_class:
            in_class = True
        elif char == "]" and in_class:
            in_class = False
        out.append(r"\Z" if char == "$" and not in_class else char)
        position += 1
    return re.compile("".join(out), re.ASCII | re.DOTALL)


def same_json(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are equal; 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same_json(a, b) for a, b in zip(one, other, strict=True))
    return (one is None and other is None) or _same_scalar(one, other)


def instant_of(value: Any) -> datetime | None:
    """Read an RFC 3339 text as an instant (no offset, or a date alone: UTC); None for all else (R26)."""
    found = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    day, clock, fraction, offset = found.groups()
    micros = (fraction or "")[:6].ljust(6, "0")
    zone = "+00:00" if offset in (None, "Z", "z") else offset
    try:
        return datetime.fromisoformat(f"{day}T{clock or '00:00:00'}.{micros}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_inside_window(
    local: datetime, weekdays: frozenset[int] | None, opens: time | None, shuts: time | None
) -> bool:
    """Tell whether local time lies in `[opens, shuts)`; over midnight the day is that of `opens` (R21)."""
    first = opens or time(0)
    last = shuts or time(0)  # midnight, the end of the day
    clock = local.time()
    day = local.isoweekday()
    if first < last:
        inside = first <= clock < last
    elif first == last:
        inside = True
    else:
        inside = clock >= first or clock < last
        if clock < last:
            day = (local - timedelta(days=1)).isoweekday()
    return inside and (weekdays is None or day in weekdays)
