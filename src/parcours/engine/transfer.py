"""The task `transfer`: people of one version go over to the newest one, in sets, with everything that waits for them.

The newest version's compiled statement decides about each: goal and exit rules first, then the same step, or where an
answer says. Nobody is in two versions or in none: passage, person, messages and kept rows change in one transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.types.numeric import Int4, Int8

from parcours.domain.fence import FenceVersion
from parcours.engine.counted import same

if TYPE_CHECKING:
    from parcours.engine.unit import Unit

__all__ = ["transfer"]


async def transfer(unit: Unit, entry: FenceVersion) -> bool:
    """Transfer a part of the people of a version; True when nobody is left there in this bucket.

    Whoever has a message in a provider's hands stays until its outcome is known.
    """
    target, source = unit.result.fence[-1], unit.loaded[entry.version_id]
    batch, limit = unit.next_batch(), unit.limits.task_people
    at = entry.task_at
    given = {"source": Int4(entry.version_id), "at": at}
    decided = await unit.compiled(
        target, "transfer", **given, batch=Int8(batch), n=Int8(limit), parks=target.parks
    )
    if decided.rowcount:
        span = {"batch": Int8(batch), "since": unit.since}
        moved = await unit.execute("move_participants", **span)
        same(decided.rowcount, moved.rowcount, "transfer")
        steps = list(source.program.message_steps)
        if steps:
            about = {**span, "journey_key": source.message_space, "steps": steps, "at": at}
            await unit.execute("transfer_messages", **about)
            await unit.execute("drop_messages", **about)
        await unit.execute("transfer_kept", **span, **given)
        await unit.effects(batch)
        unit.result.moved += decided.rowcount
        unit.transferred += decided.rowcount
    if decided.rowcount >= limit:
        unit.result.more = True
        return False
    left = await (await unit.execute("anybody_left", source=given["source"])).fetchone()
    assert left is not None
    if left[0]:
        unit.result.held_up = True
        return False
    await unit.execute("end_task", v=Int4(entry.version_id))
    return True
