"""API keys: made with scopes, shown once, found again by their hash, revoked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg.rows import dict_row

from parcours.domain.access import KEY_PREFIX, SCOPES, Principal, Scope, role_of_scopes
from parcours.domain.errors import ParcoursError
from parcours.domain.names import is_key
from parcours.service.access.secrets import digest, new_secret
from parcours.service.commands.trail import record
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["NewKey", "add_key", "find_key", "list_keys", "revoke_key"]

SEEN_EVERY: Final = timedelta(minutes=1)
SHOWN: Final = 10  # characters of a key that are kept to recognise it


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: the only time that `secret` is seen."""

    name: str
    secret: str
    scopes: tuple[Scope, ...]


async def add_key(
    connection: Connection, name: str, scopes: Iterable[str], *, at: datetime, actor: str, person: str,
    expires_at: datetime | None = None,
) -> NewKey:  # fmt: skip
    """Make a key. `person` stands behind it, where a second one is asked for.

    Raises ParcoursError `bad_key_name`, `key_exists`, `unknown_scope`, `past_instant`.
    """
    if not is_key(name):
        hint = "Use letters, digits, - and _, at most 64 of them."
        raise ParcoursError(
            "bad_key_name", f"{name[:80]!r} cannot be the name of a key", place="name", hint=hint
        )
    wanted = set(scopes)
    if not wanted or wanted - set(SCOPES):
        found = ", ".join(sorted(wanted - set(SCOPES))) or "none"
        hint = f"There are {', '.join(SCOPES)}."
        raise ParcoursError("unknown_scope", f"A key needs scopes; given: {found}", place="scopes", hint=hint)
    if expires_at is not None and expires_at <= at:
        hint = "Give an instant to come, or none."
        raise ParcoursError(
            "past_instant", "The key would have expired already", place="expires_at", hint=hint
        )
    given = tuple(scope for scope in SCOPES if scope in wanted)
    secret = new_secret(KEY_PREFIX)
    cursor = await connection.execute(
        query("add_api_key"),
        {
            "name": name, "prefix": secret[:SHOWN], "secret": digest(secret), "scopes": list(given), "person": person,
            "at": at, "actor": actor, "expires": expires_at,
        },
    )  # fmt: skip
    if await cursor.fetchone() is None:
        hint = "Choose another; the name of a revoked key stays taken, for the sake of the audit."
        raise ParcoursError("key_exists", f"There is a key {name} already", place="name", hint=hint)
    await record(
        connection, at, actor=actor, key=f"@keys/{name}", command="add_key", options={"scopes": list(given)}
    )
    return NewKey(name, secret, given)


async def find_key(connection: Connection, secret: str, at: datetime) -> Principal | None:
    """Return whose key this is; None where there is none, or it was revoked or has expired."""
    row = await (
        await connection.execute(query("find_api_key"), {"secret": digest(secret), "at": at})
    ).fetchone()
    if row is None:
        return None
    key_id, name, scopes, person, used_at = row
    if used_at is None or at - used_at > SEEN_EVERY:
        await connection.execute(query("use_api_key"), {"id": key_id, "at": at})
    held = frozenset(scopes)
    return Principal("key", name, role_of_scopes(held), person, held)


async def list_keys(connection: Connection) -> list[dict[str, Any]]:
    """Return every key, those in force first; never a secret."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("list_api_keys"))
        return await cursor.fetchall()


async def revoke_key(connection: Connection, name: str, *, at: datetime, actor: str) -> None:
    """Let a key hold no longer, from the commit on. Raises ParcoursError `unknown_key`."""
    cursor = await connection.execute(query("revoke_api_key"), {"name": name, "at": at, "actor": actor})
    if await cursor.fetchone() is None:
        hint = "parcours key list shows them."
        raise ParcoursError("unknown_key", f"No key {name[:80]} is in force", place="name", hint=hint)
    await record(connection, at, actor=actor, key=f"@keys/{name}", command="revoke_key")
