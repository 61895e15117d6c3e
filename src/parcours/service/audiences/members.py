"""Audiences as people look at them: what there is, how many belong, who; another name; gone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from psycopg.rows import dict_row
from psycopg.types.numeric import Int4

from parcours.domain.errors import ParcoursError
from parcours.domain.identity import FIRST
from parcours.domain.journey import Audience
from parcours.domain.parse import parse_audience
from parcours.domain.serialise import audience_document
from parcours.domain.timing import format_instant
from parcours.service.audiences.conditions import note_kept
from parcours.service.audiences.noting import note_audience
from parcours.service.editing.where_used import Found, used_audiences, where_used
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = [
    "AudienceRelations",
    "AudienceShown",
    "Member",
    "MembersPage",
    "delete_audience",
    "every_member",
    "list_audiences",
    "member_chunks",
    "members_page",
    "not_a_condition",
    "read_audience",
    "relations",
    "rename_audience",
    "show_audience",
]

PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class AudienceShown:
    """One audience. `kind` is list or condition; `asked`, of a condition: the share of people asked so far, 1 when done.

    `members` counts those known to belong; while a condition is being asked, those found so far.
    """

    key: str
    name: str
    kind: str
    members: int
    asked: float
    where: Mapping[str, Any] | None
    created_at: datetime

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return {**asdict(self), "created_at": format_instant(self.created_at)}


@dataclass(frozen=True, slots=True)
class AudienceRelations:
    """Who uses an audience, and from the counts of which journeys it was filled."""

    key: str
    used: tuple[Found, ...]
    filled_from: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who belongs, and since when."""

    user_id: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class MembersPage:
    """Some members; `next` continues behind them, None at the end."""

    members: list[Member]
    next: str | None


async def list_audiences(connection: Connection) -> list[AudienceShown]:
    """Return every audience, by key."""
    return await _shown(connection, None)


async def show_audience(connection: Connection, key: str) -> tuple[AudienceShown, list[Found]]:
    """Return an audience and where it is used. Raises ParcoursError `no_such_audience`."""
    found = await _shown(connection, key)
    if not found:
        raise _unknown(key)
    return found[0], await where_used(connection, "audience", key)


async def relations(connection: Connection) -> list[AudienceRelations]:
    """Return for every audience who uses it and where its members came from, by key."""
    row = await (await connection.execute(query("audience_keys"))).fetchone()
    keys: list[str] = row[0] if row and row[0] else []
    used = await used_audiences(connection, keys)
    filled: dict[str, list[str]] = {}
    for key, journey in await (await connection.execute(query("filled_from"))).fetchall():
        filled.setdefault(key, []).append(journey)
    return [AudienceRelations(key, tuple(used.get(key, ())), tuple(filled.get(key, ()))) for key in keys]


async def read_audience(connection: Connection, key: str) -> Audience:
    """Return an audience by condition as it is defined. Raises ParcoursError `no_such_audience`, `not_a_condition`."""
    (shown, _) = await show_audience(connection, key)
    if shown.where is None:
        raise not_a_condition(key)
    audience, _ = parse_audience({"audience": key, "where": shown.where})
    assert audience is not None
    return audience


def not_a_condition(key: str) -> ParcoursError:
    """Return the error where a condition is asked for and the audience is a list."""
    return ParcoursError(
        "not_a_condition", f"the audience {key} is a list of members", hint="Ask for its members instead."
    )


async def members_page(
    connection: Connection, key: str, *, after: str | None = None, limit: int = 100
) -> MembersPage:
    """Return the next members, in a fixed order. `after` is the `next` of the page before.

    Raises ParcoursError `no_such_audience`, `bad_cursor`.
    """
    kind = await _kind(connection, key)
    bucket, person = _place(after)
    rows = await _members(connection, kind, {"key": key, "bucket": bucket, "after": person, "n": limit})
    following = f"{rows[-1][2]}.{rows[-1][3]}" if len(rows) == limit else None
    return MembersPage([Member(row[0], row[1]) for row in rows], following)


async def every_member(connection: Connection, key: str) -> AsyncIterator[Member]:
    """Yield every member. Raises ParcoursError `no_such_audience`."""
    after: str | None = None
    while True:
        page = await members_page(connection, key, after=after, limit=PAGE)
        for member in page.members:
            yield member
        if page.next is None:
            return
        after = page.next


async def member_chunks(
    transaction: Callable[[], AbstractAsyncContextManager[Connection]], key: str
) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield every member in the wire form, a thousand at a time, each in a transaction of its own."""
    after: str | None = None
    while True:
        async with transaction() as connection:
            page = await members_page(connection, key, after=after, limit=PAGE)
        yield [
            {"user_id": one.user_id, "since": None if one.since is None else format_instant(one.since)}
            for one in page.members
        ]
        after = page.next
        if after is None:
            return


async def rename_audience(
    connection: Connection, key: str, name: str, *, at: datetime, actor: str, reason: str | None = None
) -> None:
    """Give an audience another name; the key, by which everything goes, stays. Raises ParcoursError `no_such_audience`."""
    if (await connection.execute(query("rename_audience"), {"key": key, "name": name})).rowcount == 0:
        raise _unknown(key)
    await note_audience(connection, "rename_audience", key, {"name": name}, at=at, actor=actor, reason=reason)


async def delete_audience(
    connection: Connection, key: str, *, at: datetime, actor: str, reason: str | None = None, dry_run: bool = False
) -> AudienceShown:  # fmt: skip
    """Forget an audience that nothing uses, members and all, in the caller's transaction.

    Raises ParcoursError `no_such_audience`, `audience_in_use`.
    """
    await connection.execute(query("lock_audiences"))
    shown, used = await show_audience(connection, key)
    if used:
        places = ", ".join(dict.fromkeys(found.where for found in used[:5]))
        raise ParcoursError(
            "audience_in_use", f"the audience {key} is used by {places}", place=key,
            hint=f"`parcours used audience {key}` names every place; take it out there first.",
        )  # fmt: skip
    if not dry_run:
        await connection.execute(query("drop_audience"), {"key": key})
        for bucket in range(await _buckets(connection)):
            for name in ("drop_members", "drop_belonging", "end_filling"):
                await connection.execute(query(name), {"b": Int4(bucket), "key": key})
        await note_kept(connection)
        gone = {"members": shown.members}
        await note_audience(
            connection, "delete_audience", key, at=at, actor=actor, reason=reason, counts=gone
        )
    return shown


async def _shown(connection: Connection, key: str | None) -> list[AudienceShown]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("audience_rows"), {"key": key})
        rows = await cursor.fetchall()
    asked = await _asked(connection)
    return [
        AudienceShown(
            row["key"], row["name"], "list" if row["definition"] is None else "condition", row["members"],
            asked.get(row["key"], 1.0), _where(row["definition"]), row["created_at"],
        )
        for row in rows
    ]  # fmt: skip


def _where(definition: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The condition as a file writes it."""
    audience = None if definition is None else parse_audience(definition)[0]
    found: Mapping[str, Any] | None = None if audience is None else audience_document(audience).get("where")
    return found


async def _asked(connection: Connection) -> dict[str, float]:
    """The share of people asked, of conditions that everybody is being asked: keys are hashes, so places are shares."""
    places = await (await connection.execute(query("filling_places"))).fetchall()
    if not places:
        return {}
    buckets = await _buckets(connection)
    asked: dict[str, float] = {}
    for key, bucket, after in places:
        here = int(after[:8], 16) * buckets / 2**32 - bucket if after != FIRST else 0.0
        asked[key] = asked.get(key, 1.0) - (1 - min(1.0, max(0.0, here))) / buckets
    return {key: round(max(0.0, share), 3) for key, share in asked.items()}


async def _buckets(connection: Connection) -> int:
    row = await (await connection.execute(query("bucket_count"))).fetchone()
    return int(row[0]) if row else 0


async def _kind(connection: Connection, key: str) -> str:
    row = await (await connection.execute(query("find_audience"), {"key": key})).fetchone()
    if row is None:
        raise _unknown(key)
    return "condition" if row[0] else "list"


async def _members(connection: Connection, kind: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    name = "members_of_list" if kind == "list" else "members_by_condition"
    return await (await connection.execute(query(name), given)).fetchall()


def _place(after: str | None) -> tuple[int, str]:
    if after is None:
        return 0, FIRST
    bucket, _, person = after.partition(".")
    digits = person.replace("-", "")
    if not bucket.isdecimal() or len(bucket) > 6 or len(digits) != 32 or not _is_hex(digits):  # noqa: PLR2004
        raise ParcoursError(
            "bad_cursor", f"{after!r} is not the end of a page", place="after",
            hint="Give what the page before called `next`, or nothing.",
        )  # fmt: skip
    return int(bucket), person


def _is_hex(digits: str) -> bool:
    return all(digit in "0123456789abcdef" for digit in digits)


def _unknown(key: str) -> ParcoursError:
    hint = "`parcours audience list` names those that there are."
    return ParcoursError("no_such_audience", f"there is no audience {key}", place=key, hint=hint)
