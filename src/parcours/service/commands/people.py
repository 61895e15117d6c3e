"""People added to a journey, or taken out of it, by hand: one transaction, one line in the audit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias

from parcours.domain.identity import bucket_of, profile_id
from parcours.domain.records import CommandResult
from parcours.domain.refusals import refusal
from parcours.service.commands.trail import record
from parcours.service.commands.versions import Family, VersionRow, lock_family
from parcours.service.intake.taking import add_people, remove_people
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Change", "PeopleChanged", "PeopleOrder", "change_people"]

Change: TypeAlias = Literal["add_people", "remove_people"]


@dataclass(frozen=True, slots=True)
class PeopleOrder:
    """Who is to be suggested to a journey, or taken out of it (of one version, where it is named)."""

    journey: str
    change: Change
    user_ids: tuple[str, ...]
    version_no: int | None = None
    reason: str | None = None
    actor: str = "cli"
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class PeopleChanged:
    """What was done, and the people it could not be done for, by user_id."""

    result: CommandResult
    unknown: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()  # asked to be removed and not inside


async def change_people(
    connection: Connection, order: PeopleOrder, *, buckets: int, at: datetime
) -> PeopleChanged:
    """Carry out the order in the caller's transaction; with `dry_run` only say what it would do.

    Who was suggested is admitted or refused by the engine, a moment later. Refused with `not_published` where
    there is only a draft. Raises ParcoursError `unknown_journey`, `unknown_version`.
    """
    family = await lock_family(connection, order.journey)
    asked = family.find(order.version_no) if order.version_no is not None else None
    version = asked or (family.published or family.versions)[-1]
    if not family.published:
        changed = _refused(order, version)
    elif order.change == "add_people":
        changed = await _add(family, order, version, buckets, at)
    else:
        changed = await _remove(family, order, version, buckets, at)
    if not order.dry_run:
        await _audit(connection, order, changed.result, at)
    return changed


def _refused(order: PeopleOrder, version: VersionRow) -> PeopleChanged:
    error = refusal("not_published")
    answer = _answer(order, version, {})
    return PeopleChanged(replace(answer, refused=error.code, message=error.message, hint=error.hint))


async def _add(
    family: Family, order: PeopleOrder, version: VersionRow, buckets: int, at: datetime
) -> PeopleChanged:
    known = await _known(family.connection, order.user_ids, buckets)
    coming = [user_id for user_id in order.user_ids if user_id in known]
    unknown = tuple(user_id for user_id in order.user_ids if user_id not in known)
    if not order.dry_run:
        await add_people(family.connection, order.journey, coming, buckets=buckets, at=at)
    counts = {"added": len(coming), "unknown": len(unknown)}
    return PeopleChanged(_answer(order, version, counts), unknown)


async def _remove(
    family: Family, order: PeopleOrder, version: VersionRow, buckets: int, at: datetime
) -> PeopleChanged:
    known = await _known(family.connection, order.user_ids, buckets)
    inside = await _inside(family, order, buckets)
    names = tuple(dict.fromkeys(order.user_ids))
    going = [user_id for user_id in names if user_id in inside]
    outside = tuple(user_id for user_id in names if user_id in known - inside)
    unknown = tuple(user_id for user_id in names if user_id not in known)
    if not order.dry_run:
        data = {"version": order.version_no}
        await remove_people(family.connection, order.journey, going, buckets=buckets, at=at, data=data)
    counts = {"removed": len(going), "outside": len(outside), "unknown": len(unknown)}
    return PeopleChanged(_answer(order, version, counts), unknown, outside)


def _answer(order: PeopleOrder, version: VersionRow, counts: dict[str, int]) -> CommandResult:
    status = version.status
    return CommandResult(
        order.journey, version.version_no, order.change, status, status, counts, dry_run=order.dry_run
    )


async def _known(connection: Connection, user_ids: Sequence[str], buckets: int) -> set[str]:
    cursor = await connection.execute(query("people_known"), {"rows": _rows(user_ids, buckets)})
    return {user_id async for (user_id,) in cursor}


async def _inside(family: Family, order: PeopleOrder, buckets: int) -> set[str]:
    given = {"rows": _rows(order.user_ids, buckets), "j": family.journey_id}
    asked = family.find(order.version_no).version_id if order.version_no is not None else None
    cursor = await family.connection.execute(query("people_inside"), given)
    return {user_id async for user_id, version_id in cursor if asked in (None, version_id)}


def _rows(user_ids: Sequence[str], buckets: int) -> str:
    rows: list[dict[str, Any]] = []
    for user_id in dict.fromkeys(user_ids):
        person = profile_id(user_id)
        rows.append({"bucket": bucket_of(person, buckets), "profile_id": str(person), "user_id": user_id})
    return json.dumps(rows)


async def _audit(connection: Connection, order: PeopleOrder, result: CommandResult, at: datetime) -> None:
    await record(
        connection, at, actor=order.actor, key=order.journey, command=order.change, version_no=result.version,
        reason=order.reason, from_status=result.from_status, to_status=result.to_status, refused=result.refused,
        counts=result.counts,
    )  # fmt: skip
