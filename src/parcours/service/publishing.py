"""Publish: a draft becomes live, and the version that admitted until now shuts its entry."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Literal

from parcours.compiler import compile_journey
from parcours.domain.choices import Choices
from parcours.domain.journey import Journey
from parcours.domain.records import CommandResult
from parcours.service.answering import Order, audit, nothing_to_do
from parcours.service.audience_conditions import audience_conditions
from parcours.service.checking import check_version, refused_as_invalid
from parcours.service.schedules import plan_schedules
from parcours.service.versions import Family, VersionRow, lock_family
from parcours.store.queries import query

__all__ = ["publish", "put_live"]


async def publish(family: Family, order: Order, at: datetime) -> CommandResult:
    """Put a draft live; refused with `invalid` where its definition has errors."""
    version = family.find(order.version_no) if order.version_no is not None else family.draft
    if version is None:
        return await nothing_to_do(family, order, at, family.published)
    if version.status != "draft":
        return await nothing_to_do(family, order, at, [version])
    checked = await check_version(family.connection, version)
    journey = checked.journey
    result = CommandResult(
        order.journey, version.version_no, "publish", "draft", "live", await family.counts([version]),
        dry_run=order.dry_run, changed=(version.version_id,),
    )  # fmt: skip
    if journey is None or checked.errors:
        result = refused_as_invalid(result, checked.problems)
        if not order.dry_run:
            await audit(family.connection, order, at, result)
        return result
    if order.dry_run:
        return result
    await put_live(family, version, journey, at)
    await audit(family.connection, order, at, result)
    return result


async def put_live(family: Family, version: VersionRow, journey: Journey, at: datetime) -> None:
    """Make a draft live: the version that admitted until now shuts its entry, everything planned is planned anew."""
    await family.lock_fences()
    for earlier in family.published:
        if earlier.entry_open:
            await _shut(family, earlier, at)
    await _freeze(family, version, journey, at)
    await family.set_fences(at)


async def _shut(family: Family, version: VersionRow, at: datetime) -> None:
    """Shut the entry of the version that admitted until now; its people stay in it (P45)."""
    if version.status == "paused":
        choices = Choices.from_json(version.pause)
        await family.set_status(version, "paused", entry_open=False, at=at, pause=choices)
    else:
        status: Literal["closed", "finished"] = (
            "closed" if await family.anybody_inside(version) else "finished"
        )
        await family.set_status(version, status, entry_open=False, at=at)


async def _freeze(family: Family, version: VersionRow, journey: Journey, at: datetime) -> None:
    connection, version_id = family.connection, version.version_id
    program = compile_journey(journey, version.version_no, await audience_conditions(connection))
    await connection.execute(
        query("publish_version"),
        {
            "v": version_id, "program": json.dumps(program.as_json()), "fingerprint": program.fingerprint(), "at": at,
            "starts_at": journey.entry.start, "ends_at": journey.entry.end,
        },
    )  # fmt: skip
    pairs = [{"kind": kind, "name": name} for kind, name in program.listeners]
    await connection.execute(query("add_listener"), {"j": family.journey_id, "rows": json.dumps(pairs)})
    if journey.entry.start is not None and journey.entry.start > at:
        given = {"v": version_id, "at": journey.entry.start, "command": "open"}
        await connection.execute(query("schedule_command"), given)
    if journey.entry.end is not None:
        given = {"v": version_id, "at": journey.entry.end, "command": journey.entry.at_end}
        await connection.execute(query("schedule_command"), given)
    gated = journey.entry.cap is not None or journey.entry.rate is not None
    limits = {"cap": journey.entry.cap, "rate": journey.entry.rate} if gated else {}
    await connection.execute(
        query("set_gate" if gated else "lift_gate"), {"j": family.journey_id, "v": version_id, **limits}
    )
    await plan_schedules(connection, version_id, journey, at)
    fresh = await lock_family(connection, family.key)
    family.versions = fresh.versions
