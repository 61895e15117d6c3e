"""The end of a pause by itself, at its `until`: people go on, nobody enters any more, or all is stopped."""

from __future__ import annotations

import json
from datetime import datetime

from parcours.domain.records import CommandResult
from parcours.domain.timing import format_instant
from parcours.service.commands.answering import Order
from parcours.service.commands.lifecycle import execute
from parcours.service.commands.versions import lock_family
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["end_pause"]


async def end_pause(
    connection: Connection, order: Order, pause_no: int, at: datetime
) -> CommandResult | None:
    """Do what a pause was told to do at its end, to one version; None where that pause is over already.

    A resume that meets errors is recorded as `resume_blocked`, and not tried again: the pause goes on.
    """
    assert order.version_no is not None
    version = (await lock_family(connection, order.journey)).find(order.version_no)
    if version.status != "paused" or version.pause_no != pause_no:
        return None
    result = await execute(connection, order, at, ends_pause=True)
    if result.refused is not None:
        said = {"until": None, "then": None, "blocked_at": format_instant(at), "blocked": result.message}
        given = {"v": version.version_id, "said": json.dumps(said)}
        await connection.execute(query("block_pause_end"), given)
    return result
