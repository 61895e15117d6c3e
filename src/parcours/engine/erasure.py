"""Behind an erasure: every row about a person goes, exactly and once, while workers run.

Three things are waited for. The person has left every journey: units do that, by the row that deletes. No provider
holds a message. And every transaction that was under way when the person was deleted has ended: one of them may have
looked before and written after; what begins later finds nobody. Then, with the bucket held so that no unit and no route
is at work in it, all rows go in one transaction, counted into the ledger's counters.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg.types.numeric import Int4

from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = ["erase_for", "erase_one"]

AGAIN: Final = timedelta(milliseconds=500)
GRACE: Final = timedelta(seconds=5)  # for writing down what became of a message in a provider's hands
# In this order: an outcome that a message still had is in the inbox when the message is gone.
ROWS: Final = {
    "messages": "erase_messages",
    "moves": "erase_moves",
    "passages": "erase_passages",
    "refusals": "erase_refusals",
    "kept": "erase_kept",
    "turns": "erase_turns",
    "inbox": "erase_inbox",
    "pending": "erase_pending",
    "unasked": "erase_unasked",
    "lines": "erase_seen",
    "events": "delete_events",
    "memberships": "delete_memberships",
    "belongings": "erase_belongings",
    "consents": "erase_consents",
    "said": "erase_said",
    "names": "erase_identity",
    "arrivals": "erase_recent",
}


async def erase_for(database: Database, now: Callable[[], datetime], seconds: float) -> None:
    """Forget people who are to be forgotten, for some time at most, each in a transaction of its own."""
    began = time.monotonic()
    async with database.transaction() as connection:
        rows = await (await connection.execute(query("erasures_open"), {"before": now() - AGAIN})).fetchall()
    for bucket, person in rows:
        if time.monotonic() - began > seconds:
            return
        async with database.transaction() as connection:
            await erase_one(connection, bucket, person, now())


async def erase_one(connection: Connection, bucket: int, person: UUID, now: datetime) -> bool:
    """Forget a person, unless something is still in the way; tell whether it is done. In the caller's transaction."""
    where: dict[str, Any] = {
        "b": Int4(bucket),
        "p": person,
        "at": now,
        "overdue": now - GRACE,
        "barrier": None,
    }
    await connection.execute(query("wait_for_units"), where)
    row = await (await connection.execute(query("erasure_of"), where)).fetchone()
    if row is None or row[3] is not None:
        return row is not None
    barrier = row[2]
    bounds = await (await connection.execute(query("snapshot_bounds"))).fetchone()
    assert bounds is not None
    oldest, coming = bounds
    if barrier is None or oldest < int(barrier):
        await connection.execute(query("look_at_erasure"), {**where, "barrier": str(coming)})
        return False
    await connection.execute(query("erase_eligible"), where)
    held = await (await connection.execute(query("in_the_way_of_erasure"), where)).fetchone()
    if held is None or held[0]:
        await connection.execute(query("look_at_erasure"), where)
        return False
    await connection.execute(query("count_gone_people"), where)
    await connection.execute(query("count_gone_messages"), where)
    counts = {kind: (await connection.execute(query(name), where)).rowcount for kind, name in ROWS.items()}
    await connection.execute(query("strip_profile"), where)
    await connection.execute(query("end_erasure"), {**where, "counts": json.dumps(counts)})
    return True
