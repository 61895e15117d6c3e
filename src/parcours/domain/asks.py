"""What the condition of an audience looks at: whoever changes in nothing of it need not be asked again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from parcours.domain.condition import All, AnyOf, AudienceTest, Condition, EventTest, FieldTest, Not

__all__ = ["Asks", "asks_of", "named_from"]


@dataclass(frozen=True, slots=True)
class Asks:
    """Names of events, top-level attributes and lists of members; audiences by condition are looked through.

    `windows`: how far back events of a name are looked at; None: without end.
    """

    events: frozenset[str]
    fields: frozenset[str]
    audiences: frozenset[str]
    windows: Mapping[str, timedelta | None]


def asks_of(condition: Condition, conditions: Mapping[str, Condition]) -> Asks:
    """Return what a condition looks at; `conditions` are those of audiences that have one, by key."""
    leaves = list(_leaves(condition, conditions, frozenset()))
    events = [leaf for leaf in leaves if isinstance(leaf, EventTest)]
    windows: dict[str, timedelta | None] = {}
    for test in events:
        known = windows.get(test.name, timedelta())
        windows[test.name] = None if test.within is None or known is None else max(known, test.within)
    fields = (leaf for leaf in leaves if isinstance(leaf, FieldTest) and leaf.root == "profile")
    lists = (leaf for leaf in leaves if isinstance(leaf, AudienceTest))
    return Asks(
        frozenset(test.name for test in events),
        frozenset(field.path[0] for field in fields if field.path != ("user_id",)),
        frozenset(test.audience for test in lists),
        windows,
    )


def named_from(key: str, conditions: Mapping[str, Condition]) -> set[str]:
    """Return the audiences to which a condition leads, through those that it names."""
    found: set[str] = set()
    ahead = [key]
    while ahead:
        where = conditions.get(ahead.pop())
        named = (
            {leaf.audience for leaf in _single(where) if isinstance(leaf, AudienceTest)} if where else set()
        )
        ahead += named - found
        found |= named
    return found


def _leaves(
    condition: Condition, conditions: Mapping[str, Condition], within: frozenset[str]
) -> Iterator[Condition]:
    for leaf in _single(condition):
        if isinstance(leaf, AudienceTest) and leaf.audience in conditions:
            if leaf.audience not in within:
                yield from _leaves(conditions[leaf.audience], conditions, within | {leaf.audience})
        else:
            yield leaf


def _single(condition: Condition) -> Iterator[Condition]:
    match condition:
        case All(items) | AnyOf(items):
            yield from _each(items)
        case Not(item):
            yield from _single(item)
        case EventTest(when=when):
            yield condition
            if when is not None:
                yield from _single(when)
        case _:
            yield condition


def _each(items: Iterable[Condition]) -> Iterator[Condition]:
    for item in items:
        yield from _single(item)
