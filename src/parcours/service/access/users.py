"""Users: added, changed, disabled, given a link; their passwords. Each change is in the audit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg.rows import dict_row

from parcours.clock import Clock
from parcours.domain.access import Principal
from parcours.domain.accounts import check_email, check_language, check_name, check_password, check_role
from parcours.domain.catalogue_access import ACCESS
from parcours.domain.errors import ParcoursError
from parcours.service.access.attempts import count_attempt, forgive
from parcours.service.access.options import read_options
from parcours.service.access.passwords import hash_password, verify_password
from parcours.service.access.secrets import digest, new_secret
from parcours.service.access.sessions import end_sessions
from parcours.service.commands.trail import record
from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = ["add_user", "change_password", "change_user", "list_users", "make_link", "show_user"]

FRESH: Final = timedelta(minutes=15)  # for so long a link also stands for a password that was forgotten
LINK_PATH: Final = "/link/"


async def add_user(
    connection: Connection, email: str, role: str, *, at: datetime, actor: str, name: str = "",
    language: str = "en", password_hash: str | None = None,
) -> str:  # fmt: skip
    """Add somebody who works here; return the address in its one form.

    Raises ParcoursError `bad_email`, `unknown_role`, `bad_name`, `unknown_language`, `user_exists`.
    """
    email = check_email(email)
    given = {
        "email": email, "role": check_role(role), "name": check_name(name), "language": check_language(language),
        "password": password_hash, "at": at, "actor": actor,
    }  # fmt: skip
    await connection.execute(query("lock_accounts"))
    if await (await connection.execute(query("add_account"), given)).fetchone() is None:
        raise _error("user_exists", email)
    await record(
        connection, at, actor=actor, key=f"@users/{email}", command="add_user", options={"role": role}
    )
    return email


async def list_users(connection: Connection, at: datetime, email: str | None = None) -> list[dict[str, Any]]:
    """Return every user, or the one of an address."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("list_accounts"), {"email": email, "at": at})
        return await cursor.fetchall()


async def show_user(connection: Connection, email: str, at: datetime) -> dict[str, Any]:
    """Return one user. Raises ParcoursError `unknown_user`."""
    found = await list_users(connection, at, email.strip().lower())
    if not found:
        raise _error("unknown_user", email)
    return found[0]


async def change_user(
    connection: Connection, email: str, changes: Mapping[str, Any], *, at: datetime, actor: str,
    reason: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Change `name`, `role`, `language` or `disabled` of a user; return the user.

    A disabled user is signed out everywhere, and links hold no longer. The last admin stays one.
    Raises ParcoursError `unknown_user`, `last_admin`, and as `add_user`.
    """
    admins = [row[0] for row in await (await connection.execute(query("lock_admins"))).fetchall()]
    account = await _lock(connection, email)
    email = account["email"]
    after = {
        "name": check_name(changes.get("name", account["name"])),
        "role": check_role(changes.get("role", account["role"])),
        "language": check_language(changes.get("language", account["language"])),
        "disabled": account["disabled_at"],
    }
    if "disabled" in changes:
        after["disabled"] = (account["disabled_at"] or at) if changes["disabled"] else None
    if admins == [account["account_id"]] and (after["role"] != "admin" or after["disabled"]):
        raise _error("last_admin", email)
    before = {"name": account["name"], "role": account["role"], "language": account["language"]}
    before["disabled"] = account["disabled_at"]
    changed = {key: after[key] for key in after if after[key] != before[key]}
    if changed:
        await connection.execute(query("save_account"), after | {"id": account["account_id"]})
        told = {key: bool(value) if key == "disabled" else value for key, value in changed.items()}
        await record(
            connection, at, actor=actor, key=f"@users/{email}", command="change_user", options=told, reason=reason,
            from_status=account["role"], to_status=after["role"],
        )  # fmt: skip
    if changed.get("disabled"):
        await end_sessions(connection, email, at=at, actor=actor)
        await connection.execute(query("void_links"), {"id": account["account_id"], "at": at})
    return await show_user(connection, email, at)


async def make_link(
    connection: Connection, email: str, base_url: str, *, at: datetime, actor: str
) -> tuple[str, datetime]:
    """Return a link that signs a user in once, and until when it holds; former ones hold no longer.

    Raises ParcoursError `unknown_user`, `user_disabled`.
    """
    account = await _lock(connection, email)
    if account["disabled_at"] is not None:
        raise _error("user_disabled", email)
    options = await read_options(connection)
    expires = at + timedelta(minutes=options["link_minutes"])
    token = new_secret()
    await connection.execute(query("void_links"), {"id": account["account_id"], "at": at})
    given = {
        "token": digest(token),
        "id": account["account_id"],
        "at": at,
        "actor": actor,
        "expires": expires,
    }
    await connection.execute(query("add_link"), given)
    await record(connection, at, actor=actor, key=f"@users/{account['email']}", command="make_link")
    return f"{base_url}{LINK_PATH}{token}", expires


async def change_password(
    database: Database, who: Principal, password: str, current: str | None, clock: Clock
) -> None:
    """Let somebody who signed in take another password; every other session is over.

    The present one is asked for, unless there is none, or this session was just begun by a link.
    Raises ParcoursError `weak_password`, `wrong_password`, `too_many_tries`.
    """
    check_password(password, who.name)
    subject = f"account:{digest(who.name).hex()[:32]}"
    async with database.transaction() as connection:
        at = clock.now()
        account = await _lock(connection, who.name)
        kept = account["password_hash"]
        asked = kept is not None and not await _just_by_link(connection, who, at)
        if asked:
            await count_attempt(connection, subject, at)
    if asked and not await verify_password(kept, current or ""):
        raise _error("wrong_password")
    hashed = await hash_password(password)
    async with database.transaction() as connection:
        now = clock.now()
        account = await _lock(connection, who.name)
        if account["disabled_at"] is not None or account["password_hash"] != kept:
            raise _error("wrong_password")  # it changed meanwhile
        if asked:
            await forgive(connection, [subject], now)
        await connection.execute(query("save_password"), {"id": account["account_id"], "password": hashed})
        await connection.execute(query("void_links"), {"id": account["account_id"], "at": now})
        await record(connection, now, actor=who.actor, key=f"@users/{who.name}", command="change_password")
        await end_sessions(connection, who.name, at=now, actor=who.actor, but=who.session_id)


async def _just_by_link(connection: Connection, who: Principal, at: datetime) -> bool:
    row = await (await connection.execute(query("session_way"), {"id": who.session_id})).fetchone()
    return row is not None and row[0] == "link" and at - row[1] < FRESH


async def _lock(connection: Connection, email: str) -> dict[str, Any]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("lock_account"), {"email": email.strip().lower()})
        row = await cursor.fetchone()
    if row is None:
        raise _error("unknown_user", email)
    return row


def _error(code: str, email: str = "") -> ParcoursError:
    message, hint = ACCESS[code]
    said = message.removesuffix(".")
    return ParcoursError(code, f"{said}: {email[:80]}" if email else said, hint=hint)
