"""Which ways an inbox row opens for whoever stands at a step that awaits something, and what it saves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from psycopg import sql

from parcours.compiler.messages import MESSAGE_KINDS, answered, kept_answer
from parcours.compiler.plan import Exit, Plan, Rest
from parcours.compiler.predicates import predicate
from parcours.compiler.scope import Scope
from parcours.compiler.seen import NULL_JSON, NULL_ROUTE, case_of
from parcours.compiler.trees import route_of
from parcours.domain.journey import Webhook

__all__ = ["awaited", "saved"]


def awaited(plan: Plan, scope: Scope) -> sql.Composable:
    """The route that this row opens for whoever stands at a step that awaits it; null where it opens none."""
    whens: list[sql.Composable] = []
    for rest in plan.rests:
        if rest.kind == "wait_for":
            whens.append(_at_step(rest, _event_ways(rest, scope), scope))
        elif rest.kind in MESSAGE_KINDS:
            whens.append(_at_step(rest, _outcome_ways(plan, rest, scope), scope))
    return case_of(sql.SQL("p.step"), whens, NULL_ROUTE)


def _at_step(rest: Rest, ways: Sequence[sql.Composable], scope: Scope) -> sql.Composable:
    if not ways:
        return sql.SQL("")
    return sql.SQL("WHEN {} THEN CASE {} END").format(
        scope.params.bind(rest.step, "text"), sql.SQL(" ").join(ways)
    )


def _event_ways(rest: Rest, scope: Scope) -> list[sql.Composable]:
    ways: list[sql.Composable] = []
    for way in rest.exits:
        if way.awaited is None:
            continue
        inner = scope
        if way.awaited.save_as:
            inner = scope.with_root(way.awaited.save_as, sql.SQL("(r.data -> 'properties')"))
        test = _awaits(way, scope)
        ways.append(sql.SQL("WHEN {} THEN {}").format(test, route_of(way.tree, inner)))
    return ways


def _awaits(way: Exit, scope: Scope) -> sql.Composable:
    assert way.awaited is not None
    parts: list[sql.Composable] = [
        sql.SQL(
            "r.name = {} AND (r.data ? 'kept' OR (r.happened_at, r.feed_no) > (p.since_at, p.since_no))"
            " AND (r.kind = 'event' OR r.kind = 'recheck' AND (r.data ->> 'seq')::integer = p.seq)"
        ).format(scope.params.bind(way.awaited.event, "text"))
    ]
    if way.awaited.when is not None:
        inner = replace(scope.with_root("event", sql.SQL("(r.data -> 'properties')")), history=False)
        parts.append(predicate(way.awaited.when, inner))
    return sql.SQL(" AND ").join(parts)


def _outcome_ways(plan: Plan, rest: Rest, scope: Scope) -> list[sql.Composable]:
    ways: list[sql.Composable] = []
    for way in rest.exits:
        inner = answered(plan.journey, rest.step, way.name, scope)
        test = sql.SQL(
            "r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq"
            " AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = {}"
        ).format(scope.params.bind(way.name, "text"))
        ways.append(sql.SQL("WHEN {} THEN {}").format(test, route_of(way.tree, inner)))
    return ways


def saved(plan: Plan, scope: Scope) -> sql.Composable:
    """What `save_as` keeps when its alternative is taken: the first in the file that matches; a webhook's answer."""
    whens: list[sql.Composable] = []
    for rest in plan.rests:
        step = plan.journey.steps[rest.step]
        if isinstance(step, Webhook) and step.save_as is not None:
            kept_by = kept_answer(step, scope.params)
            whens.append(sql.SQL("WHEN {} THEN {}").format(scope.params.bind(rest.step, "text"), kept_by))
        named = [way for way in rest.exits if way.awaited is not None]
        if not any(way.awaited and way.awaited.save_as for way in named):
            continue
        ways: list[sql.Composable] = []
        for way in named:
            assert way.awaited is not None
            kept: sql.Composable = NULL_JSON
            if way.awaited.save_as:
                kept = sql.SQL("jsonb_build_object({}, r.data -> 'properties')").format(
                    scope.params.bind(way.awaited.save_as, "text")
                )
            ways.append(sql.SQL("WHEN {} THEN {}").format(_awaits(way, scope), kept))
        whens.append(_at_step(rest, ways, scope))
    return case_of(sql.SQL("p.step"), whens, NULL_JSON)
