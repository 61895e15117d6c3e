"""Audiences kept up to date must hear of what journeys do not: people who become known, history that comes in."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from parcours.domain.records import FeedLine
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["touch_events", "touch_the_new", "what_audiences_ask"]


async def what_audiences_ask(connection: Connection) -> frozenset[str] | None:
    """Return the events at which some kept audience looks, `*` for every one; None where no audience is kept."""
    row = await (await connection.execute(query("audiences_known"), prepare=True)).fetchone()
    return frozenset(row[0]["events"]) if row and row[0]["kept"] else None


async def touch_the_new(
    connection: Connection,
    new: Sequence[tuple[FeedLine, dict[str, Any]]],
    created: Collection[str],
    mode: str,
) -> None:
    """Let audiences be asked about people who have become known; journeys hear of it unless all of it is history."""
    rows: dict[str, dict[str, Any]] = {}
    for line, row in new:
        if row["profile_id"] in created:
            acts = mode == "live" or (mode == "state" and line.kind != "event")
            known = rows.get(row["profile_id"])
            loud = (acts and not line.historical) or bool(known and known["loud"])
            keys = ("bucket", "profile_id", "at", "arrived_at", "feed_no")
            rows[row["profile_id"]] = {**{key: row[key] for key in keys}, "loud": loud}
    if rows:
        await connection.execute(query("touch_people"), {"rows": json.dumps(list(rows.values()))})


async def touch_events(
    connection: Connection, events: Sequence[dict[str, Any]], asked: Collection[str]
) -> None:
    """Let audiences be asked about events that are history."""
    keys = ("bucket", "profile_id", "name", "at", "arrived_at", "feed_no")
    rows = [{key: row[key] for key in keys} for row in events if row["name"] in asked or "*" in asked]
    if rows:
        await connection.execute(query("touch_events"), {"rows": json.dumps(rows)})
