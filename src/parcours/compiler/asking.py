"""Asking one person a condition now, test by test: what `why` says of somebody who did not enter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from psycopg import sql

from parcours.compiler.predicates import event_count, field_value, local_zone, predicate
from parcours.compiler.program import Statement
from parcours.compiler.scope import Parameters, Scope
from parcours.domain.condition import (
    All,
    AnyOf,
    Condition,
    EventTest,
    FieldTest,
    Not,
    TimeTest,
)
from parcours.domain.journey import Journey

__all__ = ["compile_asking", "tests_of"]

AT_ONCE = 40  # jsonb_build_array takes at most 100 arguments


def compile_asking(condition: Condition, journey: Journey, audiences: Mapping[str, Condition]) -> Statement:
    """Compile the question what each test of a condition says of one person, in the order of `tests_of`.

    The statement takes `b`, `p` (bucket and person), `at`, and `event` (properties, or null); it answers with one row, an
    array of [holds, value]. The value is the field's, the number of events, or the local time.
    """
    params = Parameters()
    scope = Scope(
        params, journey.key, journey.timezone,
        {"profile": sql.SQL("pr.attributes"), "event": sql.SQL("e.properties")}, {},
        at=sql.SQL("x.at"), profile_id=sql.SQL("pr.profile_id"), user_id=sql.SQL("pr.user_id"),
        bucket=sql.SQL("%(b)s"), message_of=None, passage=None, audiences=audiences,
        own_zone=journey.profile_timezone,
    )  # fmt: skip
    pairs: list[sql.Composable] = [
        sql.SQL("jsonb_build_array({}, {})").format(predicate(test, scope), _value(test, scope))
        for test in tests_of(condition)
    ]
    chunks: list[sql.Composable] = [
        sql.SQL("jsonb_build_array({})").format(sql.SQL(", ").join(pairs[i : i + AT_ONCE]))
        for i in range(0, len(pairs), AT_ONCE)
    ]
    chunks = chunks or [sql.SQL("'[]'::jsonb")]
    text = sql.SQL(
        "SELECT {} FROM parcours.profile pr"
        " CROSS JOIN (SELECT %(at)s::timestamptz AS at) x CROSS JOIN (SELECT %(event)s::jsonb AS properties) e"
        " WHERE pr.bucket = %(b)s AND pr.profile_id = %(p)s"
    ).format(sql.SQL(" || ").join(chunks))
    return Statement(text.as_string(None), params.values)


def tests_of(condition: Condition) -> Iterator[Condition]:
    """Yield the single tests of a condition, in the order in which they are written."""
    match condition:
        case All(items) | AnyOf(items):
            for item in items:
                yield from tests_of(item)
        case Not(item):
            yield from tests_of(item)
        case _:
            yield condition


def _value(test: Condition, scope: Scope) -> sql.Composable:
    match test:
        case FieldTest(root=root, path=path):
            return field_value(root, path, scope)
        case EventTest():
            return event_count(test, scope)
        case TimeTest():
            return sql.SQL("to_char({} AT TIME ZONE {}, 'Dy HH24:MI')").format(scope.at, local_zone(scope))
        case _:
            return sql.SQL("NULL::jsonb")
