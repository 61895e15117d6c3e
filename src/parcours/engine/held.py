"""Rows kept during a pause whose person is still on the way: held back until it has moved (R22)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.types.numeric import Int4, Int8

from parcours.domain.fence import FenceVersion

if TYPE_CHECKING:
    from parcours.engine.unit import Unit

__all__ = ["hold_back", "put_back"]


async def hold_back(unit: Unit, ready: list[FenceVersion], batch: int, rows: str) -> None:
    """Hold what a pause kept while its person is on the way to the step where it stands."""
    for entry in ready:
        if entry.floor is not None and entry.rights.may_move:
            held = await unit.execute(
                "hold_back", v=Int4(entry.version_id), batch=Int8(batch), since=unit.since, round=rows,
                steps=list(unit.loaded[entry.version_id].program.message_steps),
            )  # fmt: skip
            if held.rowcount and unit.held is not None:
                unit.held.add(entry.version_id)


async def put_back(unit: Unit, batch: int) -> None:
    """Put back what was held for those who have moved now."""
    resumed = [v.version_id for v in unit.ready() if v.floor is not None and v.rights.may_move]
    if unit.held is None and resumed:
        cursor = await unit.execute("anything_held", versions=resumed)
        unit.held = {version_id for (version_id,) in await cursor.fetchall()}
    for version_id in resumed:
        if unit.held and version_id in unit.held:
            await unit.execute("put_back", v=Int4(version_id), batch=Int8(batch), since=unit.since)
