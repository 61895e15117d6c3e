"""What people say about being written to: the latest counts at the next hand-out, all of it is kept as the proof.

No journey is told of it, and nobody is judged by it (P120): a mail asks when it is claimed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias, cast
from uuid import UUID

from psycopg.types.numeric import Int4

from parcours.domain.errors import ParcoursError
from parcours.domain.identity import bucket_of, profile_id
from parcours.domain.timing import format_instant
from parcours.service.commands.answering import EVERY_JOURNEY
from parcours.service.commands.trail import record
from parcours.service.intake.meaning import who_is
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = [
    "EVERYTHING",
    "Said",
    "State",
    "count_said",
    "keep_said",
    "read_consents",
    "read_consents_under",
    "read_said",
    "said_in_feed",
    "say",
    "say_for",
]

State: TypeAlias = Literal["in", "out"]
EVERYTHING: Final = "*"  # all that is advertising


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said of one type of subscription, or of all advertising (`*`): when, by what, and where."""

    subscription: str
    state: State
    at: datetime
    by_what: str
    source: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            "subscription": self.subscription,
            "state": self.state,
            "at": format_instant(self.at),
            "by": self.by_what,
            "source": self.source,
        }


def said_in_feed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a line of the feed says, from its row of the intake."""
    return {
        "bucket": row["bucket"], "profile_id": row["profile_id"], "subscription": row["name"], "state": row["op"],
        "at": row["at"], "feed_no": row["feed_no"], "by_what": "feed", "source": row["properties"].get("source"),
    }  # fmt: skip


async def keep_said(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep rows of what people said, in the caller's transaction. Of each type the latest by (at, feed_no) counts."""
    latest: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in rows:
        key = (str(row["profile_id"]), row["subscription"])
        if key not in latest or _place(latest[key]) <= _place(row):
            latest[key] = row
    ordered = sorted(latest.values(), key=lambda row: (row["bucket"], row["profile_id"], row["subscription"]))
    await connection.execute(query("log_consents"), {"rows": json.dumps(list(rows))})
    await connection.execute(query("write_consents"), {"rows": json.dumps(ordered)})


async def say(
    connection: Connection, person: str | UUID, changes: Mapping[str, State], *, buckets: int, at: datetime,
    number: int, by_what: str, source: str | None = None,
) -> list[Said]:  # fmt: skip
    """Keep what a person (by user_id, or by its id) says now, in the caller's transaction.

    What is so already is not said again. By a name that was merged it is said of the one that stays. `number` is that of
    the arrival. Returns what was changed. Raises ParcoursError `unknown_person`, also for somebody who is deleted.
    """
    named = profile_id(person) if isinstance(person, str) else person
    key = await who_is(connection, named, buckets=buckets, writes=True)
    bucket = bucket_of(key, buckets)
    row = await (await connection.execute(query("reader_of_link"), {"b": Int4(bucket), "p": key})).fetchone()
    if row is None or row[2]:
        raise ParcoursError(
            "unknown_person",
            f"no person {person} is known",
            hint="People become known by what comes in of them.",
        )
    known = {one.subscription: one for one in await read_consents(connection, key, buckets=buckets)}
    said = [
        Said(subscription, state, at, by_what, source)
        for subscription, state in changes.items()
        if subscription not in known or known[subscription].state != state
    ]
    rows = [
        {
            "bucket": bucket, "profile_id": str(key), "subscription": one.subscription, "state": one.state,
            "at": at.isoformat(), "feed_no": number, "by_what": by_what, "source": source,
        }
        for one in said
    ]  # fmt: skip
    if rows:
        await keep_said(connection, rows)
    return said


async def say_for(
    connection: Connection, user_id: str, subscription: str, state: State, *, buckets: int, at: datetime, number: int,
    actor: str, source: str | None = None,
) -> list[Said]:  # fmt: skip
    """Keep what somebody here says for a person, as `say`, with a line in the audit."""
    said = await say(
        connection, user_id, {subscription: state}, buckets=buckets, at=at, number=number, by_what=actor, source=source
    )  # fmt: skip
    await record(
        connection, at, actor=actor, key=EVERY_JOURNEY, command="say_consent",
        options={"user_id": user_id, "subscription": subscription, "state": state, "source": source},
        counts={"changed": len(said)},
    )  # fmt: skip
    return said


async def count_said(connection: Connection) -> dict[tuple[str, State], int]:
    """Return how many people said what of each type, by type and state."""
    rows = await (await connection.execute(query("count_consents"))).fetchall()
    return {(key, cast("State", state)): n for key, state, n in rows}


async def read_consents(connection: Connection, person: UUID, *, buckets: int) -> list[Said]:
    """Return what a person said last of each type."""
    return await _read(connection, "person_consents", person, buckets)


async def read_consents_under(connection: Connection, user_id: str, *, buckets: int) -> list[Said]:
    """Return what the person said last of each type whom a name means by now."""
    person = await who_is(connection, profile_id(user_id), buckets=buckets)
    return await read_consents(connection, person, buckets=buckets)


async def read_said(connection: Connection, person: UUID, *, buckets: int) -> list[Said]:
    """Return all that a person ever said, in order."""
    return await _read(connection, "person_said", person, buckets)


async def _read(connection: Connection, name: str, person: UUID, buckets: int) -> list[Said]:
    given = {"b": Int4(bucket_of(person, buckets)), "p": person}
    return [Said(*row) for row in await (await connection.execute(query(name), given)).fetchall()]


def _place(row: Mapping[str, Any]) -> tuple[datetime, int]:
    return datetime.fromisoformat(row["at"]), row["feed_no"]
