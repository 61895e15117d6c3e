"""Triggers by audience: whoever comes into one, or goes out of it, is suggested, once a row, by the first trigger."""

from __future__ import annotations

from psycopg import sql

from parcours.compiler.predicates import predicate
from parcours.compiler.scope import Scope
from parcours.domain.journey import AudienceTrigger, Journey

__all__ = ["by_audience", "heard_members"]

CAME = "r.data -> 'entered' ? {key}"
WENT = "r.data -> 'left' ? {key}"
MOVES = {"enter": CAME, "leave": WENT, "both": f"({CAME} OR {WENT})"}


def heard_members(journey: Journey) -> set[str]:
    """Return the audiences through which the journey is entered."""
    return {trigger.audience for trigger in journey.entry.triggers if isinstance(trigger, AudienceTrigger)}


def by_audience(journey: Journey, scope: Scope) -> dict[str, sql.Composable]:
    """Compile the parts of `candidates` for rows of kind `qualify`; empty where no trigger is an audience.

    The key of the audience becomes the name of the cause. What the journey's own steps wrote suggests nobody to it.
    """
    bind = scope.params.bind
    whens: list[sql.Composable] = []
    for trigger in journey.entry.triggers:
        if not isinstance(trigger, AudienceTrigger):
            continue
        key = bind(trigger.audience, "text")
        test: sql.Composable = sql.SQL(MOVES[trigger.on]).format(key=key)
        if trigger.when is not None:
            test = sql.SQL("{} AND {}").format(test, predicate(trigger.when, scope))
        whens.append(sql.SQL("WHEN {} THEN {}").format(test, key))
    if not whens:
        return dict.fromkeys(("kind", "name", "qualified"), sql.SQL(""))
    first = sql.SQL("CASE {} END").format(sql.SQL(" ").join(whens))
    return {
        "kind": sql.SQL("WHEN r.kind = 'qualify' THEN 'audience' "),
        "name": sql.SQL("WHEN r.kind = 'qualify' THEN {} ").format(first),
        "qualified": sql.SQL(
            " OR (r.kind = 'qualify' AND r.data ->> 'origin' IS DISTINCT FROM {} AND r.arrived_at >= %(published_at)s"
            " AND {} IS NOT NULL)"
        ).format(bind(journey.key, "text"), first),
    }
