"""Pages by a key: each names the place behind which the next one begins, so that a page costs the same at any depth."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from psycopg.rows import dict_row

from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant, parse_instant
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = [
    "MOST",
    "Page",
    "Row",
    "find_journey_id",
    "limit_time",
    "read_place",
    "rows_of",
    "uuid_at",
    "wire",
    "write_place",
]

Row: TypeAlias = dict[str, Any]
MOST: Final = 1000  # items of a page
PATIENCE: Final = 20_000  # milliseconds that one statement of a list may take
LONGEST_PLACE: Final = 2000


@dataclass(frozen=True, slots=True)
class Page:
    """Some items, and the place behind which the next page begins; None where nothing follows."""

    items: Sequence[Row]
    next: str | None = None

    def as_dict(self) -> Row:
        """Return the wire form."""
        return {"items": list(self.items), "next": self.next}


def write_place(*parts: Any) -> str:
    """Return a place as an opaque text."""
    plain = [
        format_instant(part) if isinstance(part, datetime) else str(part) if isinstance(part, UUID) else part
        for part in parts
    ]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def read_place(text: str | None, *kinds: type[Any]) -> tuple[Any, ...] | None:
    """Read a place that `write_place` made; `kinds` are those of its parts. Raises ParcoursError `bad_cursor`."""
    if text is None:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(text[:LONGEST_PLACE] + "=" * (-len(text) % 4)))
        return tuple(_part(part, kind) for part, kind in zip(parts, kinds, strict=True))
    except (ValueError, TypeError, RecursionError):
        raise ParcoursError(
            "bad_cursor", "the place to go on from cannot be read", place="cursor",
            hint="Give `next` of the page before as it is, or leave it out.",
        ) from None  # fmt: skip


async def find_journey_id(connection: Connection, key: str) -> int:
    """Return the id of a journey. Raises ParcoursError `unknown_journey`."""
    row = await (await connection.execute(query("find_journey"), {"key": key})).fetchone()
    if row is None:
        raise ParcoursError(
            "unknown_journey", f"there is no journey {key}",
            hint="`parcours journey list` shows those there are.",
        )  # fmt: skip
    return int(row[0])


async def rows_of(connection: Connection, name: str, given: Mapping[str, Any] | None = None) -> list[Row]:
    """Return the rows of a named query as dictionaries."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query(name), dict(given or {}))
        return await cursor.fetchall()


async def limit_time(connection: Connection, milliseconds: int = PATIENCE) -> None:
    """Let no statement of this transaction run for longer: a list is not worth it."""
    await connection.execute(query("limit_statement"), {"ms": str(milliseconds)})


def wire(row: Row) -> Row:
    """Return a row with its instants and ids as texts."""
    return {
        name: format_instant(value)
        if isinstance(value, datetime)
        else str(value)
        if isinstance(value, UUID)
        else value
        for name, value in row.items()
    }


def uuid_at(last: bool) -> UUID:  # noqa: FBT001 - which end
    """Return the first or last of all ids."""
    return UUID(int=(1 << 128) - 1 if last else 0)


def _part(part: Any, kind: type[Any]) -> Any:
    if part is None:
        return None
    if kind is UUID:
        return UUID(part)
    if kind is datetime:
        instant = parse_instant(part)
        if instant is None:
            raise ValueError(part)
        return instant
    if not isinstance(part, kind) or (isinstance(part, bool) and kind is not bool):
        raise TypeError(part)
    if isinstance(part, int) and abs(part) >= 1 << 62:
        raise ValueError(part)
    if isinstance(part, str) and ("\0" in part or any("\ud800" <= c <= "\udfff" for c in part)):
        raise ValueError(part)
    return part
