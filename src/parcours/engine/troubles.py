"""Units that fail and wait: written down where an operator finds them, and taken back when they work again."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import psycopg
from psycopg.types.numeric import Int4

from parcours.domain.errors import ParcoursError
from parcours.store.database import Database
from parcours.store.queries import query

__all__ = ["forget_trouble", "note_trouble"]

LONGEST = 500  # characters of a reason
AWAY = ("08", "53", "57")  # SQLSTATE classes: no connection, no resources, somebody intervened


async def note_trouble(
    database: Database, bucket: int, journey_id: int, error: Exception, *, at: datetime, until: datetime
) -> None:
    """Write down that a unit failed at `at` and is tried again at `until`.

    Not where the database itself is away, full or ending: it cannot take that, and whoever asks it sees.
    """
    state = error.sqlstate if isinstance(error, psycopg.Error) else ""
    if state is None or state[:2] in AWAY or isinstance(error, ParcoursError):
        return
    given = {
        "b": Int4(bucket), "j": Int4(journey_id), "code": type(error).__name__, "at": at, "until": until,
        "message": str(error).replace("\0", "")[:LONGEST],
    }  # fmt: skip
    with suppress(psycopg.Error, ParcoursError):
        async with database.transaction() as connection:
            await connection.execute(query("note_trouble"), given)


async def forget_trouble(database: Database, bucket: int, journey_id: int) -> None:
    """Note that a unit works again; what cannot be written is out of date soon by itself."""
    with suppress(psycopg.Error, ParcoursError):
        async with database.transaction() as connection:
            await connection.execute(query("forget_trouble"), {"b": Int4(bucket), "j": Int4(journey_id)})
