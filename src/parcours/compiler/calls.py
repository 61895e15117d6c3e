"""What a passage causes in other journeys: starts them from an end, takes people out of them on entering (R18)."""

from __future__ import annotations

from psycopg import sql

from parcours.compiler.scope import Parameters
from parcours.compiler.templates import template
from parcours.domain.journey import End, Journey

__all__ = ["call", "calls_others"]

STATUSES = {
    "any": ["completed", "succeeded"],
    "completed": ["completed"],
    "succeeded": ["succeeded"],
}


def calls_others(journey: Journey) -> bool:
    """Tell whether passages of this journey reach into others."""
    return bool(journey.entry.removes_from) or any(_starting(journey))


def call(journey: Journey, params: Parameters) -> sql.Composable:
    """Compile the statement that writes the lines for other journeys behind a batch of passages."""
    rows: list[sql.Composable] = [
        sql.SQL("({}, {}, {})").format(
            params.bind(end.id, "text"),
            params.bind(end.start, "text"),
            params.bind(STATUSES[end.start_if], "text[]"),
        )
        for end in _starting(journey)
    ]
    rows = rows or [sql.SQL("(NULL::text, NULL::text, NULL::text[])")]
    return template("call").format(
        journey=params.bind(journey.key, "text"),
        ends=sql.SQL(", ").join(rows),
        removes_from=params.bind(list(journey.entry.removes_from), "text[]"),
    )


def _starting(journey: Journey) -> list[End]:
    return [step for step in journey.steps.values() if isinstance(step, End) and step.start is not None]
