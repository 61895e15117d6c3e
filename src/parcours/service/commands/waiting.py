"""After pause, close and stop: wait for the messages that a provider already holds (lifecycle, Guarantee)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from parcours.clock import Clock
from parcours.store.database import Database
from parcours.store.queries import query

__all__ = ["InFlight", "find_in_flight", "settle_in_flight"]

POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class InFlight:
    """Messages in a provider's hands: of which journey and versions, and each by (bucket, id)."""

    journey_id: int
    version_ids: tuple[int, ...]
    messages: tuple[tuple[int, str], ...]


async def find_in_flight(database: Database, version_ids: Sequence[int]) -> InFlight:
    """Return what is in a provider's hands for these versions now; call it after the command's commit."""
    async with database.transaction() as connection:
        given: dict[str, Any] = {
            "versions": list(version_ids)
        }  # by these: the key of a deleted journey is free
        row = await (await connection.execute(query("journey_of_versions"), given)).fetchone()
        if row is None:
            return InFlight(0, (), ())
        given["j"] = row[0]
        held = await (await connection.execute(query("claims_now"), given)).fetchall()
    return InFlight(row[0], tuple(version_ids), tuple((bucket, str(message)) for bucket, message in held))


async def settle_in_flight(
    database: Database,
    version_ids: Sequence[int],
    clock: Clock,
    *,
    held: InFlight | None = None,
) -> dict[str, int]:
    """Wait until no message of these versions is in a provider's hands, or until each has had its time.

    Returns how many of those held at the beginning (`held`, or found now) became `sent` and `uncertain`; one
    without an answer counts as uncertain. Moves nobody, takes no lock, and may be given up at any instant.
    """
    held = held or await find_in_flight(database, version_ids)
    if not held.messages:
        return {"sent": 0, "uncertain": 0}
    given = {"j": held.journey_id, "versions": list(held.version_ids)}
    while True:
        async with database.transaction() as connection:
            row = await (await connection.execute(query("claims_open"), given)).fetchone()
        # The sender cuts a hand-over at done_by; the grace is for writing that down.
        if row is None or row[0] == 0 or clock.now() > row[1] + timedelta(seconds=1):
            break
        await asyncio.sleep(POLL_SECONDS)
    became = await _became(database, held)
    return {"sent": became.get("sent", 0), "uncertain": became.get("uncertain", 0) + became.get("claimed", 0)}


async def _became(database: Database, held: InFlight) -> dict[Any, int]:
    rows = [{"bucket": bucket, "message_id": message} for bucket, message in held.messages]
    async with database.transaction() as connection:
        cursor = await connection.execute(query("claims_became"), {"rows": json.dumps(rows)})
        return dict(await cursor.fetchall())
