"""Route: what came in is written once into the inbox of each journey that listens, unless a sieve holds it back.

On the way audiences are asked about whom it may concern; who comes into one, or goes out of it, is a row of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.numeric import Int4, Int8

from parcours.engine.belonging import Audiences, ask_rows, ask_timely
from parcours.engine.sieves import Sieves, fill_inbox
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Routed", "recheck_bucket", "route_bucket"]


@dataclass(frozen=True, slots=True)
class Routed:
    """How many rows were routed, or people asked; when time alone may next change a membership because of them."""

    count: int
    recheck_at: datetime | None = None


async def route_bucket(  # noqa: PLR0917 - what a worker keeps between turns
    connection: Connection, bucket: int, limit: int, audiences: Audiences, sieves: Sieves, now: datetime | None
) -> Routed:  # fmt: skip
    """Route up to `limit` pending rows of a bucket in the caller's transaction, which holds the bucket."""
    given = {"b": Int4(bucket), "n": Int8(limit)}
    row = await (await connection.execute(query("route_pending"), given, prepare=True)).fetchone()
    assert row is not None
    count, rows = row
    if not count:
        return Routed(0)
    compiled = await audiences.get(connection)
    recheck_at = None
    if compiled.program.keys or compiled.heard:
        taken: list[dict[str, Any]] = json.loads(rows)
        moved = await ask_rows(connection, compiled, bucket, taken, now)
        recheck_at = moved.next_at
        if moved.rows:
            rows = json.dumps([*taken, *moved.rows])
    await fill_inbox(connection, bucket, rows, await sieves.get(connection))
    return Routed(int(count), recheck_at)


async def recheck_bucket(
    connection: Connection, bucket: int, limit: int, audiences: Audiences, now: datetime
) -> Routed:
    """Ask up to `limit` times those whom time alone may have moved by now; journeys hear of it."""
    moved = await ask_timely(connection, await audiences.get(connection), bucket, now, limit)
    if moved.rows:
        await fill_inbox(connection, bucket, json.dumps(moved.rows))
    return Routed(len(moved.rows), moved.next_at)
