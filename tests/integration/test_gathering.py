"""Requests that wait at the same time are one transaction, and each is answered for itself."""

from __future__ import annotations

import asyncio
import json

from parcours.clock import SystemClock
from parcours.domain.errors import ParcoursError
from parcours.service.intake.gathering import Gathering
from parcours.service.intake.messages import Arrival, Reader
from parcours.store.database import Database
from support.postgres import BUCKETS


def request(number: int) -> list[Arrival]:
    """Return what a request brings: two events, of which the first is in every request, and a bad one between them."""
    reader = Reader(SystemClock().now())
    events = [
        {"type": "track", "userId": "everybody", "event": "Same", "messageId": "same"},
        {"type": "track", "userId": f"u{number}"},
        {"type": "track", "userId": f"u{number}", "event": f"Own {number}", "messageId": "own"},
    ]
    return [reader.read(json.dumps(event).encode(), f"batch[{place}]") for place, event in enumerate(events)]


async def test_requests_that_wait_are_stored_together_and_answered_apart(database: Database) -> None:
    gathering = Gathering(database, SystemClock(), BUCKETS)
    answers = await asyncio.gather(*(gathering.store(request(n), "live") for n in range(40)))
    outcomes = [[fate.outcome for fate in fates] for fates in answers]
    assert [first for first, _, _ in outcomes].count("taken") == 1
    assert {tuple(rest) for _, *rest in outcomes} == {("refused", "taken")}
    errors = [fates[1].error for fates in answers]
    assert all(isinstance(error, ParcoursError) and error.place == "batch[1] event" for error in errors)
    async with database.transaction() as connection:
        cursor = await connection.execute(
            b"SELECT p.user_id, e.name, e.feed_no, e.xmin::text FROM event e JOIN profile p USING (bucket, profile_id)"
        )
        rows = await cursor.fetchall()
    assert len(rows) == 41
    assert len({transaction for *_, transaction in rows}) == 1
    own = {(user, name, number) for user, name, number, _ in rows if user != "everybody"}
    assert own == {(f"u{n}", f"Own {n}", fates[2].feed_no) for n, fates in enumerate(answers)}


async def test_histories_are_not_mixed_with_what_acts(database: Database) -> None:
    gathering = Gathering(database, SystemClock(), BUCKETS)
    await asyncio.gather(gathering.store(request(1), "live"), gathering.store(request(2), "history"))
    async with database.transaction() as connection:
        cursor = await connection.execute(
            b"SELECT name, historical FROM event WHERE name <> 'Same' ORDER BY name"
        )
        rows = await cursor.fetchall()
        pending = await (
            await connection.execute(b"SELECT DISTINCT name FROM pending ORDER BY name")
        ).fetchall()
    assert rows == [("Own 1", False), ("Own 2", True)]
    assert ("Own 2",) not in pending
    assert ("Own 1",) in pending
