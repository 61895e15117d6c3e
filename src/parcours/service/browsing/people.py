"""Who is, or was, in a journey: participants, messages and refusals in pages, the newest first or all in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from parcours.domain.catalogue_reasons import DROPPING_OUT, REFUSING
from parcours.domain.identity import bucket_of, profile_id
from parcours.service.browsing.paging import (
    Page,
    Row,
    find_journey_id,
    limit_time,
    read_place,
    rows_of,
    uuid_at,
    wire,
    write_place,
)
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = [
    "MessageFilter",
    "ParticipantFilter",
    "browse_messages",
    "browse_participants",
    "browse_refusals",
    "every_participant",
]

CHUNK: Final = 1000


@dataclass(frozen=True, slots=True)
class ParticipantFilter:
    """Which participants are asked for; None means any. `search` begins a user_id, `user_id` is a whole one.

    The queue is the step `entry`. `entered_from` is inclusive, `entered_to` exclusive.
    """

    version: int | None = None
    statuses: tuple[str, ...] | None = None
    reasons: tuple[str, ...] | None = None
    steps: tuple[str, ...] | None = None
    entered_from: datetime | None = None
    entered_to: datetime | None = None
    search: str | None = None
    user_id: str | None = None

    def given(self, journey_id: int) -> Row:
        """Return the parameters of the queries."""
        return {
            "j": journey_id, "version": self.version,
            "statuses": list(self.statuses) if self.statuses else None,
            "reasons": list(self.reasons) if self.reasons else None,
            "steps": list(self.steps) if self.steps else None, "entered_from": self.entered_from,
            "entered_to": self.entered_to, "search": self.search or None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages are asked for; None means any."""

    version: int | None = None
    steps: tuple[str, ...] | None = None
    states: tuple[str, ...] | None = None
    reasons: tuple[str, ...] | None = None
    user_id: str | None = None


async def browse_participants(
    connection: Connection, key: str, asked: ParticipantFilter, *, buckets: int, limit: int = 50,
    cursor: str | None = None,
) -> Page:  # fmt: skip
    """Return participants in pages, the latest entered first.

    Raises ParcoursError `unknown_journey`, `bad_cursor`.
    """
    journey_id = await find_journey_id(connection, key)
    given = asked.given(journey_id)
    if asked.user_id is not None:
        person = profile_id(asked.user_id)
        rows = await rows_of(
            connection, "walk_participants",
            {**given, "b": bucket_of(person, buckets), "person": person, "p": uuid_at(last=False),
             "entry_no": 0, "n": CHUNK},
        )  # fmt: skip
        return Page([_participant(row) for row in reversed(rows)])
    place = read_place(cursor, datetime, UUID, int) or (None, None, None)
    await limit_time(connection)
    given |= {"at": place[0], "p": place[1], "entry_no": place[2], "n": limit + 1}
    rows = await rows_of(connection, "browse_participants", given)
    last = rows[limit - 1] if len(rows) > limit else None
    following = write_place(last["entered_at"], last["profile_id"], last["entry_no"]) if last else None
    return Page([_participant(row) for row in rows[:limit]], following)


async def every_participant(
    transaction: Callable[[], AbstractAsyncContextManager[Connection]], key: str, asked: ParticipantFilter
) -> AsyncIterator[list[Row]]:
    """Yield all participants that match in chunks, by person, each chunk read in a transaction of its own.

    Who moves meanwhile is shown as he or she is when the chunk is read. Raises ParcoursError `unknown_journey`.
    """
    async with transaction() as connection:
        journey_id = await find_journey_id(connection, key)
        buckets = [row[0] for row in await (await connection.execute(query("journey_buckets"))).fetchall()]
    given = asked.given(journey_id) | {
        "n": CHUNK, "person": profile_id(asked.user_id) if asked.user_id else None
    }  # fmt: skip
    for bucket in buckets:
        place: tuple[UUID, int] = (uuid_at(last=False), 0)
        while True:
            async with transaction() as connection:
                rows = await rows_of(
                    connection, "walk_participants",
                    {**given, "b": bucket, "p": place[0], "entry_no": place[1]},
                )  # fmt: skip
            if rows:
                yield [_participant(row) for row in rows]
            if len(rows) < CHUNK:
                break
            place = (rows[-1]["profile_id"], rows[-1]["entry_no"])


async def browse_messages(
    connection: Connection, key: str, asked: MessageFilter, *, limit: int = 50, cursor: str | None = None
) -> Page:
    """Return the messages of a journey in pages, the latest queued first.

    Raises ParcoursError `unknown_journey`, `bad_cursor`.
    """
    journey_id = await find_journey_id(connection, key)
    place = read_place(cursor, datetime, UUID) or (None, None)
    await limit_time(connection)
    rows = await rows_of(
        connection, "browse_messages",
        {
            "j": journey_id, "version": asked.version, "steps": list(asked.steps) if asked.steps else None,
            "states": list(asked.states) if asked.states else None,
            "reasons": list(asked.reasons) if asked.reasons else None,
            "person": profile_id(asked.user_id) if asked.user_id else None, "at": place[0], "id": place[1],
            "n": limit + 1,
        },
    )  # fmt: skip
    last = rows[limit - 1] if len(rows) > limit else None
    following = write_place(last["queued_at"], last["message_id"]) if last else None
    return Page([_with_version(row) for row in rows[:limit]], following)


async def browse_refusals(
    connection: Connection, key: str, *, reasons: tuple[str, ...] | None = None, user_id: str | None = None,
    limit: int = 50, cursor: str | None = None,
) -> Page:  # fmt: skip
    """Return who was refused by a journey and why, the latest of each person and reason, the newest first.

    Raises ParcoursError `unknown_journey`, `bad_cursor`.
    """
    journey_id = await find_journey_id(connection, key)
    place = read_place(cursor, datetime, UUID, str) or (None, None, None)
    await limit_time(connection)
    rows = await rows_of(
        connection, "browse_refusals",
        {
            "j": journey_id, "reasons": list(reasons) if reasons else None,
            "person": profile_id(user_id) if user_id else None, "at": place[0], "id": place[1],
            "reason": place[2], "n": limit + 1,
        },
    )  # fmt: skip
    last = rows[limit - 1] if len(rows) > limit else None
    following = write_place(last["last_at"], last["profile_id"], last["reason"]) if last else None
    return Page([_refusal(row) for row in rows[:limit]], following)


def _participant(row: Row) -> Row:
    found = _with_version(row)
    del found["bucket"], found["profile_id"]
    return found | {"said": DROPPING_OUT.get(row["reason"] or "")}


def _refusal(row: Row) -> Row:
    found = _with_version(row)
    del found["profile_id"]
    return found | {"said": REFUSING.get(row["reason"])}


def _with_version(row: Row) -> Row:
    found: dict[str, Any] = wire(row)
    found["version"] = found.pop("version_no")
    return found
