"""Catch-up: behind a resume people are set free one after the other, over all buckets, by one writer per version.

It works as the gate does: whoever holds the row of the version chooses who goes next, and sends that on as a row of the
inbox. So the order is exact, and a rate is kept, for any number of buckets and workers (docs/decisions/0018).
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from psycopg.types.numeric import Int4, Int8

from parcours.domain.timing import format_instant
from parcours.engine.gate import CATCH_UP, PEOPLE, Passed
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["catch_ups_under_way", "set_people_free"]


async def catch_ups_under_way(connection: Connection, now: datetime) -> list[int]:
    """Return the versions that may set somebody free now, in the order of their journeys' keys."""
    rows = await (
        await connection.execute(query("catch_ups_under_way"), {"now": now}, prepare=True)
    ).fetchall()
    return [version_id for (version_id,) in rows]


async def set_people_free(
    connection: Connection, version_id: int, now: datetime, people: int = PEOPLE
) -> Passed:
    """Set those free whose turn has come, at most `people`; the caller's transaction.

    The first goes at the resume, each other one over the rate behind the one before. Nobody goes until it is known
    in every bucket who waits.
    """
    given = {"v": Int4(version_id)}
    row = await (await connection.execute(query("open_catch_up"), given)).fetchone()
    if row is None:
        return Passed()
    journey_id, key, rate, since, next_at = row
    unknown = await (
        await connection.execute(query("tasks_open"), {**given, "j": Int4(journey_id)})
    ).fetchone()
    if unknown and unknown[0]:
        return Passed()
    # Short delays are made up for; behind a standstill the pace begins anew, lest many go at once.
    step, at = timedelta(seconds=1 / rate), next_at if now - next_at <= CATCH_UP else now
    turns = min(people, max(0, (now - at) // step + 1)) if at <= now else 0
    found = await (await connection.execute(query("first_waiting"), {**given, "n": Int8(turns)})).fetchall()
    if turns and not found:
        # A pause may overtake releases that are on their way: while they are, the next resume has to know of them.
        left = await (await connection.execute(query("anybody_to_free"), given)).fetchone()
        if left and not left[0]:
            await connection.execute(query("end_catch_up"), given)
        return Passed()
    rows = [
        {"bucket": bucket, "profile_id": profile_id, "at": format_instant(at + number * step)}
        for number, (bucket, profile_id) in enumerate(found)
    ]
    if rows:
        text = {**given, "rows": json.dumps(rows)}
        await connection.execute(query("grant_release"), {**text, "key": key, "since": format_instant(since)})
        await connection.execute(query("mark_granted"), text)
        await connection.execute(query("keep_catch_up"), {**given, "at": at + len(rows) * step})
        await connection.execute(query("notify_workers"), {"journey": ""})
    return Passed(len(rows), len(rows) == people)
