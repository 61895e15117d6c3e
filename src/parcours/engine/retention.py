"""What is too old to be kept goes: once a day, bucket by bucket, some hundred people in a transaction.

Only what nothing decides by any more: events behind their time, and moves and messages of passages that ended. That
somebody was in a journey is kept, without what was known then: re-entry asks for it, and the ledger is held against it.
Messages that go are counted.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg.types.numeric import Int4, Int8

from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = ["kept", "retain_for", "walk_on"]

DAILY: Final = timedelta(days=1)
PEOPLE: Final = 500
KINDS: Final = ("events", "passages", "messages")


async def retain_for(database: Database, now: Callable[[], datetime], seconds: float) -> None:
    """Remove what is too old, for some time at most, each step in a transaction of its own."""
    began = time.monotonic()
    async with database.transaction() as connection:
        keep = await kept(connection)
        if not keep:
            return
        buckets = await (await connection.execute(query("walks_due"), {"before": now() - DAILY})).fetchall()
    for (bucket,) in buckets:
        more = True
        while more:
            if time.monotonic() - began > seconds:
                return
            async with database.transaction() as connection:
                more = await walk_on(connection, bucket, now(), keep)
    return


async def walk_on(
    connection: Connection, bucket: int, now: datetime, keep: dict[str, timedelta], people: int = PEOPLE
) -> bool:
    """Look at the next people of a bucket, in the caller's transaction; False where the walk is over, or somebody's."""
    where: dict[str, Any] = {"b": Int4(bucket), "at": now, "before": now - DAILY, "n": Int8(people)}
    await connection.execute(query("begin_walk"), where)
    row = await (await connection.execute(query("take_walk"), where)).fetchone()
    if row is None:
        return False
    after, removed = row
    found = await (
        await connection.execute(query("next_people_of_bucket"), {**where, "after": after})
    ).fetchone()
    assert found is not None
    n, last = found
    gone = Counter[str](removed)
    if n:
        some = {**where, "after": after, "last": last}
        for kind, names in _STEPS.items():
            if kind not in keep:
                continue
            for name in names:
                done = await connection.execute(query(name), {**some, "cutoff": now - keep[kind]})
                if name.startswith("drop"):
                    gone[kind] += done.rowcount
    over = n < people
    given = {**where, "last": None if over else last, "removed": json.dumps(gone)}
    await connection.execute(query("go_on_with_walk"), given)
    return not over


_STEPS: Final = {
    "events": ("drop_old_events",),
    "messages": ("count_old_messages", "drop_old_messages"),
    "passages": ("drop_old_moves", "bare_old_passages"),
}


async def kept(connection: Connection) -> dict[str, timedelta]:
    """Return for how long what is kept that is not kept for ever."""
    row = await (await connection.execute(query("read_retention"))).fetchone()
    days: dict[str, int | None] = row[0] if row else {}
    return {kind: timedelta(days=n) for kind, n in days.items() if n and kind in KINDS}
