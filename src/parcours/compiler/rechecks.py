"""When time alone may change a condition: the earliest such instant behind `at`, as SQL.

Never later than the first change, and as a rule not earlier: a count within a span changes when its oldest event that
counts goes out of it. Where nothing can change by time there is no expression.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from psycopg import sql

from parcours.compiler.predicates import events_where, field_value, instant_of, span
from parcours.compiler.scope import Scope
from parcours.domain.condition import All, AnyOf, AudienceTest, Condition, EventTest, FieldTest, Not, TimeTest

__all__ = ["recheck"]

TICK = timedelta(microseconds=1)
MIDNIGHT = "00:00"


def recheck(condition: Condition, scope: Scope) -> sql.Composable | None:
    """Compile the earliest instant behind `at` at which time alone may change the condition; None: it never does."""
    parts = _parts(condition, scope)
    return _earliest(parts) if parts else None


def _earliest(parts: list[sql.Composable]) -> sql.Composable:
    return parts[0] if len(parts) == 1 else sql.SQL("least({})").format(sql.SQL(", ").join(parts))


def _parts(condition: Condition, scope: Scope) -> list[sql.Composable]:
    match condition:
        case All(items) | AnyOf(items):
            return [part for item in items for part in _parts(item, scope)]
        case Not(item):
            return _parts(item, scope)
        case FieldTest(op="within_last" | "within_next"):
            return [_field(condition, scope)]
        case EventTest():
            return _events(condition, scope)
        case AudienceTest(audience) if audience in scope.audiences:
            return _parts(scope.audiences[audience], scope.of_audience())
        case TimeTest():
            return [_clock(condition, scope)]
        case _:
            return []


def _field(test: FieldTest, scope: Scope) -> sql.Composable:
    """The instant comes into the span, and goes out of it (R27)."""
    value = instant_of(field_value(test.root, test.path, scope))
    assert isinstance(test.value, timedelta)
    long, tick = span(test.value, scope), span(TICK, scope)
    moments = "(f.v), (f.v + {d})" if test.op == "within_last" else "(f.v - {d} + {t}), (f.v + {t})"
    return sql.SQL(
        "(SELECT min(c.at) FROM (SELECT {v} AS v) f CROSS JOIN LATERAL (VALUES {moments}) AS c (at) WHERE c.at > {at})"
    ).format(v=value, moments=sql.SQL(moments).format(d=long, t=tick), at=scope.at)


def _events(test: EventTest, scope: Scope) -> list[sql.Composable]:
    inner = _inner(test, scope)
    if inner is None:
        return [] if test.within is None else _expiry(test, scope)
    # Which events count may change by itself: whichever of them changes first, or goes out of the span.
    every = replace(test, when=None)
    alias, where = events_where(replace(every, within=None), scope)
    parts: list[sql.Composable] = [
        sql.SQL(
            "(SELECT min(n.at) FROM parcours.event {e} CROSS JOIN LATERAL (SELECT {inner} AS at OFFSET 0) n WHERE {w})"
        ).format(inner=inner, e=alias, w=where)
    ]
    if test.within is not None:
        alias, where = events_where(every, scope)
        parts.append(
            sql.SQL("(SELECT min({e}.happened_at) + {d} FROM parcours.event {e} WHERE {w})").format(
                e=alias, d=span(test.within, scope), w=where
            )
        )
    return parts


def _inner(test: EventTest, scope: Scope) -> sql.Composable | None:
    if test.when is None:
        return None
    alias = sql.Identifier(f"e{scope.depth}")
    inner = scope.with_root("event", sql.SQL("{}.properties").format(alias))
    return recheck(test.when, replace(inner, depth=scope.depth + 1))


def _expiry(test: EventTest, scope: Scope) -> list[sql.Composable]:
    """The count only falls by time: the answer changes when it comes to the number, or below it."""
    places = {"at_least": [test.times - 1], "at_most": [test.times], "exactly": [test.times, test.times - 1]}
    alias, where = events_where(test, scope)
    assert test.within is not None
    found: list[sql.Composable] = [
        sql.SQL(
            "(SELECT {e}.happened_at + {d} FROM parcours.event {e} WHERE {w}"
            " ORDER BY {e}.happened_at DESC OFFSET {n} LIMIT 1)"
        ).format(e=alias, d=span(test.within, scope), w=where, n=sql.Literal(place))
        for place in places[test.count]
        if place >= 0
    ]
    # The event that is further back goes first.
    return found[:1] if len(found) < 2 else [sql.SQL("coalesce({})").format(sql.SQL(", ").join(found))]  # noqa: PLR2004


def _clock(test: TimeTest, scope: Scope) -> sql.Composable:
    clocks = {str(test.start or MIDNIGHT), str(test.until or MIDNIGHT)}
    if test.weekdays is not None:
        clocks.add(MIDNIGHT)
    turns = [
        sql.SQL("parcours.next_local_time({at}, {zone}, NULL, {clock})").format(
            at=scope.at, zone=scope.params.bind("UTC", "text"), clock=scope.params.bind(clock, "time")
        )
        for clock in sorted(clocks)
    ]
    return _earliest(list(turns))
