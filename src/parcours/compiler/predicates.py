"""Condition → SQL: a boolean expression that is never null and never fails, whatever a field holds (R26, R27)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from psycopg import sql

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

__all__ = [
    "FALSE",
    "TRUE",
    "either",
    "event_count",
    "events_where",
    "field_value",
    "instant_of",
    "local_zone",
    "predicate",
    "span",
]

TRUE = sql.SQL("true")
FALSE = sql.SQL("false")
TRACKED = {"opened": "Email Opened", "clicked": "Email Link Clicked"}


def predicate(condition: Condition, scope: Scope) -> sql.Composable:
    """Compile a condition to a total boolean expression in this scope."""
    match condition:
        case All(items):
            return _join(items, scope, " AND ", TRUE)
        case AnyOf(items):
            return _join(items, scope, " OR ", FALSE)
        case Not(item):
            return sql.SQL("(NOT {})").format(predicate(item, scope))
        case FieldTest():
            return _field(condition, scope)
        case EventTest():
            return _event(condition, scope)
        case AudienceTest(audience) if audience in scope.audiences:
            return predicate(scope.audiences[audience], scope.of_audience())
        case AudienceTest(audience):
            return sql.SQL(
                "EXISTS (SELECT 1 FROM parcours.membership ms WHERE ms.bucket = {} AND ms.profile_id = {}"
                " AND ms.audience_key = {})"
            ).format(scope.bucket, scope.profile_id, scope.params.bind(audience, "text"))
        case MessageTest():
            return _message(condition, scope)
        case TimeTest(weekdays, start, until):
            days = (
                scope.params.bind(sorted(weekdays), "integer[]")
                if weekdays is not None
                else sql.SQL("NULL::integer[]")
            )
            return sql.SQL("parcours.in_window({} AT TIME ZONE {}, {}, {}, {})").format(
                scope.at,
                local_zone(scope),
                days,
                scope.params.bind(str(start or "00:00"), "time"),
                scope.params.bind(str(until or "00:00"), "time"),
            )


def either(parts: list[sql.Composable]) -> sql.Composable:
    """Join boolean expressions by OR; none is false."""
    if not parts:
        return FALSE
    return sql.SQL("({})").format(sql.SQL(" OR ").join(parts))


def field_value(root: str, path: tuple[str, ...], scope: Scope) -> sql.Composable:
    """Return a jsonb expression of a field, null where it is missing."""
    if root == "participant":
        known = scope.participant.get(path[0]) if len(path) == 1 else None
        return known if known is not None else sql.SQL("NULL::jsonb")
    if root == "profile" and path == ("user_id",):
        return sql.SQL("to_jsonb({})").format(scope.user_id)
    base = scope.roots.get(root, sql.SQL("NULL::jsonb"))
    parts = [base, *(scope.params.bind(key, "text") for key in path)]
    return sql.SQL("({})").format(sql.SQL(" -> ").join(parts))


def instant_of(value: sql.Composable) -> sql.Composable:
    """Return the instant that a jsonb value is: an RFC 3339 text; null for anything else (R26)."""
    return sql.SQL("CASE WHEN jsonb_typeof({v}) = 'string' THEN parcours.instant({v} #>> '{{}}') END").format(
        v=value
    )


def local_zone(scope: Scope) -> sql.Composable:
    """Return the zone in which this person's local times are read."""
    zone = scope.params.bind(scope.zone, "text")
    if not scope.own_zone:
        return zone
    own = field_value("profile", ("timezone",), scope)
    return sql.SQL("coalesce(parcours.zone({} #>> '{{}}'), {})").format(own, zone)


def span(duration: timedelta, scope: Scope) -> sql.Composable:
    """Bind a duration."""
    return scope.params.bind(f"{duration // timedelta(microseconds=1)} microseconds", "interval")


def _join(items: tuple[Condition, ...], scope: Scope, word: str, empty: sql.Composable) -> sql.Composable:
    if not items:
        return empty
    parts = [predicate(item, scope) for item in items]
    return sql.SQL("({})").format(sql.SQL(word).join(parts))


def _field(test: FieldTest, scope: Scope) -> sql.Composable:
    v = field_value(test.root, test.path, scope)
    text = sql.SQL("({} #>> '{{}}')").format(v)
    present = sql.SQL("{v} <> 'null'::jsonb").format(v=v)
    bind, value, op = scope.params.bind, test.value, test.op

    def total(expression: str, **parts: sql.Composable) -> sql.Composable:
        return sql.SQL("coalesce(" + expression + ", false)").format(v=v, t=text, p=present, **parts)

    def text_only(expression: str, **parts: sql.Composable) -> sql.Composable:
        return total("CASE WHEN jsonb_typeof({v}) = 'string' THEN " + expression + " END", **parts)

    match op:
        case "is":
            return total("{v} = {c}", c=bind(json.dumps(value), "jsonb"))
        case "is_not":
            return total("{p} AND {v} <> {c}", c=bind(json.dumps(value), "jsonb"))
        case "in":
            return total("{v} = ANY ({c})", c=bind([json.dumps(x) for x in _items(value)], "jsonb[]"))
        case "not_in":
            return total(
                "{p} AND NOT ({v} = ANY ({c}))", c=bind([json.dumps(x) for x in _items(value)], "jsonb[]")
            )
        case "gt" | "gte" | "lt" | "lte":
            sign = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}[op]
            if isinstance(value, str):
                return text_only('{t} COLLATE "C" ' + sign + " {c}", c=bind(value, "text"))
            return total(
                "CASE WHEN jsonb_typeof({v}) = 'number' THEN {v}::numeric " + sign + " {c} END",
                c=bind(repr(value), "numeric"),
            )
        case "between":
            low, high = _items(value)
            if isinstance(low, str):
                return text_only(
                    '{t} COLLATE "C" >= {a} AND {t} COLLATE "C" <= {b}',
                    a=bind(low, "text"),
                    b=bind(high, "text"),
                )
            return total(
                "CASE WHEN jsonb_typeof({v}) = 'number' THEN {v}::numeric BETWEEN {a} AND {b} END",
                a=bind(repr(low), "numeric"),
                b=bind(repr(high), "numeric"),
            )
        case "contains" | "not_contains":
            constant = bind(json.dumps(value), "jsonb")
            holds = "WHEN 'array' THEN {v} @> {c}"
            parts = {"c": constant}
            if isinstance(value, str):
                holds += " WHEN 'string' THEN strpos({t}, {s}) > 0"
                parts["s"] = bind(value, "text")
            inside = "(CASE jsonb_typeof({v}) " + holds + " ELSE false END)"
            return total(inside if op == "contains" else "{p} AND NOT " + inside, **parts)
        case "starts_with":
            return text_only("starts_with({t}, {c})", c=bind(value, "text"))
        case "ends_with":
            return text_only("right({t}, length({c})) = {c}", c=bind(value, "text"))
        case "matches":
            return text_only('({t} COLLATE "C") ~ {c}', c=bind(value, "text"))
        case "exists":
            return total("{p}") if value else sql.SQL("(NOT {})").format(total("{p}"))
        case "before" | "after":
            sign = "<" if op == "before" else ">"
            moment = bind(value.isoformat(), "timestamptz")  # type: ignore[union-attr]
            return text_only("parcours.instant({t}) " + sign + " {c}", c=moment)
        case "within_last":
            return text_only(
                "parcours.instant({t}) > {at} - {d} AND parcours.instant({t}) <= {at}",
                at=scope.at,
                d=span(value, scope),  # type: ignore[arg-type]
            )
        case "within_next":
            return text_only(
                "parcours.instant({t}) >= {at} AND parcours.instant({t}) < {at} + {d}",
                at=scope.at,
                d=span(value, scope),  # type: ignore[arg-type]
            )


def _items(value: Any) -> tuple[Any, ...]:
    return tuple(value)


def _event(test: EventTest, scope: Scope) -> sql.Composable:
    if not scope.history and scope.passage is None:
        return FALSE  # before admission no event is of this passage (P6)
    alias, where = events_where(test, scope)
    if test.count == "at_least" and test.times == 1:
        return sql.SQL("EXISTS (SELECT 1 FROM parcours.event {e} WHERE {w})").format(e=alias, w=where)
    sign = {"at_least": ">=", "at_most": "<=", "exactly": "="}[test.count]
    wanted = scope.params.bind(test.times, "bigint")
    return sql.SQL("({} {} {})").format(event_count(test, scope), sql.SQL(sign), wanted)


def event_count(test: EventTest, scope: Scope) -> sql.Composable:
    """Return how many events a test looks at, whatever number it asks for."""
    alias, where = events_where(test, scope)
    return sql.SQL("(SELECT count(*) FROM parcours.event {e} WHERE {w})").format(e=alias, w=where)


def events_where(test: EventTest, scope: Scope) -> tuple[sql.Identifier, sql.Composable]:
    """Return the name by which events are known in a test, and which of them it looks at."""
    alias = sql.Identifier(f"e{scope.depth}")
    parts: list[sql.Composable] = [
        sql.SQL("{e}.bucket = {b} AND {e}.profile_id = {p} AND {e}.name = {n}").format(
            e=alias, b=scope.bucket, p=scope.profile_id, n=scope.params.bind(test.name, "text")
        )
    ]
    if scope.history or scope.passage is None:
        parts.append(sql.SQL("{e}.happened_at <= {at}").format(e=alias, at=scope.at))
    else:
        after, upto = scope.passage
        parts.append(
            sql.SQL(
                "({e}.happened_at, {e}.feed_no) > {after} AND ({e}.happened_at, {e}.feed_no) <= {upto}"
                " AND NOT {e}.historical"
            ).format(e=alias, after=after, upto=upto)
        )
    if test.within is not None:
        parts.append(
            sql.SQL("{e}.happened_at > {at} - {d} AND {e}.happened_at <= {at}").format(
                e=alias, at=scope.at, d=span(test.within, scope)
            )
        )
    if test.when is not None:
        inner = scope.with_root("event", sql.SQL("{}.properties").format(alias))
        parts.append(predicate(test.when, replace(inner, depth=scope.depth + 1)))
    return alias, sql.SQL(" AND ").join(parts)


def _message(test: MessageTest, scope: Scope) -> sql.Composable:
    if test.outcome in TRACKED:
        had = _event(
            EventTest(TRACKED[test.outcome], when=_of_step(scope.journey_key, test.step)),
            replace(scope, history=False),
        )
    elif scope.message_of is None:
        had = FALSE
    else:
        journey_id, entry_no = scope.message_of
        states = ["sent", "uncertain"] if test.outcome == "sent" else ["rejected"]
        had = sql.SQL(
            "EXISTS (SELECT 1 FROM parcours.message mg WHERE mg.bucket = {} AND mg.profile_id = {}"
            " AND mg.journey_id = {} AND mg.entry_no = {} AND mg.step = {} AND mg.state = ANY ({}))"
        ).format(
            scope.bucket,
            scope.profile_id,
            journey_id,
            entry_no,
            scope.params.bind(test.step, "text"),
            scope.params.bind(states, "text[]"),
        )
    return had if test.expected else sql.SQL("(NOT {})").format(had)


def _of_step(journey_key: str, step: str) -> Condition:
    return All(
        (FieldTest("event", ("journey",), "is", journey_key), FieldTest("event", ("step",), "is", step))
    )
