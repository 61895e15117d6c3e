"""A database for a while: made on a server for one purpose, dropped when that is over."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from parcours.domain.errors import ParcoursError
from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = ["scratch_database"]

PREFIX: Final = "parcours_sim_"
NAME: Final = re.compile(rf"{PREFIX}(\d{{14}})_[0-9a-f]{{8}}")
STALE_AFTER: Final = timedelta(hours=1)


@asynccontextmanager
async def scratch_database(url: str, now: datetime) -> AsyncIterator[str]:
    """Yield the address of a new, empty database on the server of `url`, and drop it at the end.

    Drops those, too, that a killed process left behind: an hour old, and nobody connected. Raises
    ParcoursError `may_not_create` where the user has no right to make databases.
    """
    name = f"{PREFIX}{now:%Y%m%d%H%M%S}_{secrets.token_hex(4)}"
    async with await Database.connect(url, connections=1) as server, server.dedicated() as connection:
        for left in await _stale(connection, now):
            await _drop(connection, left)
        try:
            # Text compares by code point, as in every database of ours.
            create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
            await connection.execute(create.format(sql.Identifier(name)))
        except errors.InsufficientPrivilege as error:
            raise ParcoursError(
                "may_not_create",
                "The user may not make databases, and the simulation needs one of its own",
                hint="Give the right with ALTER ROLE … CREATEDB, or simulate without PARCOURS_DATABASE_URL.",
            ) from error
        try:
            yield make_conninfo("", **(conninfo_to_dict(url) | {"dbname": name}))
        finally:
            await _drop(connection, name)


async def _stale(connection: Connection, now: datetime) -> list[str]:
    cursor = await connection.execute(query("idle_databases"), {"prefix": PREFIX})
    names = [NAME.fullmatch(name) for (name,) in await cursor.fetchall()]
    return [
        found[0]
        for found in names
        if found and now - datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC) > STALE_AFTER
    ]


async def _drop(connection: Connection, name: str) -> None:
    await connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
