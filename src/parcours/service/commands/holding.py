"""Hold all sending: one switch over every journey. While it is set no message of any journey leaves.

It takes effect at its commit, as a pause does: it waits for the units under way, and none begins before it is set.
People go on to their message steps and wait there; waits, events, goals and exits go on as before.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias

from parcours.clock import Clock
from parcours.domain.records import CommandResult
from parcours.domain.timing import format_instant
from parcours.service.commands.answering import EVERY_JOURNEY
from parcours.service.commands.trail import record
from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = ["Held", "hold_sending", "read_hold", "release_sending", "wait_for_providers"]

Sending: TypeAlias = Literal["sending", "held"]
POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Held:
    """Since when all sending is held, by whom and why."""

    since: datetime
    by: str
    reason: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return {"since": format_instant(self.since), "by": self.by, "reason": self.reason}

    def __str__(self) -> str:
        """Say it in a sentence."""
        why = f" ({self.reason})" if self.reason else ""
        since = format_instant(self.since)
        return f"All sending is held since {since} by {self.by}{why}: no message of any journey leaves."


async def read_hold(connection: Connection) -> Held | None:
    """Return whether all sending is held."""
    row = await (await connection.execute(query("hold_standing"))).fetchone()
    return Held(*row) if row else None


async def hold_sending(
    connection: Connection, *, at: datetime, actor: str, reason: str | None = None, dry_run: bool = False
) -> CommandResult:
    """Hold all sending from the commit on; held already, it is a no-op."""
    if not dry_run:
        await connection.execute(query("lock_leases"))
    before: Sending = "held" if await read_hold(connection) else "sending"
    result = await _result(connection, "hold_sending", before, "held", at, dry_run=dry_run)
    if not dry_run:
        await connection.execute(query("hold_sending"), {"at": at, "actor": actor, "reason": reason})
        await _audit(connection, result, at, actor, reason)
    return result


async def release_sending(
    connection: Connection, *, at: datetime, actor: str, reason: str | None = None, dry_run: bool = False
) -> CommandResult:
    """Let messages leave again: those that wait are due at once, unless their window is shut or they are too old."""
    before: Sending = "held" if await read_hold(connection) else "sending"
    result = await _result(connection, "release_sending", before, "sending", at, dry_run=dry_run)
    if not dry_run:
        await connection.execute(query("release_sending"), {"at": at, "actor": actor})
        await _audit(connection, result, at, actor, reason)
    return result


async def wait_for_providers(database: Database, clock: Clock) -> dict[str, int]:
    """Wait for what is in a provider's hands, of all journeys: how many there were, and how many of them were sent.

    Call it behind the commit. Bounded by the time that each hand-over has.
    """
    async with database.transaction() as connection:
        rows = await (await connection.execute(query("all_claims"))).fetchall()
    held = [{"bucket": bucket, "message_id": str(message)} for bucket, message, _ in rows]
    until = max((done_by for _, _, done_by in rows), default=None)
    became: dict[str, int] = {}
    while held and until is not None:
        async with database.transaction() as connection:
            cursor = await connection.execute(query("claims_became"), {"rows": json.dumps(held)})
            became = dict(await cursor.fetchall())
        if not became.get("claimed") or clock.now() > until + timedelta(seconds=1):
            break
        await asyncio.sleep(POLL_SECONDS)
    return {
        "in_flight": len(held),
        "sent": became.get("sent", 0),
        "uncertain": became.get("uncertain", 0) + became.get("claimed", 0),
    }


async def _result(
    connection: Connection, command: str, before: Sending, after: Sending, at: datetime, *, dry_run: bool
) -> CommandResult:
    row = await (await connection.execute(query("held_messages"), {"at": at + timedelta(hours=1)})).fetchone()
    assert row is not None
    counts = {"messages": row[0], "due_within_hour": row[1]}
    return CommandResult(EVERY_JOURNEY, None, command, before, after, counts, dry_run=dry_run)


async def _audit(
    connection: Connection, result: CommandResult, at: datetime, actor: str, reason: str | None
) -> None:
    await record(
        connection, at, actor=actor, key=EVERY_JOURNEY, command=result.command, reason=reason,
        from_status=result.from_status, to_status=result.to_status, counts=result.counts,
    )  # fmt: skip
