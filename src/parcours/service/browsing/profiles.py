"""People themselves: found by key or by what they are called, with attributes, audiences, events, passages, messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from parcours.domain.errors import ParcoursError
from parcours.domain.identity import bucket_of, profile_id
from parcours.service.browsing.paging import (
    Page,
    Row,
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
    "ProfileFilter",
    "browse_events",
    "browse_passages",
    "browse_person_messages",
    "browse_profiles",
    "show_profile",
]


@dataclass(frozen=True, slots=True)
class ProfileFilter:
    """Which people are asked for. `search` is a part of user_id, email, phone or a name; `audience` any one."""

    search: str | None = None
    audience: str | None = None
    deleted: bool = False


async def browse_profiles(
    connection: Connection, asked: ProfileFilter, *, buckets: int, limit: int = 50, cursor: str | None = None
) -> Page:
    """Return people in pages, in no order that means anything; whose user_id is what is searched for goes first.

    A search looks at people one after the other. Raises ParcoursError `bad_cursor`.
    """
    await limit_time(connection)
    found: list[Row] = []
    exact: UUID | None = None
    if asked.search:
        exact = profile_id(asked.search)
        if cursor is None and asked.audience is None:
            row = await _profile(connection, asked.search, buckets)
            if row is not None and (asked.deleted or row["deleted_at"] is None):
                found.append(row)
    bucket, after = read_place(cursor, int, UUID) or (0, uuid_at(last=False))
    given = {"deleted": asked.deleted, "audience": asked.audience or None, "search": asked.search or None}
    walk = "walk_members" if asked.audience else "walk_profiles"
    for (number,) in await (await connection.execute(query("journey_buckets"))).fetchall():
        if number < bucket:
            continue
        place = after if number == bucket else uuid_at(last=False)
        room = limit + 1 - len(found)
        rows = await rows_of(connection, walk, {**given, "b": number, "p": place, "n": room + 1})
        found += [
            {**row, "bucket": number}
            for row in rows
            if row["profile_id"] != exact or asked.audience is not None
        ][:room]
        if len(found) > limit:
            break
    last = found[limit - 1] if len(found) > limit else None
    following = None
    if last is not None:
        # The one that was found by its key stands before all others.
        following = (
            write_place(last["bucket"], last["profile_id"])
            if "bucket" in last
            else write_place(0, uuid_at(last=False))
        )
    return Page([_as_wire(row) for row in found[:limit]], following)


async def show_profile(connection: Connection, user_id: str, *, buckets: int) -> Row:
    """Return one person with audiences. Raises ParcoursError `unknown_person`."""
    row = await _profile(connection, user_id, buckets)
    if row is None:
        raise _unknown(user_id)
    audiences = await rows_of(connection, "browse_memberships", _key(user_id, buckets))
    return _as_wire(row) | {"audiences": [wire(one) for one in audiences]}


async def browse_events(
    connection: Connection, user_id: str, *, buckets: int, name: str | None = None, limit: int = 50,
    cursor: str | None = None,
) -> Page:  # fmt: skip
    """Return what a person has done, the latest first. Raises ParcoursError `bad_cursor`."""
    at, number = read_place(cursor, datetime, int) or (None, None)
    given = {**_key(user_id, buckets), "name": name, "at": at, "feed_no": number, "n": limit + 1}
    rows = await rows_of(connection, "browse_person_events", given)
    last = rows[limit - 1] if len(rows) > limit else None
    following = write_place(last["happened_at"], last["feed_no"]) if last else None
    return Page([wire({k: v for k, v in row.items() if k != "feed_no"}) for row in rows[:limit]], following)


async def browse_passages(
    connection: Connection, user_id: str, *, buckets: int, limit: int = 200
) -> list[Row]:
    """Return the passages of a person through all journeys, the latest first."""
    rows = await rows_of(connection, "browse_passages", {**_key(user_id, buckets), "n": limit})
    return [_with_version(row) for row in rows]


async def browse_person_messages(
    connection: Connection, user_id: str, *, buckets: int, limit: int = 200
) -> list[Row]:
    """Return the messages of all journeys to a person, the latest first."""
    rows = await rows_of(connection, "browse_person_messages", {**_key(user_id, buckets), "n": limit})
    return [wire(row) for row in rows]


async def _profile(connection: Connection, user_id: str, buckets: int) -> Row | None:
    return next(iter(await rows_of(connection, "browse_profile", _key(user_id, buckets))), None)


def _key(user_id: str, buckets: int) -> dict[str, Any]:
    person = profile_id(user_id)
    return {"b": bucket_of(person, buckets), "p": person}


def _as_wire(row: Row) -> Row:
    return wire({name: value for name, value in row.items() if name not in ("bucket", "profile_id")})


def _with_version(row: Row) -> Row:
    found = wire(row)
    found["version"] = found.pop("version_no")
    return found


def _unknown(user_id: str) -> ParcoursError:
    return ParcoursError(
        "unknown_person", f"no person {user_id} is known", hint="`parcours import FILE` makes people known."
    )
