"""Route: what came in is written once into the inbox of each journey that listens."""

from __future__ import annotations

from psycopg.types.numeric import Int4, Int8

from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["route_bucket"]


async def route_bucket(connection: Connection, bucket: int, limit: int) -> int:
    """Route up to `limit` pending rows of a bucket in the caller's transaction; return how many there were."""
    given = {"b": Int4(bucket), "n": Int8(limit)}
    row = await (await connection.execute(query("route_pending"), given, prepare=True)).fetchone()
    assert row is not None
    count, rows = row
    if count:
        await connection.execute(query("fill_inbox"), {"b": Int4(bucket), "rows": rows}, prepare=True)
    return int(count)
