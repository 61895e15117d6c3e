"""Audiences saved and changed from outside: a condition or a list by its key, people added and taken out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from parcours.domain.errors import ParcoursError
from parcours.domain.parse import parse_audience
from parcours.domain.records import FeedLine
from parcours.domain.timing import format_instant
from parcours.service.audiences.conditions import save_condition
from parcours.service.audiences.from_files import refuse_condition
from parcours.service.audiences.members import AudienceShown, show_audience
from parcours.service.audiences.noting import note_audience, note_members
from parcours.service.intake.feed import feed_line
from parcours.service.intake.taking import take
from parcours.service.watch.reports import notify_workers
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["MOST", "MembersChanged", "change_members", "save_audience"]

MOST: Final = 10_000  # people in one change


@dataclass(frozen=True, slots=True)
class MembersChanged:
    """How many came and went; `bad` are those who could not be taken, with place, code and message."""

    added: int
    removed: int
    bad: tuple[dict[str, str], ...] = ()


async def save_audience(
    connection: Connection, key: str, name: str, where: Mapping[str, Any] | None, *, at: datetime, actor: str,
    reason: str | None = None,
) -> AudienceShown:  # fmt: skip
    """Save an audience by condition, or make a list that is empty or as it was; the caller's transaction.

    Raises ParcoursError with the first problem of the definition, `audience_kind_changed`, `audience_cycle`.
    """
    document: dict[str, Any] = {"audience": key, "name": name}
    document["members" if where is None else "where"] = [] if where is None else where
    audience, problems = parse_audience(document)
    wrong = [problem for problem in problems if problem.severity == "error"]
    if audience is None or wrong:
        first = wrong[0]
        raise ParcoursError(first.code, first.message, place=first.place, hint=first.hint)
    if audience.where is not None:
        await save_condition(connection, audience, at)
    else:
        await refuse_condition(connection, key)
        await connection.execute(query("create_audience"), {"rows": json.dumps([{"name": key}]), "at": at})
        if name:
            await connection.execute(query("rename_audience"), {"key": key, "name": name})
    await notify_workers(connection)
    told = {"name": name} | ({} if where is None else {"where": dict(where)})
    await note_audience(connection, "save_audience", key, told, at=at, actor=actor, reason=reason)
    return (await show_audience(connection, key))[0]


async def change_members(
    connection: Connection, key: str, *, add: Sequence[str], remove: Sequence[str], buckets: int, at: datetime,
    actor: str, reason: str | None = None,
) -> MembersChanged:  # fmt: skip
    """Add people to a list, made where it is new, and take others out; journeys hear of it. The caller's transaction.

    Raises ParcoursError `audience_kind_changed`, and what is wrong with the key.
    """
    await refuse_condition(connection, key)
    _, problems = parse_audience({"audience": key, "members": []})
    if problems:
        raise ParcoursError(
            problems[0].code, problems[0].message, place=problems[0].place, hint=problems[0].hint
        )
    bad: list[dict[str, str]] = []
    lines = [*_lines(key, add, "add", at, bad), *_lines(key, remove, "remove", at, bad)]
    before = await _count(connection, key, add)
    there = await _count(connection, key, remove)
    await take(connection, lines, buckets=buckets, received_at=at, mode="state")
    after = await _count(connection, key, add)
    left = await _count(connection, key, remove)
    await notify_workers(connection)
    done = MembersChanged(max(0, after - before), max(0, there - left), tuple(bad))
    counted: tuple[tuple[Literal["add", "remove"], Sequence[str], int], ...] = (
        ("add", add, done.added), ("remove", remove, done.removed)
    )  # fmt: skip
    for op, people, n in counted:
        if people:
            await note_members(connection, op, key, people, n, at=at, actor=actor, reason=reason)
    return done


def _lines(
    key: str, people: Sequence[str], op: Literal["add", "remove"], at: datetime, bad: list[dict[str, str]]
) -> list[FeedLine]:
    found = []
    stamp = format_instant(at)
    for number, user_id in enumerate(dict.fromkeys(people)):
        line = {
            "type": "audience",
            "audience": key,
            "op": op,
            "userId": user_id,
            "messageId": f"{key} {op} {user_id} {stamp}",
        }
        try:
            found.append(feed_line(line, f"{op}[{number}]", number))
        except ParcoursError as error:
            bad.append({"place": error.place, "code": error.code, "message": error.message})
    return found


async def _count(connection: Connection, key: str, people: Sequence[str]) -> int:
    given = {"key": key, "people": list(dict.fromkeys(people))}
    row = await (await connection.execute(query("count_those"), given)).fetchone()
    return int(row[0]) if row else 0
