"""Whom a name means by now, and which names mean one person: names are merged while others write under them.

Names are locked in slots, shared by those who write under them and exclusively by those who merge or forget them, until
the transaction ends; what is read behind that stays true.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg.types.numeric import Int4

from parcours.domain.identity import bucket_of, profile_id
from parcours.store.arrays import array
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["FormerName", "former_names", "lock_slots", "slot_of", "slot_of_key", "who_is"]

SLOTS: Final = 1024


@dataclass(frozen=True, slots=True)
class FormerName:
    """A name that became part of a person."""

    user_id: str
    merged_at: datetime


def slot_of(person: UUID) -> int:
    """Return the slot of a name, by the hash of it."""
    return person.int % SLOTS


def slot_of_key(key: str) -> int:
    """Return the slot of a name by its key, as `key_of` writes it."""
    return int(key, 16) % SLOTS


async def lock_slots(connection: Connection, slots: Iterable[int], alone: Iterable[int] = ()) -> None:
    """Hold slots until the transaction ends, in their order: those `alone` for oneself, the others with whoever shares."""
    mine = set(alone)
    wanted = sorted({*slots, *mine})
    given = {"slots": array(wanted), "merging": array(slot in mine for slot in wanted)}
    await connection.execute(query("lock_names"), given)


async def who_is(
    connection: Connection, person: UUID, *, buckets: int, writes: bool = False, alone: bool = False
) -> UUID:
    """Return whom the name of this hash means by now. Who `writes` about the person is not overtaken by a merge.

    `alone`: nobody else writes under these names, nor merges them, until the transaction ends.
    """
    while True:
        if alone:
            await lock_slots(connection, (), {slot_of(person)})
        elif writes:
            await lock_slots(connection, {slot_of(person)})
        where = {"b": Int4(bucket_of(person, buckets)), "p": person}
        row = await (await connection.execute(query("name_means"), where)).fetchone()
        if row is None:
            return person
        person = profile_id(row[0])


async def former_names(connection: Connection, user_id: str) -> list[FormerName]:
    """Return the names that became part of a person, and part of these, the earliest first."""
    found: dict[str, FormerName] = {}
    asked = [user_id]
    while asked:
        rows = await (await connection.execute(query("names_of"), {"names": asked})).fetchall()
        new = [FormerName(*row) for row in rows if row[0] not in found]
        found |= {one.user_id: one for one in new}
        asked = [one.user_id for one in new]
    return sorted(found.values(), key=lambda one: (one.merged_at, one.user_id))
