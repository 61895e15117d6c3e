"""What an examination finds, and how its questions are asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias

from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["LATE", "Finding", "Level", "Question", "row_of", "rows_of"]

Level: TypeAlias = Literal["ok", "notice", "wrong"]
Question: TypeAlias = Callable[[Connection, datetime], Awaitable["list[Finding]"]]

LATE: Final = timedelta(minutes=5)  # lifecycle.md: overdue by more is stuck


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer. `remedy` says what to do, where something is not as it should be."""

    check: str
    level: Level
    said: str
    remedy: str = ""
    details: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return asdict(self)


async def row_of(connection: Connection, name: str, **given: Any) -> tuple[Any, ...]:
    """Return the only row of a named query."""
    row: tuple[Any, ...] | None = await (await connection.execute(query(name), given)).fetchone()
    assert row is not None
    return row


async def rows_of(connection: Connection, name: str, **given: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a named query."""
    return await (await connection.execute(query(name), given)).fetchall()
