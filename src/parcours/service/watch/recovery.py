"""What a backup says, and what has to be true of a restored database before a worker sees it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant, parse_instant
from parcours.service.commands.lifecycle import Order, execute
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Held", "Restored", "is_empty", "latest_backup", "settle_restored", "snapshot"]

EVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Held:
    """What a backup holds: people known and inside, messages queued and in a provider's hands."""

    people: int
    inside: int
    queued: int
    claimed: int


@dataclass(frozen=True, slots=True)
class Restored:
    """A settled database: as of when it is, what it holds, and which journeys were paused."""

    backed_up_at: datetime | None
    held: Held
    uncertain: int
    paused: tuple[str, ...]


@asynccontextmanager
async def snapshot(connection: Connection, at: datetime) -> AsyncIterator[tuple[str, Held]]:
    """Yield an exported snapshot, and what it shows, while a backup reads it. The connection is its own.

    Tables are not changed meanwhile; everything else goes on.
    """
    async with connection.transaction():
        await connection.execute(query("note_backup"), {"at": format_instant(at)})
    await connection.execute(query("begin_backup"))
    async with connection.transaction():
        await connection.execute(query("begin_snapshot"))
        row = await (await connection.execute(query("export_snapshot"))).fetchone()
        assert row is not None
        yield row[0], await _held(connection)


async def is_empty(connection: Connection) -> bool:
    """Tell whether nothing was ever done in a database."""
    row = await (await connection.execute(query("database_is_empty"))).fetchone()
    return bool(row and row[0])


async def latest_backup(connection: Connection) -> datetime | None:
    """Return when the latest backup was begun."""
    row = await (await connection.execute(query("latest_backup"))).fetchone()
    return parse_instant(row[0]) if row else None


async def settle_restored(connection: Connection, at: datetime, *, pause: bool, actor: str) -> Restored:
    """Make a restored database ready for workers, in the caller's transaction.

    Nobody holds a bucket. What was in a provider's hands becomes `uncertain` and goes on as sent (R30): it is not
    sent again. With `pause` every running journey is paused before anybody can move.
    """
    held = await _held(connection)
    await connection.execute(query("forget_holders"))
    await connection.execute(query("forget_all_workers"))
    uncertain = await _settle_claims(connection, at)
    paused = []
    for (key,) in await (await connection.execute(query("running_journeys"))).fetchall() if pause else ():
        order = Order(key, "pause", actor=actor, reason="restored from a backup")
        try:
            result = await execute(connection, order, at)
        except ParcoursError:
            continue
        if result.refused is None:
            paused.append(key)
    return Restored(await latest_backup(connection), held, uncertain, tuple(paused))


async def _settle_claims(connection: Connection, at: datetime) -> int:
    count = 0
    for bucket, journey_id in await (await connection.execute(query("claimed_where"))).fetchall():
        given = {"b": bucket, "j": journey_id, "now": at, "overdue": EVER}
        found = await (await connection.execute(query("overdue_claims"), given)).fetchall()
        rows = [
            {"message_id": message_id, "exit": "sent", "at": format_instant(at), "detail": None}
            for (message_id,) in found
        ]
        await connection.execute(query("report_outcomes"), {"b": bucket, "rows": json.dumps(rows)})
        count += len(found)
    return count


async def _held(connection: Connection) -> Held:
    row = await (await connection.execute(query("backup_counts"))).fetchone()
    assert row is not None
    return Held(*row)
