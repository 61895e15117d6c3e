"""Behind a deletion: rows of people are removed, some at a time, bucket by bucket, whoever has time for it.

Nobody works for what is gone: a unit finds no fence, and route no journey. What was under way at the deletion is
waited for: messages go when no provider can hold them any more, so that no outcome is told later; and what came in
goes last, with the bucket held, behind everybody who may still have seen the fence.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.types.numeric import Int4, Int8

from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = ["Removed", "remove_for", "remove_some"]

ROWS = 2000  # of one kind in a transaction
PEOPLE = 200  # in a transaction: each has some moves and messages
GRACE = timedelta(seconds=5)  # for writing down what became of a message in a provider's hands

LAST = ("remove_kept", "remove_waiting", "remove_refusals", "remove_eligible", "remove_inbox")
OF_VERSIONS = ("remove_kept", "remove_waiting")
CLEAR = ("remove_counters", "remove_checks", "remove_mismatches")


@dataclass(frozen=True, slots=True)
class Removed:
    """What one step did: rows removed; `postponed` is a removal that has to wait, `idle` that there was none."""

    rows: int = 0
    postponed: int | None = None
    idle: bool = False


async def remove_for(database: Database, now: Callable[[], datetime], seconds: float) -> None:
    """Remove what is to be removed, for some time at most, each step in a transaction of its own."""
    began, later = time.monotonic(), set[int]()
    while time.monotonic() - began < seconds:
        async with database.transaction() as connection:
            removed = await remove_some(connection, now(), frozenset(later))
        if removed.idle:
            return
        if removed.postponed is not None:
            later.add(removed.postponed)


async def remove_some(
    connection: Connection, now: datetime, later: frozenset[int] = frozenset(), people: int = PEOPLE
) -> Removed:
    """Go on with the oldest removal that is not in `later` and at which nobody else is; the caller's transaction."""
    row = await (
        await connection.execute(query("take_removal"), {"later": [Int8(n) for n in later]})
    ).fetchone()
    if row is None:
        return Removed(idle=True)
    removal, bucket, journey_id, versions, whole, after = row
    given = {
        "removal": removal, "b": Int4(bucket), "j": Int4(journey_id), "versions": versions, "after": after,
        "n": Int8(people), "overdue": now - GRACE,
    }  # fmt: skip
    row = await (await connection.execute(query("claims_standing"), given)).fetchone()
    if row and row[0]:
        return Removed(postponed=removal)
    count, last = await _fetch(connection, "removal_people", given)
    if count:
        given["last"] = last
        rows = 0
        parts = [
            "remove_messages",
            "remove_passages",
            "remove_participants" if whole else "bare_participants",
        ]
        for name in parts:
            rows += (await connection.execute(query(name), given)).rowcount
        await connection.execute(query("go_on_with_removal"), given)
        return Removed(rows)
    given["n"] = Int8(ROWS)
    await connection.execute(query("wait_for_units"), given)
    for name in LAST if whole else OF_VERSIONS:
        rows = (await connection.execute(query(name), given)).rowcount
        if rows >= ROWS:
            return Removed(rows)
    for name in (*CLEAR, *(["remove_trouble"] if whole else [])):
        await connection.execute(query(name), given)
    await connection.execute(query("end_removal"), given)
    return Removed()


async def _fetch(connection: Connection, name: str, given: dict[str, object]) -> tuple[int, str | None]:
    row = await (await connection.execute(query(name), given)).fetchone()
    assert row is not None
    return row[0], row[1]
