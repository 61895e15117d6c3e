"""A journey as a whole: whether it runs, and why not; its versions added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeAlias

from parcours.service.watch.ledger import Ledger
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["ADDED", "read_stopper", "standing", "totals"]

Row: TypeAlias = dict[str, Any]

ADDED = ("entered", "active", "completed", "succeeded", "dropped_out", "cancelled")
RUNNING = ("live", "paused", "closed")


async def read_stopper(connection: Connection, key: str) -> str | None:
    """Return who gave the latest command that stopped a version of this journey."""
    row = await (await connection.execute(query("latest_stop"), {"key": key})).fetchone()
    return row[0] if row else None


def totals(ledgers: Sequence[Ledger]) -> Row:
    """Add the versions up: people by status, drop-outs by reason, and the success rate (succeeded of entered).

    Who was transferred counts once, where he or she entered.
    """
    found: Row = {name: sum(getattr(ledger, name) for ledger in ledgers) for name in ADDED}
    reasons: Counter[str] = Counter()
    for ledger in ledgers:
        reasons.update(ledger.reasons)
    rate = found["succeeded"] / found["entered"] if found["entered"] else None
    return {**found, "reasons": dict(sorted(reasons.items())), "success_rate": rate}


def standing(versions: Sequence[Row], ledgers: Sequence[Ledger], stopped_by: str | None) -> str:
    """Say in a line how a journey stands: the status of its newest published version, or why it is not running.

    Older versions with people inside are named. `versions` are newest first.
    """
    published = [row for row in versions if row["status"] != "draft"]
    inside = {ledger.version: ledger.active for ledger in ledgers}
    if not published:
        return "Not running: never started"
    newest = published[0]
    said = _of_newest(newest, stopped_by)
    if any(row["status"] in RUNNING for row in published) and newest["status"] not in RUNNING:
        said = f"{newest['status'].capitalize()}, version {newest['version_no']}"
    older = [
        f"{inside[row['version_no']]} still inside version {row['version_no']}"
        for row in published[1:]
        if inside.get(row["version_no"])
    ]
    return " · ".join([said, *older])


def _of_newest(newest: Row, stopped_by: str | None) -> str:
    match newest["status"]:
        case "stopped":
            by = f" by {stopped_by}" if stopped_by else ""
            return f"Not running: stopped {newest['stopped_at']}{by}"
        case "finished":
            return f"Not running: finished {newest['finished_at']}"
        case "paused":
            shut = "" if newest["entry_open"] else ", entry shut"
            return f"Paused{shut}, version {newest['version_no']}, since {newest['paused_at']}"
        case "closed":
            return f"Closed to new entrances, version {newest['version_no']}: people inside go on to the end"
        case _:
            return f"Running, version {newest['version_no']}, since {newest['published_at']}"
