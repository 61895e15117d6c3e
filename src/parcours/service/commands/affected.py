"""What a command would do to whom, for its dry run: counts by what happens to them, beside those of before."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from parcours.domain.records import CommandResult
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["EFFECTS_COUNTED", "with_effects"]

HOUR: Final = timedelta(hours=1)
# In counts, by command: what becomes of people and messages. The others are of before.
EFFECTS_COUNTED: Final = (
    "due_now", "due_within_hour", "frozen", "stay_queued", "messages_held", "go_on", "let_in", "kept", "cancelled",
    "messages_cancelled", "passages_removed", "messages_removed", "stay", "backfill",
)  # fmt: skip


async def with_effects(
    connection: Connection, result: CommandResult, at: datetime, *, freezes: bool
) -> CommandResult:
    """Add to the counts of a dry run what would happen to each; nothing where the command would change nothing.

    `freezes`: a pause is one in which nobody goes on.
    """
    if not result.changed:
        return result
    given: dict[str, Any] = {"versions": list(result.changed), "at": at, "within": at + HOUR}
    row = await (await connection.execute(query("journey_of_versions"), given)).fetchone()
    if row is None:
        return result
    given["j"] = row[0]
    inside, queued = result.counts.get("inside", 0), result.counts.get("queued", 0)
    messages = result.counts.get("messages", 0)
    found: dict[str, int] = {}
    match result.command:
        case "pause":
            _, hour = await _row(connection, "due_people", given)
            found = {
                "frozen" if freezes else "go_on": inside - queued,
                "stay_queued": queued,
                "messages_held": messages,
                "due_within_hour": hour,
            }
        case "resume":
            due, hour = await _row(connection, "due_people", given)
            (kept,) = await _row(connection, "kept_rows", given)
            found = {
                "go_on": inside - queued,
                "let_in": queued,
                "due_now": due,
                "due_within_hour": hour,
                "kept": kept,
            }
        case "close":
            found = {"go_on": inside}
        case "stop":
            found = {"cancelled": inside, "messages_cancelled": messages}
        case "delete":
            (passages,) = await _row(connection, "all_passages", given)
            (removed,) = await _row(connection, "messages_of_versions", given)
            found = {"cancelled": inside, "passages_removed": passages, "messages_removed": removed}
        case "publish" | "restart":
            (stay,) = await _row(connection, "inside_others", given)
            found = {"stay": stay}
    return replace(result, counts={**result.counts, **found})


async def _row(connection: Connection, name: str, given: dict[str, Any]) -> tuple[int, ...]:
    row: tuple[int, ...] | None = await (await connection.execute(query(name), given)).fetchone()
    assert row is not None
    return row
