"""Answers that are given again: whoever repeats a request with its key gets what the first one was answered.

The key is taken in the transaction of what was asked: a second request with it waits for that to end, and then finds
the answer, or finds nothing where that came to nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from parcours.domain.errors import ParcoursError
from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = ["KEPT", "Asked", "Stored", "forget_answers", "keep_answer", "take_key"]

KEPT: Final = timedelta(hours=24)
LONGEST_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with a key of its own, by whom."""

    actor: str
    key: str
    request: str

    @classmethod
    def of(cls, actor: str, key: str, *parts: Any) -> Asked:
        """Return it from what was asked. Raises ParcoursError `bad_idempotency_key`."""
        if not 0 < len(key) <= LONGEST_KEY or not key.isprintable() or not key.isascii():
            raise ParcoursError(
                "bad_idempotency_key", "the idempotency key cannot be used", place="Idempotency-Key",
                hint="Send 1 to 200 printable ASCII characters, such as a UUID.",
            )  # fmt: skip
        text = json.dumps(parts, sort_keys=True, default=str)
        return cls(actor, key, hashlib.sha256(text.encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Stored:
    """What was answered before."""

    status: int
    body: Any


async def forget_answers(database: Database, now: datetime) -> None:
    """Forget what is too old, in a transaction of its own: it must hold nothing while a command waits."""
    async with database.transaction() as connection:
        await connection.execute(query("forget_answers"), {"since": now - KEPT})


async def take_key(connection: Connection, asked: Asked, now: datetime) -> Stored | None:
    """Take the key for this request, or return what it was answered before.

    Raises ParcoursError `idempotency_key_reused` where the key came with another request.
    """
    given = {"actor": asked.actor, "key": asked.key, "request": asked.request, "at": now}
    done = await connection.execute(query("claim_answer"), given)
    if done.rowcount:
        return None
    row = await (await connection.execute(query("find_answer"), given)).fetchone()
    if row is None or row[0] != asked.request:
        raise ParcoursError(
            "idempotency_key_reused", "this idempotency key came with another request before",
            place="Idempotency-Key", hint="Use a new key for each thing that is asked.",
        )  # fmt: skip
    return Stored(row[1], row[2])


async def keep_answer(connection: Connection, asked: Asked, status: int, body: Any) -> None:
    """Keep the answer of a request whose key was taken, in the same transaction or a later one."""
    await connection.execute(
        query("keep_answer"),
        {"actor": asked.actor, "key": asked.key, "status": status, "body": json.dumps(body)},
    )
