"""People added to a journey, or taken out of it, by hand: one transaction, one line in the audit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from parcours.domain.identity import bucket_of, profile_id
from parcours.domain.records import CommandResult
from parcours.domain.refusals import refusal
from parcours.service.intake import add_people, remove_people
from parcours.service.versions import Family, lock_family
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Change", "PeopleChanged", "change_people"]

Change: TypeAlias = Literal["add_people", "remove_people"]


@dataclass(frozen=True, slots=True)
class PeopleChanged:
    """What was done, and the people it could not be done for, by user_id."""

    result: CommandResult
    unknown: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()  # asked to be removed and not inside


async def change_people(
    connection: Connection,
    key: str,
    user_ids: Sequence[str],
    change: Change,
    *,
    buckets: int,
    at: datetime,
    version_no: int | None = None,
    actor: str = "cli",
    reason: str | None = None,
    dry_run: bool = False,
) -> PeopleChanged:
    """Suggest people to a journey, or take out those who are inside (of one version, where it is named).

    Who was suggested is admitted or refused by the engine, a moment later. Refused with `not_published` where
    there is only a draft. Raises ParcoursError `unknown_journey`, `unknown_version`.
    """
    family = await lock_family(connection, key)
    if version_no is not None:
        family.find(version_no)
    newest = (family.published or family.versions)[-1]
    if newest.status == "draft":
        error = refusal("not_published")
        words = (error.code, error.message, error.hint)
        result = CommandResult(key, newest.version_no, change, "draft", "draft", {}, *words, dry_run=dry_run)
        if not dry_run:
            await _audit(connection, result, at, actor, reason)
        return PeopleChanged(result)
    known = await _known(connection, user_ids, buckets)
    unknown = tuple(user_id for user_id in user_ids if user_id not in known)
    outside: tuple[str, ...] = ()
    if change == "add_people":
        concerned = [user_id for user_id in user_ids if user_id in known]
        counts = {"added": len(concerned), "unknown": len(unknown)}
    else:
        inside = await _inside(family, user_ids, buckets, version_no)
        concerned = list(inside)
        outside = tuple(user_id for user_id in user_ids if user_id in known and user_id not in inside)
        counts = {"removed": len(concerned), "outside": len(outside), "unknown": len(unknown)}
    result = CommandResult(
        key, version_no or newest.version_no, change, newest.status, newest.status, counts, dry_run=dry_run
    )
    if not dry_run:
        if change == "add_people":
            await add_people(connection, key, concerned, buckets=buckets, at=at)
        else:
            data = {"version": version_no}
            await remove_people(connection, key, concerned, buckets=buckets, at=at, data=data)
        await _audit(connection, result, at, actor, reason)
    return PeopleChanged(result, unknown, outside)


async def _known(connection: Connection, user_ids: Sequence[str], buckets: int) -> set[str]:
    cursor = await connection.execute(query("people_known"), {"rows": _rows(user_ids, buckets)})
    return {user_id async for (user_id,) in cursor}


async def _inside(
    family: Family, user_ids: Sequence[str], buckets: int, version_no: int | None
) -> dict[str, None]:
    """Return who is inside, each once, in the order given."""
    given = {"rows": _rows(user_ids, buckets), "j": family.journey_id}
    version_id = family.find(version_no).version_id if version_no is not None else None
    cursor = await family.connection.execute(query("people_inside"), given)
    found = {user_id async for user_id, inside in cursor if version_id in (None, inside)}
    return {user_id: None for user_id in user_ids if user_id in found}


def _rows(user_ids: Sequence[str], buckets: int) -> str:
    rows: list[dict[str, Any]] = []
    for user_id in dict.fromkeys(user_ids):
        person = profile_id(user_id)
        rows.append({"bucket": bucket_of(person, buckets), "profile_id": str(person), "user_id": user_id})
    return json.dumps(rows)


async def _audit(
    connection: Connection, result: CommandResult, at: datetime, actor: str, reason: str | None
) -> None:
    given = {
        "at": at, "actor": actor, "key": result.journey, "version_no": result.version,
        "command": result.command, "options": "{}", "reason": reason, "from_status": result.from_status, "to_status": result.to_status,
        "refused": result.refused, "counts": json.dumps(dict(result.counts)),
    }  # fmt: skip
    await connection.execute(query("write_audit"), given)
