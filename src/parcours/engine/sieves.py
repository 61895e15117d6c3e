"""The sieves before the inboxes, as they were last seen; one that is not known here holds nothing back."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncRawCursor
from psycopg.types.numeric import Int4

from parcours.compiler.program import Statement
from parcours.compiler.routing import compile_routing
from parcours.engine.versions import Ready, ready
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Sieves", "fill_inbox"]

OPEN = ready(compile_routing({}))  # for rows that are no events


class Sieves:
    """Kept by a worker for all its lanes."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._routing = OPEN

    async def get(self, connection: Connection) -> Ready:
        """Return the statement that routes, with the sieves of this transaction."""
        row = await (await connection.execute(query("sieves_known"), prepare=True)).fetchone()
        ids: list[str] = row[0] if row else []
        if ids == self._ids:
            return self._routing
        found = await connection.execute(query("read_sieves"), {"ids": ids})
        sieves = {name: Statement(text, constants) for name, text, constants in await found.fetchall()}
        routing = ready(compile_routing(sieves))
        self._ids, self._routing = ids, routing
        return routing


async def fill_inbox(connection: Connection, bucket: int, rows: str, routing: Ready = OPEN) -> None:
    """Write rows, as `route_pending` answers them, into the inboxes of the journeys that hear them."""
    given: dict[str, Any] = {"b": Int4(bucket), "rows": rows}
    await AsyncRawCursor(connection).execute(routing.text, routing.values(given), prepare=True)
