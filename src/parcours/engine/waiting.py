"""People who wait to be set free behind a resume, in a unit: frozen until their turn, which is a row of the inbox.

Their `wake_at` stands at the end of time meanwhile, so that they are in nobody's way (docs/decisions/0018).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from psycopg.types.numeric import Int4, Int8

from parcours.domain.fence import FenceVersion
from parcours.domain.identity import FIRST
from parcours.domain.timing import parse_instant

if TYPE_CHECKING:
    from parcours.engine.unit import Unit

__all__ = ["find_waiting", "forget_left", "mark", "part", "set_free", "unmark"]


async def find_waiting(unit: Unit) -> None:
    """Learn of which versions somebody waits here; only a version that was resumed has such people."""
    resumed = [v.version_id for v in unit.result.fence if v.floor is not None and v.version_id in unit.loaded]
    if resumed:
        cursor = await unit.execute("anybody_waits", versions=resumed)
        unit.waiting = {version_id for (version_id,) in await cursor.fetchall()}


async def part(unit: Unit, entry: FenceVersion, rows: str) -> tuple[str, str]:
    """Return the rows of people who wait, and the others."""
    cursor = await unit.execute("part_round", v=Int4(entry.version_id), round=rows)
    waits, others = await cursor.fetchone()
    return waits, others


async def set_free(unit: Unit, ready: list[FenceVersion], rows: str) -> None:
    """Set those free whose turn has come; where their version is paused again, the turn is void."""
    for entry in ready:
        if entry.version_id in unit.waiting and entry.status != "paused":
            given: dict[str, Any] = {"v": Int4(entry.version_id)}
            cursor = await unit.execute("whose_turn", **given, round=rows)
            given["people"], given["at"] = await cursor.fetchone()
            for name in ("free_people", "free_messages", "free_kept", "forget_freed_kept", "forget_freed"):
                await unit.execute(name, **given)


async def forget_left(unit: Unit, batch: int) -> None:
    """Forget those who left while they waited, and what was kept for them."""
    for version_id in unit.waiting:
        given = {"v": Int4(version_id), "batch": Int8(batch), "since": unit.since}
        await unit.execute("forget_left_kept", **given)
        await unit.execute("forget_left", **given)


async def mark(unit: Unit, entry: FenceVersion, chore: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Write down who of the next people waits to be set free; return what is left of the chore."""
    after, limit = chore.get("after", FIRST), unit.limits.task_people
    common = {"v": Int4(entry.version_id), "after": after}
    if "after" not in chore:
        await unit.execute("forget_kept_of_nobody", v=Int4(entry.version_id))
    people, last = await (await unit.execute("next_to_shift", **common, n=Int8(limit))).fetchone()
    if people:
        at = parse_instant(chore["at"])
        steps = list(unit.loaded[entry.version_id].program.message_steps)
        await unit.execute("mark_waiting", **common, last=last, at=at, steps=steps)
        await unit.execute("park_waiting", **common, last=last)
        await unit.execute("park_messages", **common, last=last, at=at)
    return {**chore, "after": last} if people >= limit else None


async def unmark(unit: Unit, entry: FenceVersion, chore: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Let some of those who still wait stand as they stood before; return what is left of the chore."""
    given = {"v": Int4(entry.version_id), "n": Int8(unit.limits.task_people)}
    for name in ("unmark_people", "unmark_messages"):
        await unit.execute(name, **given)
    done = await unit.execute("unmark_rows", **given)
    return chore if done.rowcount >= unit.limits.task_people else None
