"""Backfill: who did what a trigger names before the publication, and is suggested at it (P85).

Each person comes once for each trigger, by the latest event that it accepts. Suggestions are ordered by these events:
their numbers lie below those of every line, the older the event the lower.
"""

from __future__ import annotations

from psycopg import sql

from parcours.compiler.predicates import predicate
from parcours.compiler.scope import Scope
from parcours.compiler.templates import template
from parcours.domain.journey import EventTrigger, Journey

__all__ = ["backfill", "backfill_count", "backfills"]


def backfills(journey: Journey) -> bool:
    """Tell whether an event is a trigger: otherwise nobody can have done it before."""
    return any(isinstance(trigger, EventTrigger) for trigger in journey.entry.triggers)


def backfill(journey: Journey, scope: Scope) -> sql.Composable:
    """Compile the statement that suggests people between two keys. `scope` is that of a person `pr`, at `x.at`."""
    return sql.SQL(
        "INSERT INTO parcours.inbox (bucket, journey_id, profile_id, happened_at, feed_no, kind, name, data, arrived_at)\n"
        "SELECT %(b)s::integer, %(j)s::integer, s.profile_id, s.at, s.feed_no, 'run', s.name, s.data, s.at\n"
        "FROM ({}) s\nON CONFLICT DO NOTHING"
    ).format(_suggested(journey, scope))


def backfill_count(journey: Journey, scope: Scope) -> sql.Composable:
    """Compile the question how many suggestions there would be in a bucket."""
    return sql.SQL("SELECT count(DISTINCT (s.profile_id, s.feed_no, s.name)) FROM ({}) s").format(
        _suggested(journey, scope)
    )


def _suggested(journey: Journey, scope: Scope) -> sql.Composable:
    ways: list[sql.Composable] = []
    scope = scope.with_root("event", sql.SQL("e.properties"))
    for trigger in journey.entry.triggers:
        if not isinstance(trigger, EventTrigger):
            continue
        when = sql.SQL("true") if trigger.when is None else predicate(trigger.when, scope)
        ways.append(
            sql.SQL(
                "(SELECT e.name, e.happened_at, e.properties FROM parcours.event e\n"
                "    WHERE e.bucket = %(b)s AND e.profile_id = pr.profile_id AND e.name = {}\n"
                "      AND e.happened_at > %(since)s::timestamptz AND e.happened_at <= %(upto)s::timestamptz AND ({})\n"
                "    ORDER BY e.happened_at DESC, e.feed_no DESC LIMIT 1)"
            ).format(scope.params.bind(trigger.event, "text"), when)
        )
    return template("backfill").format(triggers=sql.SQL("\nUNION ALL\n").join(ways))
