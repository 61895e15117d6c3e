"""Scheduled runs: who among some people is suggested by the triggers of an occurrence (R24, waves)."""

from __future__ import annotations

from psycopg import sql

from parcours.compiler.predicates import predicate
from parcours.compiler.scope import Parameters, Scope
from parcours.compiler.templates import template
from parcours.domain.condition import All, AudienceTest
from parcours.domain.journey import Journey, ScheduleTrigger

__all__ = ["has_schedule", "recurs", "run"]


def has_schedule(journey: Journey) -> bool:
    """Tell whether some trigger is a schedule."""
    return any(isinstance(trigger, ScheduleTrigger) for trigger in journey.entry.triggers)


def recurs(journey: Journey) -> bool:
    """Tell whether some schedule comes again."""
    return any(isinstance(t, ScheduleTrigger) and t.cron is not None for t in journey.entry.triggers)


def run(journey: Journey, scope: Scope) -> sql.Composable:
    """Compile the statement that suggests the people of a run between two keys; the first trigger in the file counts.

    `scope` is that of a person `pr`, at `x.at`.
    """
    bind = scope.params.bind
    whens: list[sql.Composable] = []
    rows: list[sql.Composable] = []
    for number, trigger in enumerate(journey.entry.triggers):
        if not isinstance(trigger, ScheduleTrigger):
            continue
        asked = All((AudienceTest(trigger.audience), *([trigger.when] if trigger.when is not None else [])))
        whens.append(
            sql.SQL("WHEN {no} = ANY (%(triggers)s::integer[]) AND {asked} THEN {no}").format(
                no=sql.Literal(number), asked=predicate(asked, scope)
            )
        )
        rows.append(
            sql.SQL("({}, {}, {})").format(
                sql.Literal(number), bind(trigger.audience, "text"), sql.Literal(trigger.cron is not None)
            )
        )
    return template("run").format(
        members=sql.SQL(" ").join(whens), triggers=sql.SQL(", ").join(rows), wave=_wave(journey, scope.params)
    )


def _wave(journey: Journey, params: Parameters) -> sql.Composable:
    if journey.entry.waves is None:
        return sql.SQL("true")
    return sql.SQL("parcours.wave_of({}, pr.user_id, {}) = %(part)s").format(
        params.bind(journey.key, "text"), params.bind(journey.entry.waves.parts, "integer")
    )
