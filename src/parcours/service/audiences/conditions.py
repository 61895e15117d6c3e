"""Audiences by condition: saved as they are defined, and compiled into each version that is published behind it.

A version keeps the conditions that it was published with (docs/decisions/0015).
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime, timedelta

from parcours.domain.asks import asks_of, named_from
from parcours.domain.condition import Condition
from parcours.domain.errors import ParcoursError
from parcours.domain.journey import Audience
from parcours.domain.parse import parse_audience
from parcours.domain.serialise import audience_document
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["asked_windows", "audience_conditions", "keep_audiences", "note_kept", "save_condition"]


async def audience_conditions(connection: Connection) -> dict[str, Condition]:
    """Return the condition of every audience that has one, by key."""
    found = {}
    for key, definition in await (await connection.execute(query("audience_definitions"))).fetchall():
        audience, problems = parse_audience(definition)
        if audience is None or audience.where is None:
            raise ValueError(f"audience {key} cannot be read: {problems[0].message}")
        found[key] = audience.where
    return found


async def save_condition(
    connection: Connection, audience: Audience, at: datetime, *, keep: bool = True
) -> None:
    """Save an audience by condition, in the caller's transaction.

    Where the condition is new or another one, everybody is asked it, some at a time, and every other one that names
    it. Without `keep` nobody is asked, now or later.

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
    if audience.key in named_from(audience.key, known):
        raise ParcoursError(
            "audience_cycle",
            f"the condition of {audience.key} leads back to it",
            place="where",
            hint="Break the circle at one of its audiences.",
        )
    before = (await audience_conditions(connection)).get(audience.key)
    definition = json.dumps(audience_document(audience))
    given = {"key": audience.key, "name": audience.name, "definition": definition, "at": at}
    await connection.execute(query("save_audience_condition"), given)
    if keep and before != audience.where:
        await _begin_filling(
            connection, [key for key in known if audience.key in {key, *named_from(key, known)}]
        )
        await note_kept(connection)


async def keep_audiences(connection: Connection, keys: Collection[str]) -> None:
    """Keep these audiences up to date, no others; everybody is to be asked their conditions. For simulations."""
    await connection.execute(query("keep_audiences"), {"keys": sorted(keys)})
    await _begin_filling(connection, sorted(keys))
    await note_kept(connection)


async def note_kept(connection: Connection) -> None:
    """Tell workers and intake that kept audiences have changed. The caller holds the lock of audiences."""
    row = await (await connection.execute(query("audiences_known"))).fetchone()
    windows = await asked_windows(connection)
    kept = await (await connection.execute(query("kept_audiences"))).fetchall()
    known = {
        "revision": (row[0]["revision"] if row else 0) + 1,
        "kept": sum(keeps for _, _, keeps in kept),
        "events": sorted(windows),
    }
    await connection.execute(query("keep_known"), {"value": json.dumps(known)})


async def asked_windows(connection: Connection) -> dict[str, timedelta | None]:
    """Return at which events the conditions of audiences look, and how far back; None: without end."""
    conditions = await audience_conditions(connection)
    windows: dict[str, timedelta | None] = {}
    for where in conditions.values():
        for name, back in asks_of(where, conditions).windows.items():
            known = windows.get(name, timedelta())
            windows[name] = None if back is None or known is None else max(known, back)
    return windows


async def _begin_filling(connection: Connection, keys: Collection[str]) -> None:
    await connection.execute(query("begin_filling"), {"keys": list(keys)})
