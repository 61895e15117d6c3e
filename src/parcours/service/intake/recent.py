"""The latest that came over HTTP, and what each caused: for whoever connects a client and looks whether it arrives.

Only the latest are kept, and of a flood a part: looking must not slow the intake down.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from psycopg.rows import dict_row

from parcours.domain.errors import ParcoursError
from parcours.domain.identity import bucket_of, profile_id
from parcours.domain.timing import format_instant
from parcours.service.intake.arrivals import Fate
from parcours.service.intake.taking import feed_numbers
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["KEPT", "note_recent", "read_recent", "recent_row"]

KEPT: Final = 1000
SHOWN_BYTES: Final = 4096  # of the event as it was sent

Row = dict[str, Any]


def recent_row(fate: Fate, source: str, received_at: datetime, buckets: int) -> Row:
    """Return what is kept of an event."""
    arrival, error, line = fate.arrival, fate.error, fate.arrival.line
    user_id = None if isinstance(line, ParcoursError) else line.user_id
    person = None if user_id is None else profile_id(user_id)
    happened = None if isinstance(line, ParcoursError) else line.at
    return {
        "bucket": 0 if person is None else bucket_of(person, buckets),
        "feed_no": fate.feed_no if fate.feed_no is not None else feed_numbers(1)[0],
        "profile_id": None if person is None else str(person), "user_id": user_id,
        "at": received_at.isoformat(), "happened_at": (happened or received_at).isoformat(), "source": source,
        "kind": _plain(arrival.kind), "name": _plain(arrival.name) or None, "result": fate.outcome,
        "code": error.code if error else None, "place": _plain(error.place) if error else None,
        "said": _plain(error.message) if error else None, "hint": error.hint if error else None,
        "data": _shown(arrival.data) if error is None else {},
    }  # fmt: skip


def _plain(text: str) -> str:
    """Return a text that the database takes, whatever was sent."""
    return text[:300].replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _shown(data: Any) -> Any:
    shown = {name: value for name, value in (data or {}).items() if name not in ("context", "integrations")}
    try:
        written = json.dumps(shown)
    except RecursionError:
        return {"too_deep_to_be_kept_here": True}
    if "\\u0000" in written:  # in a part that is not looked at
        return {"not_to_be_kept_here": True}
    return shown if len(written) <= SHOWN_BYTES else {"too_long_to_be_kept_here": True}


async def note_recent(connection: Connection, rows: Sequence[Row]) -> None:
    """Keep these, and forget the oldest; the caller's transaction."""
    await connection.execute(query("note_recent"), {"rows": json.dumps(rows)})
    await connection.execute(query("forget_recent"), {"most": KEPT - 1})


async def read_recent(
    connection: Connection, *, user_id: str | None = None, after: int | None = None, result: str | None = None,
    limit: int = 50,
) -> list[Row]:  # fmt: skip
    """Return the latest events, the newest first, each with what it `caused`, journey by journey.

    `after`: only those behind this `feed_no`. `result`: taken, repeated or refused. `caused` has an entry for each
    journey: `did` is entered, refused, moved, left, or waiting (not applied yet).
    """
    async with connection.cursor(row_factory=dict_row) as cursor:
        given = {"user_id": user_id, "after": after, "result": result, "n": limit}
        await cursor.execute(query("list_recent"), given)
        rows = await cursor.fetchall()
    asked = json.dumps(
        [
            {
                "bucket": row["bucket"], "profile_id": str(row["profile_id"]), "feed_no": row["feed_no"],
                "at": row["at"].isoformat(),
            }
            for row in rows
            if row["profile_id"] is not None
        ]
    )  # fmt: skip
    caused = await _caused(connection, asked) if asked != "[]" else {}
    return [_answer(row, caused.get(row["feed_no"], [])) for row in rows]


async def _caused(connection: Connection, rows: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for number, journey, entered, source, target, status, reason, at in await (
        await connection.execute(query("recent_moves"), {"rows": rows})
    ).fetchall():
        did = "entered" if entered else "moved" if status == "active" else "left"
        found[number].append(
            {
                "journey": journey, "did": did, "from": source, "to": target, "status": status, "reason": reason,
                "at": format_instant(at),
            }
        )  # fmt: skip
    for number, journey, reason, at in await (
        await connection.execute(query("recent_refusals"), {"rows": rows})
    ).fetchall():
        found[number].append(
            {"journey": journey, "did": "refused", "reason": reason, "at": format_instant(at)}
        )
    for number, journey in await (
        await connection.execute(query("recent_waiting"), {"rows": rows})
    ).fetchall():
        found[number].append({"journey": journey, "did": "waiting"})
    return found


def _answer(row: Row, caused: list[Row]) -> Row:
    return {
        "feed_no": row["feed_no"], "at": format_instant(row["at"]),
        "happened_at": format_instant(row["happened_at"]) if row["happened_at"] else None, "source": row["source"],
        "type": row["kind"], "name": row["name"], "user_id": row["user_id"], "now_known_as": row["now_known_as"],
        "result": row["result"], "code": row["code"], "place": row["place"], "message": row["said"],
        "hint": row["hint"], "caused": caused, "data": row["data"],
    }  # fmt: skip
