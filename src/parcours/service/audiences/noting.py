"""What is done to audiences, in the audit: which one, what it became, whom it lost or won."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from parcours.service.commands.answering import EVERY_JOURNEY
from parcours.service.commands.trail import record
from parcours.store.database import Connection

__all__ = ["NAMED", "note_audience", "note_members"]

NAMED: Final = 100  # people whom one line names; more are counted only


async def note_audience(
    connection: Connection, command: str, key: str, options: Mapping[str, Any] | None = None, *, at: datetime,
    actor: str, reason: str | None = None, counts: Mapping[str, int] | None = None,
) -> None:  # fmt: skip
    """Keep that an audience was saved, renamed, filled or deleted; in the transaction that does it."""
    await record(
        connection, at, actor=actor, key=EVERY_JOURNEY, command=command, reason=reason,
        options={"audience": key, **(options or {})}, counts=counts,
    )  # fmt: skip


async def note_members(
    connection: Connection, op: Literal["add", "remove"], key: str, people: Sequence[str], changed: int, *,
    at: datetime, actor: str, reason: str | None = None,
) -> None:  # fmt: skip
    """Keep that people came into a list, or went; `changed` of them had not been so.

    They are named under `user_ids`, where an erasure finds them.
    """
    await note_audience(
        connection, f"{op}_members", key, {"user_ids": list(people)} if len(people) <= NAMED else None, at=at,
        actor=actor, reason=reason, counts={"people": len(people), "changed": changed},
    )  # fmt: skip
