"""The gate: entry cap and entry rate of a journey, decided in one place for all buckets.

Admission leaves whoever it would admit as eligible; the gate lets the oldest through, over all buckets, and they come
back to admission as inbox rows. One worker at a time holds a gate, by the lock of its row; so a cap is exact, and a
rate is kept, for any number of buckets and workers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.numeric import Int8

from parcours.domain.timing import format_instant
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Passed", "gates_waited_at", "pass_gate"]

PEOPLE = 2000  # at once
CATCH_UP = timedelta(seconds=1)  # after a standstill of the engine, a rate is made up for this long at most


@dataclass(frozen=True, slots=True)
class Passed:
    """What a gate did: people sent on, whether more can go at once, and when the next one may go by its rate."""

    people: int = 0
    more: bool = False
    next_at: datetime | None = None


async def gates_waited_at(connection: Connection) -> list[int]:
    """Return the journeys at whose gates somebody waits, in the order of their keys."""
    rows = await (await connection.execute(query("gates_waited_at"), prepare=True)).fetchall()
    return [journey_id for (journey_id,) in rows]


async def pass_gate(connection: Connection, journey_id: int, now: datetime, people: int = PEOPLE) -> Passed:
    """Let through those who may go now, at most `people`; the caller's transaction.

    Where nobody is admitted any more, everybody who waits is sent on, to be refused there.
    """
    row = await (await connection.execute(query("open_gate"), {"j": journey_id})).fetchone()
    if row is None:
        return Passed()
    key, version_id, admits, cap, rate, granted, last = row
    waiting = await _oldest(connection, journey_id, people)
    if not admits:
        await _send(connection, journey_id, key, [{**one, "at": format_instant(now)} for one, _ in waiting])
        return Passed(len(waiting), len(waiting) == people)
    room: int | None = None
    if cap is not None:
        given = {"v": version_id}
        counted = await (await connection.execute(query("counted_at_gate"), given)).fetchone()
        assert counted is not None
        entered, returned = counted
        room = max(0, cap - granted + returned)
        if room == 0 and entered < cap:
            return Passed()  # places are given away and not yet taken: each may come back
    sent, next_at = [], None
    step = timedelta(seconds=1 / rate) if rate else None
    taken = 0
    for one, arrived in waiting:
        if room is not None and taken >= room:
            if room == 0:
                sent.append({**one, "at": format_instant(now), "refuse": "entry_cap"})
                continue
            break
        at = now
        if step is not None:
            at = max(arrived, now - CATCH_UP, last + step if last is not None else arrived)
        if at > now:
            next_at = at
            break
        if step is not None:
            last = at
        taken += 1
        sent.append({**one, "at": format_instant(at), "version": version_id})
    await _send(connection, journey_id, key, sent)
    if taken:
        given = {"j": journey_id, "n": Int8(taken), "last": last}
        await connection.execute(query("keep_gate"), given)
    more = next_at is None and len(waiting) == people
    return Passed(len(sent), more, next_at)


async def _oldest(
    connection: Connection, journey_id: int, people: int
) -> list[tuple[dict[str, Any], datetime]]:
    cursor = await connection.execute(query("first_at_gate"), {"j": journey_id, "n": Int8(people)})
    return [
        (
            {
                "bucket": bucket, "profile_id": profile_id, "happened_at": format_instant(happened_at),
                "feed_no": feed_no, "kind": kind, "name": name,
            },
            arrived_at,
        )
        for bucket, profile_id, happened_at, feed_no, kind, name, arrived_at in await cursor.fetchall()
    ]  # fmt: skip


async def _send(connection: Connection, journey_id: int, key: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    given = {"j": journey_id, "key": key, "rows": json.dumps(rows)}
    await connection.execute(query("let_through"), given)
    await connection.execute(query("leave_gate"), {"j": journey_id, "rows": given["rows"]})
    await connection.execute(query("notify_workers"), {"journey": ""})
