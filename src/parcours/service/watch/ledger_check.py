"""The ledger checked by the engine itself: one version in one bucket at a time, the longest unchecked first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from parcours.service.watch.ledger import Mismatch, read_page
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Checked", "check_next", "open_mismatches"]

LATELY: Final = timedelta(minutes=1)  # a version that changes is not looked at more often
DAILY: Final = timedelta(days=1)  # one that is over


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check found: of which version, in which bucket."""

    bucket: int
    version_id: int
    mismatches: tuple[Mismatch, ...]


async def check_next(connection: Connection, now: datetime) -> Checked | None:
    """Check the version and bucket that were checked longest ago, and write down what does not hold.

    The transaction has to be one snapshot (`begin_steady`); it holds up nobody. None where everything was checked
    lately.
    """
    given: dict[str, Any] = {"lately": now - LATELY, "daily": now - DAILY}
    row = await (await connection.execute(query("next_to_check"), given)).fetchone()
    if row is None:
        return None
    bucket, version_id = row
    await connection.execute(query("read_frugally"))
    mismatches = await read_page(connection, bucket, version_id)
    where = {"b": bucket, "v": version_id, "at": now}
    await connection.execute(query("note_check"), where)
    equations = [mismatch.what for mismatch in mismatches]
    await connection.execute(query("clear_mismatches"), {**where, "equations": equations})
    for mismatch in mismatches:
        numbers = {"equation": mismatch.what, "expected": mismatch.expected, "found": mismatch.found}
        seen = await connection.execute(query("see_mismatch"), {**where, **numbers})
        if seen.rowcount == 0:
            await connection.execute(query("add_mismatch"), {**where, **numbers})
    return Checked(bucket, version_id, mismatches)


async def open_mismatches(connection: Connection) -> list[tuple[str, int, int, str, int, int, datetime]]:
    """Return the equations that do not hold: journey, version, bucket, equation, expected, found, since."""
    return await (await connection.execute(query("open_mismatches"))).fetchall()
