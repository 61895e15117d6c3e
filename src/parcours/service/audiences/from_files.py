"""Audiences from files: after `apply`, the members are exactly those that the file names, or its condition decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal

from parcours.domain.check_audience import check_audience
from parcours.domain.errors import ParcoursError
from parcours.domain.journey import Audience
from parcours.domain.parse import parse_audience
from parcours.domain.records import FeedLine
from parcours.domain.serialise import audience_document
from parcours.domain.timing import format_instant
from parcours.service.audiences.conditions import save_condition
from parcours.service.audiences.noting import NAMED, note_audience
from parcours.service.editing.where_used import audience_warnings
from parcours.service.intake.taking import Mode, take
from parcours.service.watch.reports import notify_workers
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["AppliedAudience", "apply_audience", "apply_document", "refuse_condition"]

BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class AppliedAudience:
    """How many members came and went, and how many there are now; None where a condition decides."""

    key: str
    added: int
    removed: int
    members: int | None


async def apply_audience(
    connection: Connection, audience: Audience, *, buckets: int, at: datetime, actor: str, mode: Mode = "state",
    reason: str | None = None,
) -> AppliedAudience:  # fmt: skip
    """Set the members of a static audience, or save a condition, in the caller's transaction.

    Journeys hear of each member that comes or goes. Members without a profile get an empty one (P22). Deleted people
    stay out (P26). What is done is in the audit. Raises ParcoursError `audience_kind_changed`, `audience_cycle`.
    """
    if audience.where is not None:
        await save_condition(connection, audience, at)
        told = {"name": audience.name, "where": audience_document(audience)["where"]}
        await note_audience(
            connection, "save_audience", audience.key, told, at=at, actor=actor, reason=reason
        )
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
    came, went = after - present, present - after
    named = sorted(came | went)
    told = {"name": audience.name} | ({"user_ids": named} if 0 < len(named) <= NAMED else {})
    counts = {"added": len(came), "removed": len(went), "members": len(after)}
    await note_audience(
        connection, "save_members", audience.key, told, at=at, actor=actor, reason=reason, counts=counts
    )
    return AppliedAudience(audience.key, len(came), len(went), len(after))


async def apply_document(
    connection: Connection, document: Mapping[str, Any], *, buckets: int, at: datetime, actor: str,
    reason: str | None = None, dry_run: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Make an audience what a document says, and tell what that means for journeys that use it.

    A dry run does everything and takes it back. Raises ParcoursError with the first problem of the document, and as
    `apply_audience`.
    """
    audience, problems = parse_audience(dict(document))
    wrong = [
        one for one in (*problems, *(check_audience(audience) if audience else ())) if one.severity == "error"
    ]
    if audience is None or wrong:
        raise ParcoursError(wrong[0].code, wrong[0].message, place=wrong[0].place, hint=wrong[0].hint)
    async with connection.transaction(force_rollback=dry_run):
        done = await apply_audience(connection, audience, buckets=buckets, at=at, actor=actor, reason=reason)
        await notify_workers(connection)
        warnings = await audience_warnings(connection, done.key, done.members, done.removed)
    return {
        "audience": done.key,
        **{k: v for k, v in asdict(done).items() if k != "key"},
        "warnings": warnings,
    }


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
