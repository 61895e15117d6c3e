"""For how long things are kept: events, and of passages that ended their moves and messages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from parcours.domain.errors import ParcoursError
from parcours.service.audiences.conditions import asked_windows
from parcours.service.commands.answering import EVERY_JOURNEY
from parcours.service.commands.trail import record
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Retention", "looks_further_back", "read_retention", "save_retention"]

KINDS = ("events", "passages", "messages")


@dataclass(frozen=True, slots=True)
class Retention:
    """How long each kind is kept; None: for ever. Counted from an event, and from the end of a passage."""

    events: timedelta | None = None
    passages: timedelta | None = None
    messages: timedelta | None = None

    def as_dict(self) -> dict[str, int | None]:
        """Return the wire form, in days."""
        return {kind: getattr(self, kind).days if getattr(self, kind) else None for kind in KINDS}


async def read_retention(connection: Connection) -> Retention:
    """Return for how long things are kept."""
    row = await (await connection.execute(query("read_retention"))).fetchone()
    days: dict[str, Any] = row[0] if row else {}
    return Retention(**{kind: timedelta(days=days[kind]) if days.get(kind) else None for kind in KINDS})


async def save_retention(
    connection: Connection, retention: Retention, *, at: datetime, actor: str, reason: str | None = None
) -> None:
    """Settle for how long things are kept from now on; what is older goes within a day. With a line in the audit.

    Raises ParcoursError `bad_option` for less than a day.
    """
    for kind in KINDS:
        given = getattr(retention, kind)
        if given is not None and given < timedelta(days=1):
            raise ParcoursError(
                "bad_option", f"{kind} would be kept for less than a day", hint="Give whole days."
            )
    value = retention.as_dict()
    await connection.execute(query("save_retention"), {"value": json.dumps(value)})
    await record(
        connection, at, actor=actor, key=EVERY_JOURNEY, command="set_retention", reason=reason, options=value
    )


async def looks_further_back(connection: Connection, retention: Retention) -> list[str]:
    """Return a warning for each event that audiences look at further back than it is kept."""
    kept = retention.events
    if kept is None:
        return []
    return [
        f"Audiences look at {name} {'without end' if back is None else f'{back.days} days back'}, "
        f"and will see the last {kept.days} days only."
        for name, back in sorted((await asked_windows(connection)).items())
        if back is None or back > kept
    ]
