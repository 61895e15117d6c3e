"""Publish: a draft becomes live, and the version that admitted until now shuts its entry."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from parcours.compiler import compile_journey
from parcours.domain.choices import Choices
from parcours.domain.errors import ParcoursError
from parcours.domain.fence import Task
from parcours.domain.journey import Journey
from parcours.domain.records import CommandResult
from parcours.service.access.approval import second_person
from parcours.service.audiences.conditions import audience_conditions
from parcours.service.commands.answering import Order, audit, nothing_to_do, refused
from parcours.service.commands.backfilling import Backfill, begin_backfill, read_backfill
from parcours.service.commands.moving import Move, empty_into, moves_people, plan_move
from parcours.service.commands.pausing import chores_of_move
from parcours.service.commands.schedules import plan_schedules
from parcours.service.commands.versions import Family, VersionRow, lock_family
from parcours.service.editing.checking import check_version, refused_as_invalid
from parcours.service.editing.senders import keep_senders
from parcours.store.queries import query

__all__ = ["publish", "put_live", "resume_with_changes"]


async def publish(family: Family, order: Order, at: datetime) -> CommandResult:
    """Put a draft live; refused with `invalid` where its definition has errors."""
    version = family.find(order.version_no) if order.version_no is not None else family.draft
    if version is None:
        return await nothing_to_do(family, order, at, family.published)
    if version.status != "draft":
        return await nothing_to_do(family, order, at, [version])
    moves = moves_people(order.options)
    if family.transferring:
        return await refused(family, order, at, version, "still_settling")
    checked = await check_version(family.connection, version)
    journey = checked.journey
    asked = order.options.get("backfill")
    backfill = None
    if journey is not None and not checked.errors:
        backfill = await read_backfill(family, version, journey, asked, at)
        if moves:
            return await _publish_and_move(family, order, at, (version, journey), backfill)
    result = CommandResult(
        order.journey, version.version_no, order.command, "draft", "live",
        _with_backfill(await family.counts([version]), backfill), dry_run=order.dry_run, changed=(version.version_id,),
    )  # fmt: skip
    if journey is None or checked.errors:
        result = refused_as_invalid(result, checked.problems)
        if not order.dry_run:
            await audit(family.connection, order, at, result)
        return result
    order, alone = await _by_two(family, version, order, at)
    if alone is not None:
        result = _refused(result, alone)
    if order.dry_run:
        return result
    if alone is None:
        await put_live(family, version, journey, at, backfill=backfill)
    await audit(family.connection, order, at, result)
    return result


async def resume_with_changes(family: Family, order: Order, at: datetime) -> CommandResult:
    """Publish the draft of a paused journey and move everybody to it, in one command."""
    paused = [version for version in family.published if version.status == "paused"]
    if not paused:
        return await nothing_to_do(family, order, at, family.published or family.versions)
    if family.draft is None:
        return await refused(family, order, at, paused[-1], "no_draft")
    options: dict[str, Any] = {"people": "move"}
    options |= {name: value for name, value in order.options.items() if name in ("answers", "backfill")}
    return await publish(family, replace(order, version_no=None, options=options), at)


async def _publish_and_move(
    family: Family, order: Order, at: datetime, draft: tuple[VersionRow, Journey], backfill: Backfill | None
) -> CommandResult:
    """Put a draft live and let the people of all former versions go over to it, where nothing stands in the way."""
    version, journey = draft
    if not order.dry_run:
        await family.lock_fences()  # from here on nobody comes to another step
    move = await plan_move(family, journey, order.options.get("answers"))
    blocked = move.refusal(journey)
    counts = _with_backfill(await family.counts(list(move.sources) or [version]), backfill)
    result = CommandResult(
        order.journey, version.version_no, order.command, "draft", "live",
        counts, dry_run=order.dry_run, changed=(version.version_id,),
    )  # fmt: skip
    if blocked is None:
        order, blocked = await _by_two(family, version, order, at)
    if blocked is not None:
        result = _refused(result, blocked)
    elif not order.dry_run:
        await put_live(family, version, journey, at, move=move, backfill=backfill)
    if not order.dry_run:
        await audit(family.connection, order, at, result)
    return result


async def put_live(
    family: Family, version: VersionRow, journey: Journey, at: datetime, *, move: Move | None = None,
    backfill: Backfill | None = None,
) -> None:  # fmt: skip
    """Make a draft live: the version that admitted until now shuts its entry, everything planned is planned anew.

    With `move` the people of former versions are taken over, in sets, from the commit on; with `backfill` people are
    suggested by events of the past.
    """
    await family.lock_fences()
    tasks: dict[int, Task] = {}
    chores: dict[int, list[dict[str, Any]]] = {}
    if move is not None:
        for source in move.sources:
            chores[source.version_id] = await chores_of_move(family.connection, source, at)
        tasks = await empty_into(family, move, at)
    for earlier in family.published:
        if earlier.entry_open:
            await _shut(family, earlier, at)
    await _freeze(family, version, journey, at, move, with_backfill=backfill is not None)
    await family.set_fences(at, tasks, chores)
    if backfill is not None:
        await begin_backfill(family, version, backfill, at)


async def _by_two(
    family: Family, version: VersionRow, order: Order, at: datetime
) -> tuple[Order, ParcoursError | None]:
    """Return the order as the audit keeps it, and what stands in its way where it takes two to publish."""
    answer = await second_person(
        family.connection, version.version_id, family.journey_id, order.options, at=at, actor=order.actor,
        reason=order.reason, dry_run=order.dry_run,
    )  # fmt: skip
    if isinstance(answer, ParcoursError):
        return order, answer
    if answer.asked_by is None:
        return order, None
    return replace(order, options={**order.options, "asked_by": answer.asked_by}), None


def _refused(result: CommandResult, error: ParcoursError) -> CommandResult:
    return replace(
        result, to_status="draft", refused=error.code, message=error.message, hint=error.hint, changed=()
    )


def _with_backfill(counts: dict[str, int], backfill: Backfill | None) -> dict[str, int]:
    return counts if backfill is None else {**counts, "backfill": backfill.suggestions}


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


async def _freeze(
    family: Family,
    version: VersionRow,
    journey: Journey,
    at: datetime,
    move: Move | None,
    *,
    with_backfill: bool,
) -> None:
    connection, version_id = family.connection, version.version_id
    await keep_senders(connection, version, journey)
    answers = None if move is None else move.answers
    program = compile_journey(journey, version.version_no, await audience_conditions(connection), answers,
                              with_backfill=with_backfill)  # fmt: skip
    await connection.execute(
        query("publish_version"),
        {
            "v": version_id, "program": json.dumps(program.as_json()), "fingerprint": program.fingerprint(), "at": at,
            "starts_at": journey.entry.start, "ends_at": journey.entry.end,
            "released_at": at if move is not None else None,  # what was due in the pause before is done now
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
    limits: dict[str, Any] = {}
    if gated:
        # Who waited for the version before goes from now on, whatever the rate (P65).
        rate = journey.entry.rate
        last = at - timedelta(seconds=1 / rate) if rate is not None else None
        limits = {"cap": journey.entry.cap, "rate": rate, "last": last}
    await connection.execute(
        query("set_gate" if gated else "lift_gate"), {"j": family.journey_id, "v": version_id, **limits}
    )
    await plan_schedules(connection, version_id, journey, at)
    fresh = await lock_family(connection, family.key)
    family.versions = fresh.versions
