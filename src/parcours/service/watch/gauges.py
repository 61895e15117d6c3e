"""The present load, read from the database: who is inside, what is queued, how old the oldest due work is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Load", "read_load"]


@dataclass(frozen=True, slots=True)
class Load:
    """One look. `oldest` says for how many seconds the oldest work of a kind has been due."""

    inside: Mapping[str, int] = field(default_factory=dict)  # by journey
    queued: Mapping[str, int] = field(default_factory=dict)  # messages, by journey
    pending: int = 0
    inbox: int = 0
    oldest: Mapping[str, float] = field(default_factory=dict)
    held: bool = False  # all sending
    alerts: Mapping[tuple[str, str], int] = field(default_factory=dict)  # that stand, by kind and severity
    mismatches: int = 0  # equations of the ledger that do not hold


async def read_load(connection: Connection, now: datetime) -> Load:
    """Look once, in the caller's transaction."""
    inside = dict(await (await connection.execute(query("gauge_people"))).fetchall())
    messages = await (await connection.execute(query("gauge_messages"))).fetchall()
    arrivals = await (await connection.execute(query("gauge_arrivals"))).fetchall()
    timers = await (await connection.execute(query("gauge_timers"), {"now": now})).fetchone()
    watched = await (await connection.execute(query("count_watched"))).fetchall()
    alerts = {(kind, severity): n for kind, severity, n in watched}
    mismatches = alerts.pop(("ledger mismatches", ""))
    counts = {kind: n for kind, n, _ in arrivals}
    since: dict[str, datetime | None] = {kind: at for kind, _, at in arrivals}
    since["message"] = min((at for _, _, at in messages if at is not None), default=None)
    since["timer"] = timers[0] if timers else None
    held = await (await connection.execute(query("hold_standing"))).fetchone()
    return Load(
        held=held is not None,
        inside=inside,
        queued={journey: n for journey, n, _ in messages},
        pending=counts["pending"],
        inbox=counts["inbox"],
        oldest={
            kind: max(0.0, (now - at).total_seconds()) if at is not None else 0.0
            for kind, at in since.items()
        },
        alerts=alerts,
        mismatches=mismatches,
    )
