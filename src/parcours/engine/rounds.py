"""Inbox rounds: the oldest row of each of some people, applied to everybody whom it concerns, then forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.types.numeric import Int8

from parcours.domain.fence import FenceVersion
from parcours.domain.identity import FIRST
from parcours.engine.admission import SUGGESTING, admit
from parcours.engine.counted import same
from parcours.engine.held import hold_back
from parcours.engine.waiting import part, set_free

if TYPE_CHECKING:
    from parcours.engine.unit import Unit

__all__ = ["apply_round"]


async def apply_round(unit: Unit, ready: list[FenceVersion]) -> bool:
    """Apply the oldest inbox row of each of some people; False when there was none to apply."""
    movable = [v.version_id for v in ready if v.rights.may_move]
    kinds, count, rows = await _choose(unit, movable)
    if count == 0:
        return False
    unit.result.rows += count
    # A version whose task stands keeps its rows: they are applied when it is done.
    inside_batch = unit.next_batch()
    settling = [
        v
        for v in unit.result.fence
        if v.busy and v.task != "transfer" and v.status not in ("stopped", "finished")
    ]
    frozen = [v for v in [*ready, *settling] if v in settling or not v.rights.may_move]
    decided = 0
    kept_of = [(entry, rows) for entry in frozen]
    for entry in [*ready, *settling]:
        if entry.version_id in unit.waiting and entry not in frozen:
            waits, others = await part(unit, entry, rows)
            decided += await _inside(unit, entry, inside_batch, waits, may_move=False)
            decided += await _inside(unit, entry, inside_batch, others, may_move=True)
            kept_of.append((entry, waits))
        else:
            decided += await _inside(unit, entry, inside_batch, rows, may_move=entry not in frozen)
    if decided:
        await _move(unit, inside_batch, decided)
    if {"event", "outcome", "recheck"} & kinds:
        for entry, theirs in kept_of:
            await unit.compiled(entry, "keep", round=theirs)
    if "event" in kinds:
        await hold_back(unit, ready, inside_batch, rows)
    if SUGGESTING & kinds:
        await admit(
            unit, inside_batch, rows, kinds, count, nobody_moved=decided == 0, nobody_frozen=not kept_of
        )
    if "release" in kinds:
        await set_free(unit, ready, rows)
    async with unit.connection.pipeline():
        await unit.execute("by_address")
        dropped = await unit.execute("drop_round", round=rows)
        await unit.execute("by_index")
    same(count, dropped.rowcount, "round")
    return True


async def _choose(unit: Unit, movable: list[int]) -> tuple[set[str], int, str]:
    """Choose the rows of a round: their kinds, their number, their addresses.

    Rounds go through the people in the order of their keys and then begin again, so that what an earlier round
    of this unit took is not read again.
    """
    cursor = await unit.execute("something_due", movable=movable, until=unit.until)
    due = await cursor.fetchone()
    began_anew = unit.after == FIRST
    while True:
        cursor = await unit.execute(
            "take_round",
            n=Int8(unit.limits.rows),
            timers_due=bool(due and due[0]),
            movable=movable,
            until=unit.until,
            after=unit.after,
            leaving=[v.version_id for v in unit.result.fence if v.task == "transfer"],
        )
        people, last, count, kinds, rows = await cursor.fetchone()
        unit.after = last if people >= unit.limits.rows else FIRST
        if count:
            return set(kinds), count, rows
        if unit.after == FIRST:
            if began_anew:
                return set(), 0, "{}"
            began_anew = True


async def _inside(unit: Unit, entry: FenceVersion, batch: int, rows: str, *, may_move: bool) -> int:
    """Goals, exits, exclusion, awaited events of those inside one version; returns how many it decided."""
    decided = await unit.compiled(entry, "inside", batch=Int8(batch), round=rows, may_move=may_move)
    return int(decided.rowcount)


async def _move(unit: Unit, batch: int, decided: int) -> None:
    """Let people stand where their passages say; write what update steps write; look back where R8 says so."""
    moved = await unit.execute("move_participants", batch=Int8(batch), since=unit.since)
    same(decided, moved.rowcount, "move")
    cursor = await unit.execute("count_batch", batch=Int8(batch), since=unit.since)
    (moved_on,) = await cursor.fetchone()
    await unit.effects(batch)
    unit.result.moved += moved_on
