"""When goals and exit rules must be asked.

A goal or exit rule is a list of alternatives. A plain `{event}` is true exactly when such an event arrives, and acts
at once, so timers need not ask it. Everything else is asked wherever something is decided (R31). `restless` are those
that can become true without a row that names them: by time, by the walk, or because something has not happened; a
journey with one of these hears every event and every change of its people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from psycopg import sql

from parcours.compiler.predicates import either, predicate
from parcours.compiler.scope import Scope
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

__all__ = ["Listening", "judged", "leaves", "listening", "nature"]

Site = Literal["row", "timer", "admission", "transfer"]


def judged(condition: Condition, site: Site, scope: Scope) -> sql.Composable | None:
    """Compile what of this condition must be asked at this site; None where nothing must."""
    parts: list[sql.Composable] = []
    for alternative in _alternatives(condition):
        kind = nature(alternative)
        if kind == "event":
            if site == "row" and isinstance(alternative, EventTest):
                parts.append(_row_is(alternative, scope))
            elif site == "transfer":  # what happened in the passage was never asked by this version
                parts.append(predicate(alternative, scope))
        else:
            parts.append(predicate(alternative, scope))
    return either(parts) if parts else None


def nature(condition: Condition) -> Literal["event", "steady", "restless"]:
    """Tell how an alternative can change."""
    if isinstance(condition, EventTest):
        simple = condition.count == "at_least" and condition.times == 1 and condition.within is None
        own = condition.when is None or all(
            isinstance(leaf, FieldTest) and leaf.root == "event" for leaf in leaves(condition.when)
        )
        if simple and own and not _restless(condition):
            return "event"
    return "restless" if _restless(condition) else "steady"


class Listening:
    """What a journey must hear of: event names, attributes, audiences; `*` means every one."""

    def __init__(self) -> None:
        self.events: set[str] = set()
        self.fields: set[str] = set()
        self.audiences: set[str] = set()
        self.members: set[str] = set()  # audiences through which people are suggested
        self.history: set[str] = (
            set()
        )  # events that count where they are history, too: audiences look at them

    def rows(self) -> list[tuple[str, str]]:
        """Return (kind, name) pairs, sorted."""
        pairs = {("event", name) for name in self.events}
        pairs |= {("field", name) for name in self.fields}
        pairs |= {("audience", name) for name in self.audiences}
        pairs |= {("member", name) for name in self.members}
        pairs |= {("history", name) for name in self.history}
        return sorted(pairs)


def listening(conditions: Iterable[Condition], into: Listening, audiences: Mapping[str, Condition]) -> None:
    """Collect what goals and exit rules depend on; an audience by condition on what its condition does."""
    for condition in conditions:
        if any(nature(a) == "restless" for a in _alternatives(condition)):
            into.events.add("*")
            into.fields.add("*")
        for leaf in leaves(condition):
            match leaf:
                case FieldTest(root="profile", path=path) if path != ("user_id",):
                    into.fields.add(path[0])
                case EventTest(name=name):
                    into.events.add(name)
                case AudienceTest(audience=audience) if audience in audiences:
                    inner = Listening()
                    listening([audiences[audience]], inner, audiences)
                    into.events |= inner.events
                    into.fields |= inner.fields
                    into.audiences |= inner.audiences
                    into.history |= inner.events - {"*"}
                case AudienceTest(audience=audience):
                    into.audiences.add(audience)
                case MessageTest(outcome="opened"):
                    into.events.add("Email Opened")
                case MessageTest(outcome="clicked"):
                    into.events.add("Email Link Clicked")


def _alternatives(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, AnyOf):
        for item in condition.items:
            yield from _alternatives(item)
    else:
        yield condition


def leaves(condition: Condition) -> Iterator[Condition]:
    """Yield the tests of a condition, those within an event's `when` too."""
    match condition:
        case All(items) | AnyOf(items):
            for item in items:
                yield from leaves(item)
        case Not(item):
            yield from leaves(item)
        case EventTest(when=when):
            yield condition
            if when is not None:
                yield from leaves(when)
        case _:
            yield condition


def _restless(condition: Condition) -> bool:
    for leaf in leaves(condition):
        match leaf:
            case TimeTest() | MessageTest():
                return True
            case FieldTest(op="within_last" | "within_next"):
                return True
            case FieldTest(root=root) if root not in ("profile", "event"):
                return True
            case EventTest(within=within, count=count) if within is not None or count != "at_least":
                return True
    return False


def _row_is(test: EventTest, scope: Scope) -> sql.Composable:
    parts: list[sql.Composable] = [
        sql.SQL(
            "r.kind = 'event' AND r.name = {} AND (r.happened_at, r.feed_no) > (p.cause_at, p.cause_no)"
        ).format(scope.params.bind(test.name, "text"))
    ]
    if test.when is not None:
        parts.append(predicate(test.when, scope.with_root("event", sql.SQL("(r.data -> 'properties')"))))
    return sql.SQL("({})").format(sql.SQL(" AND ").join(parts))
