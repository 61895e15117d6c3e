"""Invitations: a link by which somebody makes an account with the role that was meant for that person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg.rows import dict_row

from parcours.clock import Clock
from parcours.domain.accounts import check_email, check_language, check_name, check_password, check_role
from parcours.domain.catalogue_access import ACCESS
from parcours.domain.errors import ParcoursError
from parcours.service.access.options import read_options
from parcours.service.access.passwords import hash_password
from parcours.service.access.secrets import digest, new_secret
from parcours.service.access.sessions import Caller, SignedIn, open_session
from parcours.service.access.users import add_user
from parcours.service.commands.trail import record
from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = ["Invitation", "accept", "invite", "list_invitations", "look", "withdraw"]

PATH: Final = "/invitation/"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation just made: the only time that its link is seen."""

    invitation_id: int
    email: str
    role: str
    link: str
    expires_at: datetime


async def invite(
    connection: Connection, email: str, role: str, base_url: str, *, at: datetime, actor: str, language: str = "en"
) -> Invitation:  # fmt: skip
    """Invite an address; a former invitation of it holds no longer.

    Raises ParcoursError `bad_email`, `unknown_role`, `unknown_language`, `user_exists`.
    """
    email, role, language = check_email(email), check_role(role), check_language(language)
    if await (await connection.execute(query("find_account"), {"email": email})).fetchone() is not None:
        raise _error("user_exists", email)
    options = await read_options(connection)
    expires = at + timedelta(days=options["invitation_days"])
    token = new_secret()
    await connection.execute(query("withdraw_invitations"), {"invitation": None, "email": email, "at": at})
    given = {
        "token": digest(token), "email": email, "role": role, "language": language, "at": at, "actor": actor,
        "expires": expires,
    }  # fmt: skip
    row = await (await connection.execute(query("add_invitation"), given)).fetchone()
    assert row is not None
    await record(connection, at, actor=actor, key=f"@users/{email}", command="invite", options={"role": role})
    return Invitation(row[0], email, role, f"{base_url}{PATH}{token}", expires)


async def list_invitations(connection: Connection) -> list[dict[str, Any]]:
    """Return the latest invitations; never a link."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("list_invitations"))
        return await cursor.fetchall()


async def withdraw(connection: Connection, invitation_id: int, *, at: datetime, actor: str) -> None:
    """Let an invitation hold no longer. Raises ParcoursError `unknown_invitation`."""
    given = {"invitation": invitation_id, "email": None, "at": at}
    row = await (await connection.execute(query("withdraw_invitations"), given)).fetchone()
    if row is None:
        raise _error("unknown_invitation")
    await record(connection, at, actor=actor, key=f"@users/{row[0]}", command="withdraw_invitation")


async def look(connection: Connection, token: str, at: datetime) -> dict[str, Any]:
    """Return whom an invitation is for, and with which role. Raises ParcoursError `invitation_over`."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("find_invitation"), {"token": digest(token), "at": at})
        row = await cursor.fetchone()
    if row is None:
        raise _error("invitation_over")
    return row


async def accept(
    database: Database, clock: Clock, caller: Caller, *, token: str, password: str, name: str,
    language: str | None = None,
) -> SignedIn:  # fmt: skip
    """Make the account of an invitation and begin its first session.

    `language` is the one in which it was accepted; None: that of the invitation.

    Raises ParcoursError `invitation_over`, `weak_password`, `bad_name`.
    """
    check_name(name)
    async with database.transaction() as connection:
        found = await look(connection, token, clock.now())
    check_password(password, found["email"])
    hashed = await hash_password(password)
    async with database.transaction() as connection:
        now = clock.now()
        found = await look(connection, token, now)
        email: str = found["email"]
        given = {"invitation": found["invitation_id"], "at": now}
        if await (await connection.execute(query("accept_invitation"), given)).fetchone() is None:
            raise _error("invitation_over")
        await add_user(
            connection, email, found["role"], at=now, actor=f"user:{email}", name=name,
            language=language or found["language"], password_hash=hashed,
        )  # fmt: skip
        return await open_session(connection, email, "invitation", now, caller)


def _error(code: str, email: str = "") -> ParcoursError:
    message, hint = ACCESS[code]
    said = message.removesuffix(".")
    return ParcoursError(code, f"{said}: {email}" if email else said, hint=hint)
