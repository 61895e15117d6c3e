"""Chores in a unit: what a command left to be written down in sets before its task, and what outlives commands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from psycopg.types.numeric import Int4, Int8

from parcours.domain.fence import FenceVersion
from parcours.domain.timing import parse_instant

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
    raise ValueError(f"a chore {chore['do']}")
