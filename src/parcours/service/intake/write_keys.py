"""Sources: the sites, apps and servers that send people and events, each with a write key of its own.

A write key is made here, shown once and kept as its hash. It may be known to anybody who looks into a web page:
it lets people and events in, and nothing out.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from psycopg.rows import dict_row

from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant
from parcours.service.commands.trail import record
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Source", "add_source", "find_source", "list_sources", "revoke_source"]

LONGEST_NAME: Final = 64
LONGEST_KEY: Final = 256


@dataclass(frozen=True, slots=True)
class Source:
    """Whoever sends, by number and name."""

    source_id: int
    name: str


async def add_source(connection: Connection, name: str, *, at: datetime, actor: str) -> str:
    """Make a source and return its write key, which is told this once. Raises `source_exists`, `bad_source`."""
    if not name.strip() or len(name) > LONGEST_NAME or "\x00" in name:
        raise ParcoursError(
            "bad_source", f"{name!r} is no name for a source", hint="Choose one of at most 64 characters."
        )
    key = f"pwk_{secrets.token_urlsafe(24)}"
    given = {"name": name, "hash": _hash(key), "hint": key[-4:], "at": at}
    if await (await connection.execute(query("add_source"), given)).fetchone() is None:
        raise ParcoursError("source_exists", f"There is a source {name} already", hint="Choose another name.")
    await record(connection, at, actor=actor, key="", command="add_source", options={"source": name})
    return key


async def list_sources(connection: Connection) -> list[dict[str, Any]]:
    """Return sources by name: `key` is the end of the key, `seen_at` when something came last, to the minute."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("list_sources"))
        rows = await cursor.fetchall()
    return [
        {name: format_instant(value) if isinstance(value, datetime) else value for name, value in row.items()}
        for row in rows
    ]


async def revoke_source(connection: Connection, name: str, *, at: datetime, actor: str) -> None:
    """Take a source's key back: what comes with it is refused within two seconds. Raises `unknown_source`."""
    if await (await connection.execute(query("revoke_source"), {"name": name, "at": at})).fetchone() is None:
        raise ParcoursError(
            "unknown_source", f"There is no source {name}", hint="See `parcours source list`."
        )
    await record(connection, at, actor=actor, key="", command="revoke_source", options={"source": name})


async def find_source(connection: Connection, key: str) -> Source | None:
    """Return whose write key this is; None where nobody's, or a revoked one."""
    if not key or len(key) > LONGEST_KEY:
        return None
    row = await (await connection.execute(query("find_source"), {"hash": _hash(key)})).fetchone()
    return Source(*row) if row else None


def _hash(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogatepass")).digest()
