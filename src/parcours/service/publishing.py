"""Publish: a draft becomes live, and the version that admitted until now shuts its entry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

from parcours.compiler import compile_journey
from parcours.domain.checks import Known
from parcours.domain.journey import Journey
from parcours.domain.parse import parse_journey
from parcours.domain.problems import Problem, has_errors
from parcours.domain.records import CommandResult
from parcours.service.answering import Order, audit, nothing_to_do
from parcours.service.attachments import read_attachments
from parcours.service.audience_conditions import audience_conditions
from parcours.service.checking import definition_problems
from parcours.service.schedules import plan_schedules
from parcours.service.surroundings import surroundings
from parcours.service.versions import Family, VersionRow, lock_family
from parcours.store.queries import query

__all__ = ["publish"]


async def publish(family: Family, order: Order, at: datetime) -> CommandResult:
    """Put a draft live; refused with `invalid` where its definition has errors."""
    version = family.find(order.version_no) if order.version_no is not None else family.draft
    if version is None:
        return await nothing_to_do(family, order, at, family.published)
    if version.status != "draft":
        return await nothing_to_do(family, order, at, [version])
    known = await surroundings(family.connection, family.journey_id)
    files = await read_attachments(family.connection, version.version_id)
    journey, problems = _definition(version, known, files)
    if journey is None or has_errors(problems):
        first = next(p for p in problems if p.severity == "error")
        result = CommandResult(
            order.journey, version.version_no, "publish", "draft", "draft", await family.counts([version]), "invalid",
            f"the definition has {sum(p.severity == 'error' for p in problems)} errors; the first: {first.place}: "
            f"{first.message} ({first.code})",
            "Run `parcours check FILE` to see all of them.", dry_run=order.dry_run,
        )  # fmt: skip
        if not order.dry_run:
            await audit(family.connection, order, at, result)
        return result
    result = CommandResult(
        order.journey, version.version_no, "publish", "draft", "live", await family.counts([version]),
        dry_run=order.dry_run, changed=(version.version_id,),
    )  # fmt: skip
    if order.dry_run:
        return result
    await family.lock_fences()
    for earlier in family.published:
        if earlier.entry_open:
            await _shut(family, earlier, at)
    await _freeze(family, version, journey, at)
    await family.set_fences(at)
    await audit(family.connection, order, at, result)
    return result


async def _shut(family: Family, version: VersionRow, at: datetime) -> None:
    """Shut the entry of the version that admitted until now; its people stay in it (P45)."""
    if version.status == "paused":
        await family.set_status(version, "paused", entry_open=False, at=at, pause=version.pause)
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


def _definition(
    version: VersionRow, known: Known, files: Mapping[str, bytes]
) -> tuple[Journey | None, list[Problem]]:
    journey, problems = parse_journey(version.definition, templates=version.templates)
    if journey is not None:
        journey = replace(journey, attachments=files)
        problems = [*problems, *definition_problems(journey, known)]
    return journey, problems
