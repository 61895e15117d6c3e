"""What decided: the values that a move looked at, as they were then, for whoever asks why."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from parcours.compiler.messages import answered, awaited
from parcours.compiler.plan import Exit, Plan, Rest
from parcours.compiler.scope import Scope
from parcours.compiler.trees import values_of
from parcours.compiler.values import compared
from parcours.domain.journey import AudienceTrigger, EventTrigger

__all__ = ["NULL_JSON", "NULL_ROUTE", "case_of", "seen_due", "seen_entering", "seen_inside", "timers"]

NULL_JSON = sql.SQL("NULL::jsonb")
NULL_ROUTE = sql.SQL("NULL::integer")


def timers(plan: Plan) -> list[tuple[Rest, Exit]]:
    """Return the ways out of each resting point that time opens."""
    return [(rest, way) for rest in plan.rests for way in rest.exits if way.name == "timer"]


def seen_entering(plan: Plan, scope: Scope) -> sql.Composable:
    """What the entrance looked at, and what decided the first walk where there was one."""
    entry = plan.journey.entry
    triggers = [t for t in entry.triggers if isinstance(t, EventTrigger | AudienceTrigger)]
    asked = [t.when for t in triggers if t.when is not None]
    asked += [entry.filter] if entry.filter is not None else []
    entering = compared(asked, scope)
    walking = sql.SQL("CASE WHEN %(may_move)s THEN {} END").format(
        values_of([plan.entry], scope) or NULL_JSON
    )
    if entering is None:
        return walking
    return sql.SQL("({} || coalesce({}, '{{}}'::jsonb))").format(entering, walking)


def seen_inside(plan: Plan, scope: Scope) -> sql.Composable:
    """What decided where an event or an outcome led, and what the outcome said of itself."""
    journey = plan.journey
    whens: list[sql.Composable] = []
    for rest in plan.rests:
        seen = awaited(journey.steps[rest.step], answered(journey, rest.step, "sent", scope))
        values = values_of([way.tree for way in rest.exits if way.name != "timer"], seen)
        if values is not None:
            whens.append(sql.SQL("WHEN {} THEN {}").format(scope.params.bind(rest.step, "text"), values))
    detail = sql.SQL("CASE WHEN r.data ? 'detail' THEN jsonb_build_object('detail', r.data -> 'detail') END")
    if not whens:
        return detail
    both = "nullif(coalesce({}, '{{}}'::jsonb) || coalesce({}, '{{}}'::jsonb), '{{}}'::jsonb)"
    return sql.SQL(both).format(detail, case_of(sql.SQL("p.step"), whens, NULL_JSON))


def seen_due(plan: Plan, scope: Scope) -> sql.Composable:
    """What decided where a timer led."""
    whens: list[sql.Composable] = []
    for rest, way in timers(plan):
        values = values_of([way.tree], scope)
        if values is not None:
            whens.append(sql.SQL("WHEN {} THEN {}").format(scope.params.bind(rest.step, "text"), values))
    return case_of(sql.SQL("p.step"), whens, NULL_JSON)


def case_of(
    operand: sql.Composable, whens: Sequence[sql.Composable], otherwise: sql.Composable
) -> sql.Composable:
    """Return a CASE over an operand, or what it would come to where there is nothing to tell apart."""
    if not whens:
        return otherwise
    return sql.SQL("CASE {} {} ELSE {} END").format(operand, sql.SQL(" ").join(whens), otherwise)
