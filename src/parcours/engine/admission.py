"""Admission in a unit: whom a round suggests is admitted, refused, or left at the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.types.numeric import Int4, Int8

from parcours.engine.counted import same

if TYPE_CHECKING:
    from parcours.engine.unit import Unit

__all__ = ["SUGGESTING", "admit"]

SUGGESTING = frozenset({"event", "add", "start", "run", "grant", "qualify"})  # kinds of inbox rows


async def admit(
    unit: Unit, inside_batch: int, rows: str, kinds: set[str], count: int, *, nobody_moved: bool, nobody_frozen: bool
) -> None:  # fmt: skip
    """Admit or refuse those whom this round suggests, by the one version whose entry is asked."""
    asked = next((v for v in reversed(unit.result.fence) if v.rights.may_admit or v.status == "paused"), None)
    if asked is None or asked.version_id not in unit.loaded or asked.status in ("closed", "stopped"):
        await _refuse_added(unit, rows, kinds)
        return
    if not asked.rights.may_admit and asked.refuse_with != "journey_paused":
        await _refuse_added(unit, rows, kinds)
        return
    batch = unit.next_batch()
    given = {
        "round": rows,
        "refuse_with": None if asked.rights.may_admit else asked.refuse_with,
        "published_at": asked.published_at,
        "inside_batch": Int8(inside_batch),
        "since": unit.since,
        "nobody_moved": nobody_moved,
        "nobody_frozen": nobody_frozen,
    }
    proposed = 0
    if "propose" in unit.loaded[asked.version_id].statements:
        proposed = (await unit.compiled(asked, "propose", **given)).rowcount
    may_move = asked.rights.may_move and not asked.busy and asked.status != "paused"
    admitted = await unit.compiled(
        asked, "admit", **given, batch=Int8(batch), may_move=may_move, parks=asked.parks
    )
    if admitted.rowcount + proposed < count:
        # Asked before the admitted are inside, so that they are not refused for it.
        await unit.compiled(asked, "refuse", **given)
        if {"run", "grant"} & kinds and "tacit" in unit.loaded[asked.version_id].statements:
            await unit.compiled(asked, "tacit", **given)
    if "grant" in kinds:
        await unit.execute("return_grants", round=rows, batch=Int8(batch), since=unit.since)
    if admitted.rowcount == 0:
        return
    created = await unit.execute("create_participants", batch=Int8(batch), since=unit.since)
    same(admitted.rowcount, created.rowcount, "admission")
    unit.result.admitted += admitted.rowcount
    await unit.effects(batch)


async def _refuse_added(unit: Unit, rows: str, kinds: set[str]) -> None:
    """Where no version admits, refuse those who were added by hand, or waited at the gate (R17)."""
    newest = unit.result.fence[-1] if unit.result.fence else None
    if {"add", "grant"} & kinds and newest is not None:
        reason = newest.refuse_with or "journey_closed"
        await unit.execute("refuse_added", round=rows, reason=reason, v=Int4(newest.version_id), now=unit.now)
