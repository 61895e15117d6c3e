"""Why a person did, or did not, enter a journey and move: everything that was recorded, in order, and what holds now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from parcours.domain.catalogue_reasons import DROPPING_OUT, REFUSING
from parcours.domain.errors import ParcoursError
from parcours.domain.identity import bucket_of, profile_id
from parcours.domain.journey import EventTrigger, Journey
from parcours.domain.parse import parse_journey
from parcours.domain.timing import format_instant
from parcours.service.audiences.conditions import audience_conditions
from parcours.service.commands.holding import read_hold
from parcours.service.explaining.criteria import Entrance, ask_entrance, recorded
from parcours.service.explaining.reading import Reader
from parcours.service.explaining.why_words import branches_taken, cause_of, goes_on, waits_for
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Why", "read_why"]

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Why:
    """The answer. `passages` hold moves and messages in order, and what is waited for now; `notes` say the rest.

    `entrance` is asked now, with the present profile and history: what each trigger and each rule of admission says.
    """

    user_id: str
    journey: str
    known: bool
    deleted_at: str | None
    passages: list[Row]
    refusals: list[Row]
    notes: list[str]
    entrance: Entrance | None = None

    def as_dict(self) -> Row:
        """Return the wire form."""
        wire = {name: getattr(self, name) for name in self.__slots__}
        return wire | {"entrance": self.entrance.as_dict() if self.entrance else None}


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
    reader = Reader(connection, {"b": bucket_of(person, buckets), "p": person, "j": found[0]})
    profile = await reader.one("why_profile")
    if profile is None:
        note = f"No person {user_id} is known: no line of a feed and no audience file has named one."
        return Why(user_id, key, known=False, deleted_at=None, passages=[], refusals=[], notes=[note])
    versions = _Versions(
        {row["version_id"]: row for row in await reader.rows("why_versions")},
        {row["version_id"]: row["version_no"] for row in await reader.rows("why_deleted_versions")},
    )
    passages = await _passages(reader, versions, now)
    refusals = [_refusal(row, versions) for row in await reader.rows("why_refusals")]
    notes = await _notes(reader, versions, suggested=bool(passages or refusals))
    deleted_at = _instant(profile["deleted_at"])
    if deleted_at:
        notes.insert(0, f"The person was deleted at {deleted_at}.")
    return Why(
        user_id, key, known=True, deleted_at=deleted_at, passages=passages, refusals=refusals, notes=notes,
        entrance=await _entrance(reader, versions, now),
    )  # fmt: skip


class _Versions:
    """The published versions of a journey, oldest first, each definition read once."""

    def __init__(self, rows: dict[int, Row], deleted: dict[int, int]) -> None:
        self.rows, self.deleted = rows, deleted
        self._read: dict[int, Journey | None] = {}

    def journey(self, version_id: int) -> Journey | None:
        """Return a definition; None where it was deleted, or this program cannot read it."""
        if version_id not in self.rows:
            return None
        if version_id not in self._read:
            self._read[version_id] = parse_journey(self.rows[version_id]["definition"])[0]
        return self._read[version_id]

    def number(self, version_id: int | None) -> int | None:
        """Return the number of a version, of a deleted one too; None where nothing is known of it."""
        if version_id is None:
            return None
        return (
            self.rows[version_id]["version_no"] if version_id in self.rows else self.deleted.get(version_id)
        )

    @property
    def asked(self) -> Row | None:
        """The version that admits, else the newest one."""
        newest_first = list(reversed(self.rows.values()))
        return next((row for row in newest_first if row["entry_open"]), next(iter(newest_first), None))


async def _entrance(reader: Reader, versions: _Versions, now: datetime) -> Entrance | None:
    version = versions.asked
    journey = versions.journey(version["version_id"]) if version else None
    if version is None or journey is None:
        return None
    return await ask_entrance(reader, version, journey, await audience_conditions(reader.connection), now)


async def _passages(reader: Reader, versions: _Versions, now: datetime) -> list[Row]:
    moves = await reader.rows("why_moves")
    messages = await reader.rows("why_messages")
    waiting = await reader.one("why_waiting")
    kept = waiting["kept"] if waiting else 0
    held = await read_hold(reader.connection)
    answer = []
    for row in await reader.rows("why_participants"):
        version = versions.rows.get(row["version_id"])
        of_it = [message for message in messages if message["entry_no"] == row["entry_no"]]
        its_moves = [move for move in moves if move["entry_no"] == row["entry_no"]]
        # Where its version was deleted the rows are bare: of a passage is left that it was.
        stopped = version is not None and version["status"] == "stopped"
        swept = row["status"] == "active" and (version is None or stopped)
        passage = {
            "entry_no": row["entry_no"],
            "version": versions.number(row["version_id"]),
            # The stop was true from its commit on, before the sweep came by.
            "status": "cancelled" if swept else row["status"],
            "reason": "journey_stopped" if swept else row["reason"],
            "step": row["step"],
            "entered_at": _instant(row["entered_at"]),
            "left_at": _instant(version["stopped_at"] if version and swept else row["finished_at"]),
            "criteria": _criteria(its_moves, versions),
            "moves": [_move(move, versions, of_it) for move in its_moves],
            "messages": [_message(message) for message in of_it],
            "waits_for": None,
            "until": None,
            "next": [],
        }
        if passage["status"] == "active" and version is not None:
            journey = versions.journey(row["version_id"])
            open_message = next((m for m in reversed(of_it) if m["state"] in ("queued", "claimed")), None)
            passage["until"] = _instant(row["wake_at"])
            passage["waits_for"] = waits_for(
                row, version, journey, open_message, kept=kept, held=held, now=now
            )
            passage["next"] = goes_on(row, journey)
        answer.append(passage)
    return answer


def _criteria(moves: list[Row], versions: _Versions) -> list[Row]:
    """Return what the entrance asked when it admitted, with the values that were written down then."""
    first = next((move for move in moves if move["entered"]), None)
    journey = versions.journey(first["version_id"]) if first else None
    if first is None or journey is None or first["seen"] is None:
        return []
    found = [
        {"rule": "trigger", **recorded(trigger.when, first["seen"]).as_dict(), "holds": True}
        for trigger in journey.entry.triggers
        if isinstance(trigger, EventTrigger)
        and trigger.event == first["cause_name"]
        and trigger.when is not None
    ]
    if journey.entry.filter is not None:
        found.append(
            {"rule": "filter", **recorded(journey.entry.filter, first["seen"]).as_dict(), "holds": True}
        )
    return found


async def _notes(reader: Reader, versions: _Versions, *, suggested: bool) -> list[str]:
    """Say what no row of a passage or a refusal says."""
    newest = next(reversed(versions.rows.values()), None)
    if newest is None:
        return ["The journey has never been published, so nobody was suggested to it."]
    notes = []
    waiting = await reader.one("why_waiting")
    coming = waiting["pending"] + waiting["inbox"] if waiting else 0
    if coming:
        changes = "1 change of this person is" if coming == 1 else f"{coming} changes of this person are"
        notes.append(f"{changes} still to be applied; a worker does that.")
    gate = await reader.one("why_gate")
    if gate is not None:
        order = await reader.one("why_gate_order", at=gate["happened_at"])
        assert order is not None
        limits = " and ".join(
            said for said, limit in (("a cap", order["cap"]), ("a rate", order["rate"])) if limit is not None
        )
        notes.append(
            f"The person waits at the gate since {_instant(gate['happened_at'])}: the entry has {limits}, and "
            f"{order['before']} wait before."
        )
    elif not suggested:
        since = format_instant(newest["published_at"])
        notes.append(f"Never suggested: no trigger has led this person to the journey since {since}.")
        if newest["status"] in ("closed", "stopped", "finished"):
            notes.append(f"Version {newest['version_no']} is {newest['status']}: its triggers are off.")
    return notes


def _move(row: Row, versions: _Versions, messages: list[Row]) -> Row:
    journey = versions.journey(row["version_id"]) if row["version_id"] in versions.rows else None
    # The message of the step that was left was queued by the move before this one.
    message = next(
        (m for m in messages if m["seq"] == row["seq"] - 1 and m["step"] == row["from_step"]), None
    )
    return {
        "seq": row["seq"],
        "at": _instant(row["at"]),
        "version": versions.number(row["version_id"]),
        "cause": row["cause"],
        "cause_name": row["cause_name"],
        "said": cause_of(
            row,
            journey,
            message,
            moved_from=versions.number(row["moved_from"]),
            version=versions.number(row["version_id"]),
        ),
        "from": row["from_step"],
        "path": row["path"],
        "branches": branches_taken(row, journey),
        "to": row["to_step"],
        "status": row["status"],
        "reason": row["reason"],
        "entered": row["entered"],
        "goal": row["goal"],
        "seen": row["seen"],
    }


def _message(row: Row) -> Row:
    names = ("seq", "step", "channel", "state", "reason", "detail", "recipient", "subject", "attempts")
    said = DROPPING_OUT.get(row["reason"] or "")
    return {"at": _instant(row["at"]), "due_at": _instant(row["due_at"]), "said": said} | {
        name: row[name] for name in names
    }


def _refusal(row: Row, versions: _Versions) -> Row:
    return {
        "reason": row["reason"],
        "said": REFUSING.get(row["reason"]),
        "version": versions.number(row["version_id"]),
        "trigger": row["trigger"],
        "times": row["times"],
        "first_at": _instant(row["first_at"]),
        "last_at": _instant(row["last_at"]),
        "seen": row["seen"],
    }


def _instant(value: datetime | None) -> str | None:
    return None if value is None else format_instant(value)
