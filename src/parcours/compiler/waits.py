"""When whoever comes to a rest is due there: durations, dates, times of day, lifetimes (R19, R20, R25).

A deadline is stamped on entering, outside the decision: `d` is the decision, `w` the route it took. What a deadline
may look at there is carried along by `carried`, where the journey needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Literal

from psycopg import sql

from parcours.compiler.messages import MESSAGE_KINDS
from parcours.compiler.plan import Plan, Rest
from parcours.compiler.predicates import field_value, instant_of, local_zone, span
from parcours.compiler.scope import Parameters, Scope
from parcours.domain.journey import Journey, UpdateProfile, Wait, WaitFor

__all__ = ["carried", "deadline", "landed", "outlived", "wake"]

AT_ONCE = sql.SQL("'-infinity'::timestamptz")
NEVER = sql.SQL("'infinity'::timestamptz")
LATER = "CASE WHEN {due} > d.at THEN {due} ELSE '-infinity' END"
# Whoever reads an instant can hold it: the years 1 to 9999. A deadline behind them never comes.
BOUNDED = "CASE WHEN {due} < '10000-01-01 00:00:00+00' THEN {due} ELSE 'infinity' END"

INSIDE = (
    ", p.entered_at AS entered_at, coalesce(p.lives_from, p.entered_at) AS lives_from, {deadline} AS deadline,"
    " pr.attributes, pr.user_id, p.event, p.saved AS known"
)
ADMITTED = (
    ", p.at AS entered_at, p.at AS lives_from, NULL::timestamptz AS deadline,"
    " p.attributes, p.user_id, (p.data -> 'properties') AS event, NULL::jsonb AS known"
)


def carried(
    journey: Journey, site: Literal["inside", "due", "admit", "transfer"], params: Parameters
) -> sql.Composable:
    """Return the columns of a decision that deadlines look at; none where no deadline does."""
    looks = any(isinstance(s, Wait) and (s.until_field or s.until_time) for s in journey.steps.values())
    if not looks and journey.lifetime is None:
        return sql.SQL("")
    if site == "admit":
        return sql.SQL(ADMITTED)
    kept: sql.Composable = _kept_deadline(journey, params) if site == "transfer" else sql.SQL("p.deadline")
    return sql.SQL(INSIDE).format(deadline=kept)


def wake(plan: Plan, scope: Scope) -> sql.Composable:
    """When whoever comes to a rest is due there: -infinity where the walk goes on at once (P27, R15).

    `scope` reads what a decision carries.
    """
    due = _of_steps(plan, scope)
    if plan.journey.lifetime is None:
        return due
    # A message that leaves at the instant of its walk is of the walk (R4): a lifetime that is over ends behind it.
    messages = [rest.step for rest in plan.rests if rest.kind in MESSAGE_KINDS]
    return sql.SQL(
        "CASE WHEN w.stands = ANY ({messages}) AND d.lives_from + {life} <= d.at AND %(may_send)s{opened} THEN {due}"
        " ELSE least({due}, d.lives_from + {life}) END"
    ).format(
        messages=scope.params.bind(messages, "text[]"),
        opened=_window_is_open(plan.journey, scope),
        due=due,
        life=span(plan.journey.lifetime, scope),
    )


def landed(journey: Journey, params: Parameters) -> sql.Composable:
    """When whoever is transferred to a step is due there: a deadline stays, but for a time-out that is there no more.

    Who is queued is due at once, as if admitted there, unless the queue of that version is put aside.
    """
    due = _kept_deadline(journey, params)
    if journey.lifetime is not None:
        life = params.bind(f"{journey.lifetime.total_seconds():.0f} seconds", "interval")
        due = sql.SQL("least({}, coalesce(p.lives_from, p.entered_at) + {})").format(due, life)
    parked = sql.SQL("CASE WHEN %(parks)s AND p.step IS NULL THEN {} ELSE {} END")
    return parked.format(sql.SQL("'9999-12-31 23:59:59.999999+00'::timestamptz"), due)


def deadline(plan: Plan, scope: Scope) -> sql.Composable:
    """The deadline of the step itself, kept beside `wake` where a lifetime may come before it; else null."""
    if plan.journey.lifetime is None:
        return sql.SQL("NULL::timestamptz")
    return sql.SQL(
        "CASE WHEN d.leaves IS NOT NULL OR w.outcome <> 'rest' THEN NULL WHEN d.route IS NULL THEN d.deadline ELSE {} END"
    ).format(_of_steps(plan, scope))


def _of_steps(plan: Plan, scope: Scope) -> sql.Composable:
    whens = [
        sql.SQL("WHEN {} THEN {}").format(scope.params.bind(rest.step, "text"), _due(plan, rest, scope))
        for rest in plan.rests
    ]
    if not whens:
        return NEVER
    return sql.SQL("CASE w.stands {} ELSE {} END").format(sql.SQL(" ").join(whens), NEVER)


def _kept_deadline(journey: Journey, params: Parameters) -> sql.Composable:
    """The deadline of the step itself that somebody brings along; the queue is due."""
    endless = [s.id for s in journey.steps.values() if isinstance(s, WaitFor) and s.timeout is None]
    whens: list[sql.Composable] = [sql.SQL("WHEN p.step IS NULL THEN p.entered_at")]
    if endless:
        whens.append(sql.SQL("WHEN p.step = ANY ({}) THEN 'infinity'").format(params.bind(endless, "text[]")))
    return sql.SQL("CASE {} ELSE coalesce(p.deadline, p.wake_at) END").format(sql.SQL(" ").join(whens))


def _window_is_open(journey: Journey, scope: Scope) -> sql.Composable:
    if journey.window is None:
        return sql.SQL("")
    bind, window = scope.params.bind, journey.window
    return sql.SQL(" AND parcours.in_window(d.at AT TIME ZONE {}, {}, {}, {})").format(
        local_zone(scope),
        bind(sorted(window.weekdays) if window.weekdays else None, "integer[]"),
        bind((window.start or time()).isoformat(), "time"),
        bind((window.until or time()).isoformat(), "time"),
    )


def outlived(journey: Journey, params: Parameters) -> Sequence[tuple[sql.Composable, str]]:
    """Whose lifetime is over when its timer comes: from its end on nothing else happens by time (R25, P49).

    At the instant of a release (the floor) only what was due before it is overdue; and a walk under way goes on.
    """
    if journey.lifetime is None:
        return []
    test = sql.SQL(
        "p.wake_at > '-infinity' AND (coalesce(p.lives_from, p.entered_at) + {life} = p.wake_at"
        " OR coalesce(p.lives_from, p.entered_at) + {life} < greatest(p.wake_at, %(floor)s))"
    ).format(life=params.bind(f"{journey.lifetime.total_seconds():.0f} seconds", "interval"))
    return [(test, "lifetime_exceeded")]


def _due(plan: Plan, rest: Rest, scope: Scope) -> sql.Composable:
    match plan.journey.steps[rest.step]:
        case Wait(duration=duration) if duration is not None:
            due: sql.Composable = sql.SQL("d.base + {}").format(span(duration, scope))
        case Wait(until=until) if until is not None:
            due = scope.params.bind(until.isoformat(), "timestamptz")
        case Wait(until_field=field, offset=offset) if field is not None:
            due = instant_of(field_value(*field, scope))
            if offset is not None:
                due = sql.SQL("({} + {})").format(due, span(offset, scope))
            due = sql.SQL(BOUNDED).format(due=due)
        case Wait(until_time=clock, weekdays=weekdays) if clock is not None:
            days = scope.params.bind(sorted(weekdays) if weekdays else None, "integer[]")
            due = sql.SQL("parcours.next_local_time(d.base, {}, {}, {})").format(
                local_zone(scope), days, scope.params.bind(clock.isoformat(), "time")
            )
        case WaitFor(timeout=timeout) if timeout is not None:
            due = sql.SQL("d.base + {}").format(span(timeout.after, scope))
        case Wait() | UpdateProfile():
            return AT_ONCE
        case WaitFor():
            return NEVER
        case _:
            return AT_ONCE if any(way.name == "timer" for way in rest.exits) else NEVER
    return sql.SQL(LATER).format(due=due)
