"""What is known of consent when a journey is checked or published: declared types, and whether mails get links."""

from __future__ import annotations

from dataclasses import replace

from parcours.domain.check_consent import consent_problems
from parcours.domain.known import Known
from parcours.domain.parse import parse_journey
from parcours.domain.records import CommandResult
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["with_consent", "with_consent_warnings"]


async def with_consent(connection: Connection, known: Known) -> Known:
    """Return what is known with the types of subscription, and whether workers know where people reach us."""
    row = await (await connection.execute(query("consent_around"))).fetchone()
    assert row is not None
    return replace(known, subscriptions=frozenset(row[0]), links=row[1])


async def with_consent_warnings(connection: Connection, result: CommandResult) -> CommandResult:
    """Return the answer of a publication with what its mails lack around them."""
    if result.command not in ("publish", "restart") or result.refused is not None or not result.changed:
        return result
    known = await with_consent(connection, Known())
    rows = await (
        await connection.execute(query("definitions_of_versions"), {"versions": list(result.changed)})
    ).fetchall()
    warnings = list(result.warnings)
    for (definition,) in rows:
        journey, _ = parse_journey(definition)
        if journey is not None:
            warnings += [f"{p.message} {p.hint}" for p in consent_problems(journey, known)]
    return replace(result, warnings=tuple(dict.fromkeys(warnings)))
