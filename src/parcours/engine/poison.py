"""The one person whose value a statement cannot bear: dropped out with `step_failed`, so that nobody else waits."""

from __future__ import annotations

import json
from datetime import datetime

from psycopg.types.numeric import Int4, Int8

from parcours.domain.fence import FenceVersion
from parcours.domain.identity import FIRST
from parcours.store.database import Database
from parcours.store.queries import query

__all__ = ["drop_culprit"]


async def drop_culprit(
    database: Database,
    *,
    bucket: int,
    journey_id: int,
    now: datetime,
    holder: tuple[str, int],
    why: str,
) -> None:
    """Take the oldest inbox row of the first person and that person out; without rows, the first one due."""
    async with database.transaction() as connection:
        common = {"b": Int4(bucket), "j": Int4(journey_id)}
        held = await connection.execute(
            query("hold_lease"), {**common, "holder": holder[0], "term": holder[1], "expires": now}
        )
        if await held.fetchone() is None:
            return
        row = await (await connection.execute(query("open_fence"), {**common, "now": now})).fetchone()
        if row is None:
            return
        batch, clock, rights, _ = row
        versions = [FenceVersion.from_json(one) for one in rights]
        movable = [entry.version_id for entry in versions if entry.rights.may_move and not entry.busy]
        given = {
            **common,
            "n": Int8(1),
            "timers_due": False,
            "movable": movable,
            "until": clock,
            "after": FIRST,
            "leaving": [],
        }
        taken = await (await connection.execute(query("take_round"), given)).fetchone()
        assert taken is not None
        names = {
            **common, "batch": Int8(batch + 1), "at": clock, "since": clock, "first": Int8(batch), "last": Int8(batch + 1),
            "seen": json.dumps({"detail": why[:500]}), "round": taken[4], "movable": movable,
        }  # fmt: skip
        # Whoever is transferred comes before everything else, alone, while a culprit is looked for.
        for entry in versions:
            if entry.task == "transfer":
                failed = await connection.execute(
                    query("fail_leaving_person"), {**names, "source": Int4(entry.version_id)}
                )
                if failed.rowcount:
                    await connection.execute(query("move_participants"), names)
                    await connection.execute(query("count_moves"), names)
                    return
        await connection.execute(query("fail_row_person" if taken[2] else "fail_due_person"), names)
        await connection.execute(query("return_grants"), names)
        await connection.execute(query("drop_round"), names)
        await connection.execute(query("move_participants"), names)
        for entry in versions:
            if entry.floor is not None:  # only behind a resume somebody waits to be set free
                for name in ("forget_left_kept", "forget_left"):
                    await connection.execute(query(name), {**names, "v": Int4(entry.version_id)})
        await connection.execute(query("count_moves"), names)
