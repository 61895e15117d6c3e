"""Conditions out of documents: one typed tree, typed by what each operator needs (R26, R27)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, timedelta, tzinfo
from functools import partial
from types import MappingProxyType
from typing import Final, Literal, cast

from parcours.domain.condition import (
    All,
    AnyOf,
    AudienceTest,
    Condition,
    CountKind,
    EventTest,
    FieldTest,
    MessageTest,
    Not,
    Operator,
    Scalar,
    TimeTest,
    Value,
)
from parcours.domain.keys import CONDITIONS, COUNTS, OPERATORS, OUTCOMES
from parcours.domain.names import field_path, key, step_id
from parcours.domain.patterns import pattern_fault
from parcours.domain.problems import Problem
from parcours.domain.reading import BAD, Reading, Section, clean, nearest, type_name
from parcours.domain.values import clock, count, duration, flag, instant, line, text, weekdays

__all__ = ["ANYTHING", "condition", "condition_at", "conditions", "parse_condition"]

ANYTHING: Final = All(())  # stands where a condition was bad; the problems tell so
MAX_DEPTH: Final = 32
_MAX_OPERAND: Final = 1_000
_MAX_LISTED: Final = 10_000
_MAX_TIMES: Final = 1_000_000


def parse_condition(document: object, *, zone: tzinfo = UTC) -> tuple[Condition | None, list[Problem]]:
    """Read a condition that stands alone; None where it has errors.

    Instants without offset are read in `zone`.
    """
    reading = Reading(zone=zone)
    found = condition(reading, clean(reading, document), "")
    return (None if reading.problems else found), reading.problems


def condition(reading: Reading, value: object, place: str, depth: int = 1) -> Condition:
    """Read a condition; what is bad is reported and becomes one that is always true."""
    if not isinstance(value, dict):
        hint = f"Write a mapping with one of {', '.join(CONDITIONS)}."
        reading.wrong_type(value, place, "a condition", hint)
        return ANYTHING
    if depth > MAX_DEPTH:
        reading.error("too_deep", place, f"More than {MAX_DEPTH} conditions inside each other.", "Split it.")
        return ANYTHING
    kind = next((name for name in CONDITIONS if name in value), None)
    if kind is None:
        hint = next(filter(None, (nearest(name, CONDITIONS) for name in list(value)[:5])), "")
        message = f"A condition needs one of {', '.join(CONDITIONS)}."
        reading.error("bad_condition", place, message, hint)
        return ANYTHING
    section = reading.section(value, place, CONDITIONS[kind])
    assert section is not None, "a mapping, as tested above"
    if not section.has(kind):
        reading.wrong_type(value[kind], section.at(kind), "a value")
        return ANYTHING
    return _FORMS[kind](section, depth)


def condition_at(section: Section, key: str, depth: int = 0) -> Condition | None:
    """Read the condition under a key; None where it is left out."""
    value = section.data.get(key)
    if value is None or value is BAD:
        return None
    return condition(section.reading, value, section.at(key), depth + 1)


def conditions(reading: Reading, value: object, place: str, depth: int = 0) -> tuple[Condition, ...]:
    """Read a list of conditions."""
    return tuple(condition(reading, item, at, depth + 1) for item, at in reading.items(value, place))


def _all(section: Section, depth: int) -> Condition:
    return All(section.get("all", partial(conditions, depth=depth)) or ())


def _any(section: Section, depth: int) -> Condition:
    return AnyOf(section.get("any", partial(conditions, depth=depth)) or ())


def _not(section: Section, depth: int) -> Condition:
    return Not(condition_at(section, "not", depth) or ANYTHING)


def _field(section: Section, depth: int) -> Condition:  # noqa: ARG001 (one signature for all forms)
    field = section.get("field", field_path)
    # `is: null` is a misunderstanding worth its own hint, so null counts as given here.
    given = [op for op in OPERATORS if op in section.data]
    if len(given) != 1:
        _not_one(section, "operator", given, OPERATORS)
        return ANYTHING
    op = given[0]
    operand = _OPERANDS[op](section.reading, section.data[op], section.at(op))
    return ANYTHING if field is None or operand is None else FieldTest(*field, op, operand)


def _event(section: Section, depth: int) -> Condition:
    given = [name for name in COUNTS if section.has(name)]
    if len(given) > 1:
        _not_one(section, "count", given, COUNTS)
    how: CountKind = given[0] if given else "at_least"
    times = section.get(how, count(0, _MAX_TIMES))
    return EventTest(
        name=section.get("event", line(empty=False)) or "",
        count=how,
        times=1 if times is None else times,
        within=section.get("within", duration()),
        when=condition_at(section, "when", depth),
    )


def _audience(section: Section, depth: int) -> Condition:  # noqa: ARG001
    found = section.get("audience", key)
    return AudienceTest(found) if found else ANYTHING


def _message(section: Section, depth: int) -> Condition:  # noqa: ARG001
    step = section.get("message", step_id)
    given = [name for name in OUTCOMES if section.has(name)]
    if len(given) != 1:
        _not_one(section, "outcome", given, OUTCOMES)
        return ANYTHING
    expected = section.get(given[0], flag)
    if step is None or expected is None:
        return ANYTHING
    return MessageTest(step, cast("Literal['sent', 'opened', 'clicked', 'bounced']", given[0]), expected)


def _time(section: Section, depth: int) -> Condition:  # noqa: ARG001
    inner = section.section("time", "time_range")
    if inner is None:
        return ANYTHING
    if not any(map(inner.has, ("weekdays", "from", "to"))):
        section.reading.error("missing_key", inner.place, "One of weekdays, from, to is needed.")
    return TimeTest(inner.get("weekdays", weekdays), inner.get("from", clock), inner.get("to", clock))


_FORMS: Final[Mapping[str, Callable[[Section, int], Condition]]] = MappingProxyType(
    {
        "all": _all,
        "any": _any,
        "not": _not,
        "field": _field,
        "event": _event,
        "audience": _audience,
        "message": _message,
        "time": _time,
    }
)


def _not_one(
    section: Section, what: str, given: list[str] | list[Operator] | list[CountKind], known: tuple[str, ...]
) -> None:
    if given:
        message = f"More than one {what}: {', '.join(given)}."
        section.reading.error(
            "several_choices", section.place, message, "Combine conditions with all: [...]."
        )
    else:
        section.reading.error(
            "missing_key", section.place, f"The {what} is missing.", f"One of {', '.join(known)}."
        )


def _scalar(reading: Reading, value: object, place: str) -> Scalar | None:
    if isinstance(value, str):
        return text(_MAX_OPERAND)(reading, value, place)
    if isinstance(value, bool | int | float):
        return value
    hint = "Write exists: false for a missing field." if value is None else ""
    reading.wrong_type(value, place, "text, a number, true or false", hint)
    return None


def _scalars(reading: Reading, value: object, place: str) -> tuple[Scalar, ...] | None:
    if not isinstance(value, list):
        reading.wrong_type(value, place, "a list")
        return None
    found = [_scalar(reading, item, at) for item, at in reading.items(value, place, _MAX_LISTED)]
    return tuple(item for item in found if item is not None)


def _ordered(reading: Reading, value: object, place: str) -> Scalar | None:
    if isinstance(value, bool) or value is None or not isinstance(value, str | int | float):
        reading.wrong_type(value, place, "a number or text")
        return None
    return _scalar(reading, value, place)


def _pair(reading: Reading, value: object, place: str) -> tuple[Scalar, ...] | None:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 (low and high)
        reading.wrong_type(value, place, "a list of two", "Write [low, high].")
        return None
    low, high = (_ordered(reading, item, at) for item, at in reading.items(value, place))
    if low is None or high is None:
        return None
    if isinstance(low, str) != isinstance(high, str):
        message = f"{type_name(low)} and {type_name(high)} do not compare.".capitalize()
        reading.error("wrong_type", place, message, "Write two numbers or two texts.")
        return None
    return low, high


def _string(reading: Reading, value: object, place: str) -> Value | None:
    return text(_MAX_OPERAND)(reading, value, place)


def _pattern(reading: Reading, value: object, place: str) -> Value | None:
    found = text(_MAX_OPERAND)(reading, value, place)
    if found is not None and (fault := pattern_fault(found)):
        hint = "Known: literals, . [] () | * + ? {m,n} ^ $ \\d \\w \\s."
        reading.error("bad_pattern", place, f"The pattern is not understood: {fault}.", hint)
        return None
    return found


def _span(reading: Reading, value: object, place: str) -> Value | None:
    return duration(timedelta(seconds=1))(reading, value, place)


_OPERANDS: Final[Mapping[Operator, Callable[[Reading, object, str], Value | None]]] = MappingProxyType(
    {
        "is": _scalar,
        "is_not": _scalar,
        "in": _scalars,
        "not_in": _scalars,
        "gt": _ordered,
        "gte": _ordered,
        "lt": _ordered,
        "lte": _ordered,
        "between": _pair,
        "contains": _scalar,
        "not_contains": _scalar,
        "starts_with": _string,
        "ends_with": _string,
        "matches": _pattern,
        "exists": flag,
        "before": instant,
        "after": instant,
        "within_last": _span,
        "within_next": _span,
    }
)
