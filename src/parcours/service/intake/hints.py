"""Workers are told which buckets got rows: behind the commit, and not more often than helps.

A NOTIFY inside the transaction would let commits wait for each other, disk included: PostgreSQL puts all that notify
into one order. It is a hint in any case; a worker that misses it asks a moment later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

import psycopg

from parcours.domain.errors import ParcoursError
from parcours.store.database import Database
from parcours.store.queries import query

__all__ = ["Hints"]

APART: Final = 0.01  # seconds between two hints
MOST_NAMED: Final = 500  # buckets; of more the workers are told that there is something


class Hints:
    """Tells the workers, in the background."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._buckets: set[int] = set()
        self._telling: asyncio.Task[None] | None = None

    def tell(self, buckets: Iterable[int]) -> None:
        """Tell of rows in these buckets, which are committed: at once, or with the next hint."""
        self._buckets.update(buckets)
        if self._buckets and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        while self._buckets:
            buckets, self._buckets = sorted(self._buckets), set()
            named = " ".join(map(str, buckets)) if len(buckets) <= MOST_NAMED else ""
            try:
                async with self._database.transaction() as connection:
                    await connection.execute(query("notify_rows"), {"hint": f"rows {named}" if named else ""})
            except (psycopg.Error, ParcoursError):
                return  # the workers ask by themselves
            await asyncio.sleep(APART)
