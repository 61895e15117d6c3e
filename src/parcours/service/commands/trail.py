"""The audit trail: one row for everything that somebody, or the engine, did to a journey; never changed afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["record"]


async def record(
    connection: Connection, at: datetime, *, actor: str, key: str, command: str, version_no: int | None = None,
    options: Mapping[str, Any] | None = None, reason: str | None = None, from_status: str | None = None,
    to_status: str | None = None, refused: str | None = None, counts: Mapping[str, int] | None = None,
) -> None:  # fmt: skip
    """Keep who did what to a journey (`key`), when, why and with which effect; workers hear of it.

    `refused` is the code of a refusal: then nothing happened. In the caller's transaction.
    """
    given = {
        "at": at, "actor": actor, "key": key, "version_no": version_no, "command": command,
        "options": json.dumps(dict(options or {})), "reason": reason, "from_status": from_status,
        "to_status": to_status, "refused": refused, "counts": json.dumps(dict(counts or {})),
    }  # fmt: skip
    await connection.execute(query("write_audit"), given)
