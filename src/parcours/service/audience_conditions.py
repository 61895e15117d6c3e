"""Audiences by condition: saved as they are defined, and compiled into each version that is published behind it.

A version keeps the conditions that it was published with (docs/decisions/0015).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from parcours.domain.condition import AudienceTest, Condition
from parcours.domain.errors import ParcoursError
from parcours.domain.journey import Audience
from parcours.domain.parse import parse_audience
from parcours.domain.serialise import audience_document
from parcours.domain.walk import parts
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["audience_conditions", "save_condition"]


async def audience_conditions(connection: Connection) -> dict[str, Condition]:
    """Return the condition of every audience that has one, by key."""
    found = {}
    for key, definition in await (await connection.execute(query("audience_definitions"))).fetchall():
        audience, problems = parse_audience(definition)
        if audience is None or audience.where is None:
            raise ValueError(f"audience {key} cannot be read: {problems[0].message}")
        found[key] = audience.where
    return found


async def save_condition(connection: Connection, audience: Audience, at: datetime) -> None:
    """Save an audience by condition, in the caller's transaction.

    Raises ParcoursError `audience_kind_changed` where the audience is a list of members, `audience_cycle` where its
    condition leads back to it.
    """
    assert audience.where is not None
    await connection.execute(query("lock_audiences"))
    row = await (await connection.execute(query("find_audience"), {"key": audience.key})).fetchone()
    if row is not None and not row[0]:
        raise ParcoursError(
            "audience_kind_changed",
            f"the audience {audience.key} is a list of members",
            place="where",
            hint="Give the condition a key of its own.",
        )
    known = {**await audience_conditions(connection), audience.key: audience.where}
    if audience.key in _named_from(audience.key, known):
        raise ParcoursError(
            "audience_cycle",
            f"the condition of {audience.key} leads back to it",
            place="where",
            hint="Break the circle at one of its audiences.",
        )
    definition = json.dumps(audience_document(audience))
    given = {"key": audience.key, "name": audience.name, "definition": definition, "at": at}
    await connection.execute(query("save_audience_condition"), given)


def _named_from(key: str, known: Mapping[str, Condition]) -> set[str]:
    """Return the audiences to which a condition leads, through those that it names."""
    found: set[str] = set()
    ahead = [key]
    while ahead:
        where = known.get(ahead.pop())
        named = (
            {part.audience for _, part in parts(where, "") if isinstance(part, AudienceTest)}
            if where
            else set()
        )
        ahead += named - found
        found |= named
    return found
