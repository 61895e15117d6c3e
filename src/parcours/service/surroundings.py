"""What stands around a journey when it is published: the other journeys and what starts what."""

from __future__ import annotations

from parcours.domain.checks import Known
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["surroundings"]


async def surroundings(connection: Connection, version_id: int) -> Known:
    """Return the status of each journey beside that of a version, and which journeys each of them starts."""
    rows = await (await connection.execute(query("other_journeys"), {"v": version_id})).fetchall()
    return Known(
        journeys={key: status for key, status, _ in rows},
        starts={key: frozenset(started) for key, _, started in rows},
    )
