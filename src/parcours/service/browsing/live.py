"""Live numbers of one journey: looked up once for all who listen, at most once a second, told when they change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Final

from parcours.service.browsing.numbers import Edges, branches, read_scope, report, walked
from parcours.service.browsing.paging import Row, find_journey_id
from parcours.service.commands.holding import read_hold
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Watched"]

Transaction = Callable[[], AbstractAsyncContextManager[Connection]]
REPORTED: Final = ("totals", "versions", "reasons", "steps")


@dataclass(slots=True)
class Watched:
    """One journey that is looked at again and again. `look` answers None where nothing has changed since.

    Branches are counted from the moves since the look before, so a look costs what has happened meanwhile.
    """

    key: str
    transaction: Transaction
    sign: tuple[Any, ...] | None = None
    edges: Edges = field(default_factory=Counter)
    batches: dict[int, int] = field(default_factory=dict)
    journey_id: int | None = None

    async def look(self) -> Row | None:
        """Return the numbers where something changed. Raises ParcoursError `unknown_journey`, and of the database."""
        async with self.transaction() as connection:
            journey_id = await find_journey_id(connection, self.key)
            if self.journey_id != journey_id:  # the first look; or deleted, and its key given to another one
                self.journey_id, self.sign, self.edges, self.batches = journey_id, None, Counter(), {}
            # Read before the numbers: what changes between the two is seen at the next look.
            sign = await (await connection.execute(query("live_sign"), {"j": journey_id})).fetchone()
            if sign == self.sign:
                return None
            scope = await read_scope(connection, self.key)
            fresh, batches = await walked(connection, journey_id, self.batches)
            numbers = await report(connection, scope)
            held = await read_hold(connection)
        self.edges.update(fresh)
        self.batches = batches
        self.sign = sign
        newest = scope.versions[-1] if scope.versions else None
        return {
            "journey": self.key,
            "version": newest["version_no"] if newest else None,
            "status": newest["status"] if newest else "draft",
            "entry_open": bool(newest and newest["entry_open"]),
            "settling": any(row["settling"] for row in scope.versions),
            "sending_held": held is not None,
            **{name: numbers[name] for name in REPORTED},
            "branches": branches(scope, self.edges),
        }
