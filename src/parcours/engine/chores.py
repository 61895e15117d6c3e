"""Chores in a unit: what a command left to be written down in sets before its task, and what outlives commands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from psycopg.types.numeric import Int4, Int8

from parcours.domain.fence import FenceVersion
from parcours.domain.identity import FIRST
from parcours.domain.journey import Journey, Wait, WaitFor
from parcours.domain.timing import parse_instant
from parcours.engine.waiting import mark, unmark

if TYPE_CHECKING:
    from parcours.engine.unit import Unit

__all__ = ["do_chores"]


async def do_chores(unit: Unit, entry: FenceVersion) -> FenceVersion:
    """Do a part of each chore, one behind the other, until one has more to do; return the version with what is left."""
    left = list(entry.chores)
    while left:
        rest = await _do(unit, entry, left[0])
        left[:1] = [rest] if rest is not None else []
        if rest is not None:
            unit.result.more = True
            break
    if left != list(entry.chores):
        await unit.execute("end_chores", v=Int4(entry.version_id), chores=json.dumps(left))
    return replace(entry, chores=tuple(left))


async def _do(unit: Unit, entry: FenceVersion, chore: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Do a part of a chore; return what is left of it, None where it is done."""
    limit = unit.limits.task_people
    common = {"v": Int4(entry.version_id), "n": Int8(limit)}
    if chore["do"] == "park":
        parked = await unit.execute("park_queue", **common, at=parse_instant(chore["at"]))
        return chore if parked.rowcount >= limit else None
    if chore["do"] == "unpark":
        queued = await unit.execute("unpark_queue", **common)
        return chore if queued.rowcount >= limit else None
    if chore["do"] == "shift":
        return await _shift(unit, entry, chore)
    if chore["do"] == "mark":
        return await mark(unit, entry, chore)
    if chore["do"] == "unmark":
        return await unmark(unit, entry, chore)
    raise ValueError(f"a chore {chore['do']}")


async def _shift(unit: Unit, entry: FenceVersion, chore: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Move the deadlines of the next people by the length of a pause; the place behind them is kept with it."""
    after = chore.get("after", FIRST)
    limit = unit.limits.task_people
    common = {"v": Int4(entry.version_id), "after": after}
    people, last = await (await unit.execute("next_to_shift", **common, n=Int8(limit))).fetchone()
    if people:
        journey = unit.loaded[entry.version_id].journey
        await unit.execute(
            "shift_deadlines", **common, last=last, since=parse_instant(chore["since"]),
            by=timedelta(microseconds=chore["by"]), steps=_with_durations(journey), lifetime=journey.lifetime,
        )  # fmt: skip
    return {**chore, "after": last} if people >= limit else None


def _with_durations(journey: Journey) -> list[str]:
    """Return the steps whose deadline is a duration or a time-out: dates never move."""
    return [
        step.id
        for step in journey.steps.values()
        if (isinstance(step, Wait) and step.duration is not None)
        or (isinstance(step, WaitFor) and step.timeout is not None)
    ]
