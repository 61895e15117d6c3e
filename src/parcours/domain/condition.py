"""The condition tree: one typed form for filters, splits, goals, exits and audiences (R26, R27)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, TypeAlias

__all__ = [
    "All",
    "AnyOf",
    "AudienceTest",
    "Condition",
    "CountKind",
    "EventTest",
    "FieldTest",
    "MessageTest",
    "Not",
    "Operator",
    "Scalar",
    "TimeTest",
    "Value",
]

Scalar: TypeAlias = str | int | float | bool
# What a FieldTest compares with, by operator:
#   is is_not contains not_contains: Scalar · in not_in: tuple[Scalar, ...]
#   gt gte lt lte: number or text · between: (low, high), both numbers or both texts
#   starts_with ends_with matches: str · exists: bool
#   before after: aware datetime in UTC · within_last within_next: timedelta
Value: TypeAlias = Scalar | tuple[Scalar, ...] | datetime | timedelta
Operator: TypeAlias = Literal[
    "is", "is_not", "in", "not_in", "gt", "gte", "lt", "lte", "between", "contains", "not_contains",
    "starts_with", "ends_with", "matches", "exists", "before", "after", "within_last", "within_next",
]  # fmt: skip
CountKind: TypeAlias = Literal["at_least", "at_most", "exactly"]


@dataclass(frozen=True, slots=True)
class All:
    """True when every item is true; an empty list is true."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when some item is true; an empty list is false."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when the item is false."""

    item: Condition


@dataclass(frozen=True, slots=True)
class FieldTest:
    """Compare one field. `root` is profile, event, participant or a `save_as` name; `path` the keys below it."""

    root: str
    path: tuple[str, ...]
    op: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class EventTest:
    """Count events of the person by name, within a span back from now, each meeting `when`."""

    name: str
    count: CountKind = "at_least"
    times: int = 1
    within: timedelta | None = None
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class AudienceTest:
    """True when the person is a member of the audience."""

    audience: str


@dataclass(frozen=True, slots=True)
class MessageTest:
    """True when the message of a step of this passage had (or, `expected` false, had not) this outcome."""

    step: str
    outcome: Literal["sent", "opened", "clicked", "bounced"]
    expected: bool = True


@dataclass(frozen=True, slots=True)
class TimeTest:
    """True when the local time is in `[start, until)` on these ISO weekdays (1 Monday … 7 Sunday), R21."""

    weekdays: frozenset[int] | None = None
    start: time | None = None
    until: time | None = None


Condition: TypeAlias = All | AnyOf | Not | FieldTest | EventTest | AudienceTest | MessageTest | TimeTest
