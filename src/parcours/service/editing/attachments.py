"""Files that mails carry, kept with the version whose steps name them."""

from __future__ import annotations

from collections.abc import Mapping

from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["read_attachments", "save_attachments"]


async def save_attachments(
    connection: Connection, journey_id: int, version_no: int, files: Mapping[str, bytes]
) -> None:
    """Keep exactly these files with a draft; the caller's transaction."""
    where = {"j": journey_id, "version_no": version_no}
    await connection.execute(query("clear_attachments"), where)
    for name, data in files.items():
        await connection.execute(query("add_attachment"), {**where, "name": name, "data": data})


async def read_attachments(connection: Connection, version_id: int) -> dict[str, bytes]:
    """Return the files of a version by name."""
    cursor = await connection.execute(query("read_attachments"), {"v": version_id})
    return {name: bytes(data) for name, data in await cursor.fetchall()}
