"""Tasks in a unit: what a command made true is written down in sets, a part at a time: sweep, resume, transfer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.types.numeric import Int4, Int8

from parcours.domain.fence import FenceVersion
from parcours.domain.timing import BEGINNING
from parcours.engine.counted import same
from parcours.engine.transfer import transfer

if TYPE_CHECKING:
    from parcours.engine.unit import Unit

__all__ = ["do_task"]


async def do_task(unit: Unit, entry: FenceVersion) -> bool:
    """Do a part of the task; True when it is done in this bucket."""
    if entry.task == "transfer":
        return await transfer(unit, entry)
    limit = unit.limits.task_people
    given = {"v": Int4(entry.version_id), "at": entry.task_at, "n": Int8(limit)}
    if entry.task == "sweep":
        batch = unit.next_batch()
        swept = await unit.execute("sweep_participants", **given, batch=Int8(batch))
        moved = await unit.execute("move_participants", batch=Int8(batch), since=BEGINNING)
        same(swept.rowcount, moved.rowcount, "sweep")
        messages = await unit.execute("sweep_messages", **given)
        await unit.execute("sweep_kept", v=Int4(entry.version_id))
        await unit.execute("sweep_waiting", v=Int4(entry.version_id))
        unit.result.swept += swept.rowcount
        count = max(swept.rowcount, messages.rowcount)
    else:
        queued = 0
        if (
            not entry.parks
        ):  # paused again before this was done: people go on by then, and the queue stays where it is
            queued = (await unit.execute("unpark_queue", v=Int4(entry.version_id), n=Int8(limit))).rowcount
        released = await unit.execute("release_kept", **given)
        await unit.execute("forget_kept", v=Int4(entry.version_id), n=Int8(limit))
        count = max(queued, released.rowcount)
    if count >= limit:
        unit.result.more = True
        return False
    await unit.execute("end_task", v=Int4(entry.version_id))
    return True
