"""What stands around a journey when it is checked: other journeys, and where asked audiences, people and events."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from parcours.domain.checks import Known
from parcours.service.consent.around import with_consent
from parcours.service.editing.senders import read_senders
from parcours.store.database import Connection
from parcours.store.migrate import read_buckets
from parcours.store.queries import query

__all__ = ["surroundings", "wide_surroundings"]

BUCKETS: Final = 8  # that are looked into, and in each of them
PEOPLE: Final = 500
EVENTS: Final = 2000


async def surroundings(connection: Connection, version_id: int) -> Known:
    """Return the status of each journey beside that of a version, which journeys each of them starts, and the senders."""
    rows = await (await connection.execute(query("other_journeys"), {"v": version_id})).fetchall()
    return Known(
        journeys={key: status for key, status, _ in rows},
        starts={key: frozenset(started) for key, _, started in rows},
        senders=await read_senders(connection),
    )


async def wide_surroundings(
    connection: Connection, version_id: int, at: datetime, *, coming: frozenset[str] = frozenset()
) -> Known:
    """Return all that is known around a version: what errors need, and what warnings need beside it.

    `coming` are audiences that will be there soon.
    Fields and events are those of some thousand people, looked at now: a rare one may be missing among them.
    """
    known = await surroundings(connection, version_id)
    audiences = dict(await (await connection.execute(query("known_audiences"))).fetchall())
    types, events = await _samples(connection)
    fields: frozenset[str] | None = None
    if types:
        written = await (await connection.execute(query("written_fields"))).fetchall()
        fields = frozenset((*types, *(name for (name,) in written)))
    known = await with_consent(connection, known)
    return replace(
        known,
        audiences=frozenset(audiences) | coming,
        conditions=frozenset(key for key, by_condition in audiences.items() if by_condition),
        fields=fields,
        types={name: frozenset(seen) for name, seen in types.items()},
        events={name: frozenset(seen) for name, seen in events.items()} or None,
        now=at,
    )


async def _samples(connection: Connection) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return the types of each attribute and the properties of each event, as some people have them."""
    buckets = await read_buckets(connection)
    types: dict[str, set[str]] = {}
    events: dict[str, set[str]] = {}
    for bucket in range(0, buckets, max(1, buckets // BUCKETS)):
        for name, most, found in (("sample_fields", PEOPLE, types), ("sample_events", EVENTS, events)):
            cursor = await connection.execute(query(name), {"b": bucket, "n": most})
            for key, seen in await cursor.fetchall():
                found.setdefault(key, set()).update(seen or ())
    return types, events
