"""Imports in the audit: who loaded what, when it began, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from parcours.service.commands.answering import EVERY_JOURNEY
from parcours.service.commands.trail import record
from parcours.store.database import Connection

__all__ = ["note_import"]


async def note_import(
    connection: Connection, command: str, *, at: datetime, actor: str, options: Mapping[str, Any],
    state: str | None = None, counts: Mapping[str, int] | None = None,
) -> None:  # fmt: skip
    """Keep a step of an import: `announce_import`, `begin_import`, or `import` with what was loaded."""
    await record(
        connection, at, actor=actor, key=EVERY_JOURNEY, command=command, options=options, to_status=state, counts=counts
    )  # fmt: skip
