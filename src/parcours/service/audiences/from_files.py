"""Audiences from files: after `apply`, the members are exactly those that the file names, or its condition decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from parcours.domain.errors import ParcoursError
from parcours.domain.journey import Audience
from parcours.domain.records import FeedLine
from parcours.domain.timing import format_instant
from parcours.service.audiences.conditions import save_condition
from parcours.service.intake.taking import Mode, take
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["AppliedAudience", "apply_audience", "refuse_condition"]

BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class AppliedAudience:
    """How many members came and went, and how many there are now; None where a condition decides."""

    key: str
    added: int
    removed: int
    members: int | None


async def apply_audience(
    connection: Connection, audience: Audience, *, buckets: int, at: datetime, mode: Mode = "state"
) -> AppliedAudience:
    """Set the members of a static audience, or save a condition, in the caller's transaction.

    Journeys hear of each member that comes or goes. Members without a profile get an empty one (P22). Deleted people
    stay out (P26). Raises ParcoursError `audience_kind_changed`, `audience_cycle`.
    """
    if audience.where is not None:
        await save_condition(connection, audience, at)
        return AppliedAudience(audience.key, 0, 0, None)
    await refuse_condition(connection, audience.key)
    given = {"key": audience.key, "name": audience.name, "at": at}
    await connection.execute(query("save_audience"), given)
    present = await _members(connection, audience.key)
    wanted = set(audience.members)
    coming, going = sorted(wanted - present), sorted(present - wanted)
    lines = [*_lines(audience.key, coming, "add", at), *_lines(audience.key, going, "remove", at)]
    for first in range(0, len(lines), BATCH):
        batch = lines[first : first + BATCH]
        await take(connection, batch, buckets=buckets, received_at=at, mode=mode)
    after = await _members(connection, audience.key)
    return AppliedAudience(audience.key, len(after - present), len(present - after), len(after))


async def refuse_condition(connection: Connection, key: str) -> None:
    """Raise ParcoursError `audience_kind_changed` where the audience has a condition, which decides who belongs."""
    row = await (await connection.execute(query("find_audience"), {"key": key})).fetchone()
    if row is not None and row[0]:
        raise ParcoursError(
            "audience_kind_changed", f"the audience {key} has a condition", place="members",
            hint="Give the list of members a key of its own.",
        )  # fmt: skip


async def _members(connection: Connection, key: str) -> set[str]:
    cursor = await connection.execute(query("audience_members"), {"key": key})
    return {user_id async for (user_id,) in cursor}


def _lines(key: str, people: Sequence[str], op: Literal["add", "remove"], at: datetime) -> list[FeedLine]:
    stamp = format_instant(at)
    return [
        FeedLine("audience", user_id, at, f"apply {key} {op} {user_id} {stamp}", name=key, op=op)
        for user_id in people
    ]
