"""The first administrator, made in the browser by whoever can read what the server prints (decision 0057).

A code holds for a day and while nobody works here; there may be several, one for each start of a server.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from parcours.clock import Clock
from parcours.domain.accounts import check_email, check_language, check_name, check_password
from parcours.domain.catalogue_access import ACCESS
from parcours.domain.errors import ParcoursError
from parcours.service.access.attempts import count_attempt, forgive, subject_of
from parcours.service.access.passwords import hash_password
from parcours.service.access.secrets import digest, new_secret
from parcours.service.access.sessions import Caller, SignedIn, open_session
from parcours.service.access.users import add_user
from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = ["make_setup_link", "needs_setup", "set_up"]

HOLDS: Final = timedelta(days=1)
PATH: Final = "/setup#"  # what stands behind # is not sent to servers, so no log between has it


async def needs_setup(connection: Connection) -> bool:
    """Tell whether nobody works here yet."""
    row = await (await connection.execute(query("has_account"))).fetchone()
    return not (row and row[0])


async def make_setup_link(connection: Connection, base_url: str, at: datetime) -> tuple[str, datetime]:
    """Return a link to the page that makes the first administrator, and until when it holds; others hold on.

    Raises ParcoursError `already_set_up`.
    """
    if not await needs_setup(connection):
        raise _error("already_set_up")
    await connection.execute(query("forget_setup_codes"), {"at": at})
    code, expires = new_secret(), at + HOLDS
    given = {"code": digest(code), "at": at, "expires": expires}
    await connection.execute(query("add_setup_code"), given)
    return f"{base_url}{PATH}{code}", expires


async def set_up(
    database: Database, clock: Clock, caller: Caller, *, code: str, email: str, password: str, name: str = "",
    language: str = "en",
) -> SignedIn:  # fmt: skip
    """Make the first administrator and begin that person's session. Of several at once only one gets there.

    Raises ParcoursError `already_set_up`, `wrong_setup_code`, `too_many_tries`, and as `add_user` and `check_password`.
    """
    subject = subject_of(caller.address)
    async with database.transaction() as connection:
        at = clock.now()
        open_ = await needs_setup(connection)
        if open_:
            await count_attempt(connection, subject, at)
        right = await _holds(connection, code, at)
        if right:
            await forgive(connection, [subject], at)
    if not open_:
        raise _error("already_set_up")
    if not right:
        raise _error("wrong_setup_code")
    email, name, language = check_email(email), check_name(name), check_language(language)
    check_password(password, email)
    hashed = await hash_password(password)
    async with database.transaction() as connection:
        now = clock.now()
        await connection.execute(query("lock_accounts"))
        if not await needs_setup(connection):
            raise _error("already_set_up")
        if not await _holds(connection, code, now):
            raise _error("wrong_setup_code")
        await connection.execute(query("end_setup_codes"))
        await add_user(
            connection, email, "admin", at=now, actor=f"user:{email}", name=name, language=language,
            password_hash=hashed,
        )  # fmt: skip
        return await open_session(connection, email, "setup", now, caller)


async def _holds(connection: Connection, code: str, at: datetime) -> bool:
    given = {"code": digest(code), "at": at}
    row = await (await connection.execute(query("setup_code_holds"), given)).fetchone()
    return bool(row and row[0])


def _error(code: str) -> ParcoursError:
    message, hint = ACCESS[code]
    return ParcoursError(code, message.removesuffix("."), hint=hint)
