"""Why a person did, or did not, enter a journey and move: everything that was recorded, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from psycopg.rows import dict_row

from parcours.domain.errors import ParcoursError
from parcours.domain.identity import bucket_of, profile_id
from parcours.domain.journey import EventTrigger, Journey
from parcours.domain.parse import parse_journey
from parcours.domain.timing import format_instant
from parcours.service.why_words import never_suggested, waits_for
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Why", "read_why"]

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Why:
    """The answer. `passages` hold moves and messages in order, and what is waited for now; `notes` say the rest."""

    user_id: str
    journey: str
    known: bool
    deleted_at: str | None
    passages: list[Row]
    refusals: list[Row]
    notes: list[str]

    def as_dict(self) -> Row:
        """Return the wire form."""
        return {name: getattr(self, name) for name in self.__slots__}


async def read_why(connection: Connection, user_id: str, key: str, *, buckets: int, now: datetime) -> Why:
    """Read everything about one person in one journey. Raises ParcoursError `unknown_journey`."""
    await connection.execute(query("begin_snapshot"))
    found = await (await connection.execute(query("find_journey"), {"key": key})).fetchone()
    if found is None:
        raise ParcoursError(
            "unknown_journey",
            f"there is no journey {key}",
            hint="`parcours journey list` shows those there are.",
        )
    person = profile_id(user_id)
    reader = _Reader(connection, {"b": bucket_of(person, buckets), "p": person, "j": found[0]})
    profile = await reader.one("why_profile")
    if profile is None:
        note = f"No person {user_id} is known: no line of a feed and no audience file has named one."
        return Why(user_id, key, known=False, deleted_at=None, passages=[], refusals=[], notes=[note])
    versions = {row["version_id"]: row for row in await reader.rows("why_versions")}
    passages = await _passages(reader, versions, now)
    refusals = [_refusal(row, versions) for row in await reader.rows("why_refusals")]
    notes = await _notes(reader, versions, suggested=bool(passages or refusals))
    deleted_at = _instant(profile["deleted_at"])
    if deleted_at:
        notes.insert(0, f"The person was deleted at {deleted_at}.")
    return Why(
        user_id, key, known=True, deleted_at=deleted_at, passages=passages, refusals=refusals, notes=notes
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    connection: Connection
    given: Row

    async def rows(self, name: str, **more: Any) -> list[Row]:
        async with self.connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(query(name), self.given | more)
            return await cursor.fetchall()

    async def one(self, name: str) -> Row | None:
        return next(iter(await self.rows(name)), None)


async def _passages(reader: _Reader, versions: dict[int, Row], now: datetime) -> list[Row]:
    moves = await reader.rows("why_moves")
    messages = await reader.rows("why_messages")
    waiting = await reader.one("why_waiting")
    kept = waiting["kept"] if waiting else 0
    answer = []
    for row in await reader.rows("why_participants"):
        version = versions[row["version_id"]]
        of_it = [message for message in messages if message["entry_no"] == row["entry_no"]]
        swept = row["status"] == "active" and version["status"] == "stopped"
        passage = {
            "entry_no": row["entry_no"],
            "version": version["version_no"],
            # The stop was true from its commit on, before the sweep came by.
            "status": "cancelled" if swept else row["status"],
            "reason": "journey_stopped" if swept else row["reason"],
            "step": row["step"],
            "entered_at": _instant(row["entered_at"]),
            "left_at": _instant(version["stopped_at"] if swept else row["finished_at"]),
            "moves": [_move(m, versions) for m in moves if m["entry_no"] == row["entry_no"]],
            "messages": [_message(message) for message in of_it],
            "waits_for": None,
            "until": None,
        }
        if passage["status"] == "active":
            journey = _journey(version)
            open_message = next((m for m in reversed(of_it) if m["state"] in ("queued", "claimed")), None)
            passage["until"] = _instant(row["wake_at"])
            passage["waits_for"] = waits_for(row, version, journey, open_message, kept=kept, now=now)
        answer.append(passage)
    return answer


async def _notes(reader: _Reader, versions: dict[int, Row], *, suggested: bool) -> list[str]:
    """Say what no row of a passage or a refusal says."""
    if not versions:
        return ["The journey has never been published, so nobody was suggested to it."]
    notes = []
    waiting = await reader.one("why_waiting")
    coming = waiting["pending"] + waiting["inbox"] if waiting else 0
    if coming:
        notes.append(f"{coming} changes of this person are still to be applied; a worker does that.")
    if not suggested:
        newest = list(versions.values())[-1]
        journey = _journey(newest)
        names = [t.event for t in journey.entry.triggers if isinstance(t, EventTrigger)] if journey else []
        done = await reader.rows("why_events", names=names, since=newest["published_at"])
        notes += never_suggested(newest, journey, {row["name"]: row for row in done})
    return notes


def _journey(version: Row) -> Journey | None:
    return parse_journey(version["definition"])[0]


def _move(row: Row, versions: dict[int, Row]) -> Row:
    return {
        "seq": row["seq"],
        "at": _instant(row["at"]),
        "version": versions[row["version_id"]]["version_no"],
        "cause": row["cause"],
        "cause_name": row["cause_name"],
        "from": row["from_step"],
        "path": row["path"],
        "to": row["to_step"],
        "status": row["status"],
        "reason": row["reason"],
        "entered": row["entered"],
        "goal": row["goal"],
        "seen": row["seen"],
    }


def _message(row: Row) -> Row:
    names = ("seq", "step", "channel", "state", "reason", "detail", "recipient", "subject", "attempts")
    return {"at": _instant(row["at"]), "due_at": _instant(row["due_at"])} | {
        name: row[name] for name in names
    }


def _refusal(row: Row, versions: dict[int, Row]) -> Row:
    return {
        "reason": row["reason"],
        "version": versions[row["version_id"]]["version_no"] if row["version_id"] in versions else None,
        "trigger": row["trigger"],
        "times": row["times"],
        "first_at": _instant(row["first_at"]),
        "last_at": _instant(row["last_at"]),
        "seen": row["seen"],
    }


def _instant(value: datetime | None) -> str | None:
    return None if value is None else format_instant(value)
