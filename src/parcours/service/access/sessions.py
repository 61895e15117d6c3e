"""Sessions: who signed in with a token, for how long that holds, and signing out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from parcours.domain.access import Principal
from parcours.service.access.secrets import digest
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["find_session"]

SEEN_EVERY: Final = timedelta(minutes=1)


async def find_session(connection: Connection, token: str, at: datetime) -> Principal | None:
    """Return who signed in with this token; None where nobody did, or the session is over."""
    given = {"token": digest(token), "at": at, "idle": at - timedelta(hours=12)}
    row = await (await connection.execute(query("find_session"), given)).fetchone()
    if row is None:
        return None
    session_id, seen_at, email, role = row
    if at - seen_at > SEEN_EVERY:
        await connection.execute(query("see_session"), {"id": session_id, "at": at})
    return Principal("user", email, role, email, session_id=session_id)
