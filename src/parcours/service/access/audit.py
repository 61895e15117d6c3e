"""The audit in pages: who did what, when, why, with which effect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["AuditPage", "read_page"]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Which part of the audit: each None means all. `before` is the number of the last line seen.

    With `everything` false, what concerns users, keys and settings is left out: journeys are everybody's.
    """

    key: str | None = None
    actor: str | None = None
    command: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    refused: bool = False
    before: int | None = None
    everything: bool = False
    limit: int = 50


async def read_page(connection: Connection, page: AuditPage) -> list[dict[str, Any]]:
    """Return one page, newest first."""
    given = {
        "key": page.key, "actor": page.actor, "command": page.command, "since": page.since, "until": page.until,
        "refused": page.refused, "before": page.before, "everything": page.everything, "n": page.limit,
    }  # fmt: skip
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("page_audit"), given)
        return await cursor.fetchall()
