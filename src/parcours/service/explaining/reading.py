"""Reading about one person in one journey: named queries that are given bucket, person and journey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from psycopg.rows import dict_row

from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Reader"]

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """`given` are `b` (bucket), `p` (person) and `j` (journey), for every query."""

    connection: Connection
    given: Row

    async def rows(self, name: str, **more: Any) -> list[Row]:
        """Return the rows of a named query as dictionaries."""
        async with self.connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(query(name), self.given | more)
            return await cursor.fetchall()

    async def one(self, name: str, **more: Any) -> Row | None:
        """Return the first row of a named query, or None."""
        return next(iter(await self.rows(name, **more)), None)

    async def ask(self, text: str, more: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Return the first row of a compiled statement."""
        row: tuple[Any, ...] | None = await (
            await self.connection.execute(text, {**self.given, **more})
        ).fetchone()
        return row
