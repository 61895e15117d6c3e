"""Sessions: signing in by password or link, who signed in with a token, for how long that holds, signing out.

A token is 256 random bits; the database has its hash only. A session is over after being idle, after its longest
time, when somebody signs out, when the password changes or the account is disabled: from the commit on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias

from psycopg.rows import dict_row

from parcours.clock import Clock
from parcours.domain.access import Principal
from parcours.domain.catalogue_access import ACCESS
from parcours.domain.errors import ParcoursError
from parcours.domain.options import OPTIONS
from parcours.service.access.attempts import count_attempt, forgive, subject_of
from parcours.service.access.options import read_options
from parcours.service.access.passwords import hash_password, outdated, verify_password
from parcours.service.access.secrets import digest, new_secret
from parcours.service.commands.trail import record
from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = [
    "Caller",
    "SignedIn",
    "end_session",
    "end_sessions",
    "find_session",
    "list_sessions",
    "open_session",
    "sign_in",
    "sign_in_by_link",
]

Way: TypeAlias = Literal["password", "link", "invitation", "setup"]
SEEN_EVERY: Final = timedelta(minutes=1)
AGENT_LENGTH: Final = 300


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request comes from: the address, and what the browser calls itself."""

    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session just begun: the only time that `token` is seen."""

    token: str
    email: str
    expires_at: datetime


async def sign_in(database: Database, email: str, password: str, clock: Clock, caller: Caller) -> SignedIn:
    """Begin a session by a password. No transaction is open while the password is looked at.

    Raises ParcoursError `sign_in_failed` (not telling whether the account or the password is wrong) and
    `too_many_tries`.
    """
    email = email.strip().lower()
    subjects = [f"account:{digest(email).hex()[:32]}", subject_of(caller.address)]
    async with database.transaction() as connection:
        at = clock.now()
        for subject in subjects:
            await count_attempt(connection, subject, at)
        account = await _account(connection, email)
    kept = account["password_hash"] if account else None
    if not await verify_password(kept, password) or account is None or account["disabled_at"] is not None:
        raise _error("sign_in_failed")
    anew = await hash_password(password) if outdated(kept or "") else None
    async with database.transaction() as connection:
        now = clock.now()
        account = await _account(connection, email, lock=True)
        if account is None or account["disabled_at"] is not None or account["password_hash"] != kept:
            raise _error("sign_in_failed")  # it changed meanwhile
        if anew is not None:
            await connection.execute(query("save_password"), {"id": account["account_id"], "password": anew})
        await forgive(connection, subjects, now)
        return await open_session(connection, email, "password", now, caller)


async def sign_in_by_link(connection: Connection, token: str, at: datetime, caller: Caller) -> SignedIn:
    """Begin a session by a link, which is used up by it. Raises ParcoursError `link_over`."""
    given = {"token": digest(token), "at": at}
    row = await (await connection.execute(query("use_link"), given)).fetchone()
    if row is not None:
        row = await (await connection.execute(query("account_of_link"), {"id": row[0]})).fetchone()
    if row is None:
        raise _error("link_over")
    return await open_session(connection, row[0], "link", at, caller)


async def open_session(
    connection: Connection, email: str, way: Way, at: datetime, caller: Caller
) -> SignedIn:
    """Begin a session of an account that may come in; it is in the audit."""
    account = await _account(connection, email)
    assert account is not None
    options = await read_options(connection)
    expires = at + timedelta(days=options["session_days"])
    token = new_secret()
    await connection.execute(
        query("open_session"),
        {
            "id": account["account_id"], "token": digest(token), "way": way, "at": at, "expires": expires,
            "address": caller.address, "agent": caller.agent[:AGENT_LENGTH],
        },
    )  # fmt: skip
    await connection.execute(query("came_in"), {"id": account["account_id"], "at": at})
    await connection.execute(query("forget_sessions"), {"at": at})
    await record(
        connection, at, actor=f"user:{email}", key=f"@users/{email}", command="sign_in",
        options={"way": way, "address": caller.address},
    )  # fmt: skip
    return SignedIn(token, email, expires)


async def find_session(connection: Connection, token: str, at: datetime) -> Principal | None:
    """Return who signed in with this token; None where nobody did, or the session is over."""
    given = {"token": digest(token), "at": at, "idle": OPTIONS["session_idle_hours"].default}
    row = await (await connection.execute(query("find_session"), given)).fetchone()
    if row is None:
        return None
    session_id, seen_at, email, role = row
    if at - seen_at > SEEN_EVERY:
        await connection.execute(query("see_session"), {"id": session_id, "at": at})
    return Principal("user", email, role, email, session_id=session_id)


async def list_sessions(connection: Connection, email: str, at: datetime) -> list[dict[str, Any]]:
    """Return the sessions of an account, the one used last first."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("list_sessions"), {"email": email, "at": at})
        return await cursor.fetchall()


async def end_session(
    connection: Connection, email: str, session_id: int, *, at: datetime, actor: str
) -> None:
    """End one session of an account, with a line in the audit. Raises ParcoursError `unknown_session`."""
    given = {"email": email, "id": session_id}
    if await (await connection.execute(query("end_session"), given)).fetchone() is None:
        raise _error("unknown_session")
    await record(connection, at, actor=actor, key=f"@users/{email}", command="sign_out")


async def end_sessions(
    connection: Connection, email: str, *, at: datetime, actor: str, but: int | None = None
) -> int:
    """Sign an account out everywhere, but for one session perhaps; return how many were ended."""
    cursor = await connection.execute(query("end_sessions"), {"email": email, "but": but})
    ended = len(await cursor.fetchall())
    if but is not None and not ended:
        return 0
    await record(
        connection, at, actor=actor, key=f"@users/{email}", command="sign_out_everywhere", counts={"sessions": ended}
    )  # fmt: skip
    return ended


async def _account(connection: Connection, email: str, *, lock: bool = False) -> dict[str, Any] | None:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("lock_account" if lock else "find_account"), {"email": email})
        return await cursor.fetchone()


def _error(code: str) -> ParcoursError:
    message, hint = ACCESS[code]
    return ParcoursError(code, message.removesuffix("."), hint=hint)
