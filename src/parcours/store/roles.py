"""The role that processes run as: everything but changing what the audit holds, and the schema itself.

`migrate` makes the role and gives it its rights, where its user may; processes take it on where they may. The audit is
append-only by privilege then, not by good behaviour.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg import AsyncConnection

from parcours.store.queries import query

__all__ = ["APP_ROLE", "app_role_ready", "as_owner", "give_rights", "rights_script"]

APP_ROLE: Final = "parcours_app"


async def give_rights(connection: AsyncConnection[Any]) -> bool:
    """Make the role and give it its rights, unless that is done; tell whether it can be taken on.

    Changes nothing where the user may not. The connection is in autocommit.
    """
    if await app_role_ready(connection):
        return True
    for name in ("make_app_role", "join_app_role", "give_app_rights", "take_audit_rights"):
        try:
            async with connection.transaction():
                await connection.execute(query(name), prepare=False)
        except (
            psycopg.errors.InsufficientPrivilege,
            psycopg.errors.DuplicateObject,
            psycopg.errors.UniqueViolation,  # another database of the server is migrated at the same time
            psycopg.errors.InternalError,  # likewise: tuple concurrently updated
            psycopg.errors.UndefinedObject,
        ):
            continue
    return await app_role_ready(connection)


async def app_role_ready(connection: AsyncConnection[Any]) -> bool:
    """Tell whether this user may take on the role, and the role has its rights and no more."""
    row = await (await connection.execute(query("app_role_ready"))).fetchone()
    return bool(row and row[0])


async def as_owner(connection: AsyncConnection[Any]) -> None:
    """Let the rest of this transaction run as the user that connected: for what needs the tables' owner."""
    await connection.execute(query("as_owner"))


async def rights_script(connection: AsyncConnection[Any]) -> str:
    """Return what somebody who may make roles has to run where `migrate` may not; `migrate` does the rest then."""
    row = await (await connection.execute(query("session_user"))).fetchone()
    assert row is not None
    return f"CREATE ROLE {APP_ROLE} NOLOGIN; GRANT {APP_ROLE} TO {row[0]};"
