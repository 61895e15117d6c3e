"""Audiences kept up to date in a bucket: whom a change may concern is asked again, in sets.

A change comes in as a row; a condition is asked again where it looks at what changed. Where time alone may change an
answer, the instant stands beside it and the person is asked again then; nobody else is. A new or changed condition is
asked of everybody, some at a time, silently: nobody comes or goes by that.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from psycopg import AsyncRawCursor
from psycopg.rows import tuple_row
from psycopg.types.numeric import Int4, Int8

from parcours.compiler.audiences import AudienceProgram, compile_audiences
from parcours.domain.parse import parse_audience
from parcours.domain.timing import format_instant, parse_instant
from parcours.engine.versions import Ready, ready
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Audiences", "Compiled", "Moved", "ask_rows", "ask_timely", "fill_some", "next_recheck"]

# Behind every line of an instant, before the runs of a schedule (R3): what time alone changes.
BY_TIME: Final = 4_611_686_018_427_387_902
NOTHING: Final = AudienceProgram((), (), (), {}, frozenset())

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Compiled:
    """The kept audiences, made ready; `heard`: some journey is entered through an audience."""

    program: AudienceProgram
    ask: tuple[tuple[frozenset[int], Ready], ...] = ()
    fill: Mapping[str, Ready] = field(default_factory=dict)
    number: Mapping[str, int] = field(default_factory=dict)
    heard: bool = False

    def by_event(self, name: str) -> set[int]:
        """Return which audiences look at an event."""
        return {no for no, asks in enumerate(self.program.asks) if name in asks.events}

    def by_fields(self, names: Iterable[str]) -> set[int]:
        """Return which audiences look at one of these attributes."""
        changed = frozenset(names)
        return {no for no, asks in enumerate(self.program.asks) if not changed.isdisjoint(asks.fields)}

    def by_list(self, key: str) -> set[int]:
        """Return which audiences look at a list of members."""
        return {no for no, asks in enumerate(self.program.asks) if key in asks.audiences}


class Audiences:
    """The kept audiences as they were last seen; compiled anew where one has changed."""

    def __init__(self) -> None:
        self._revision: int | None = None
        self._compiled = Compiled(NOTHING)

    async def get(self, connection: Connection) -> Compiled:
        """Return the audiences as they are in this transaction."""
        row = await (await connection.execute(query("audiences_known"), prepare=True)).fetchone()
        known = row[0] if row else {"revision": 0, "kept": 0}
        # Lanes share this object and await below: what is returned is this transaction's, never another's.
        compiled = self._compiled
        if known["revision"] != self._revision:
            program = await _read(connection) if known["kept"] else NOTHING
            compiled = Compiled(
                program,
                tuple((numbers, ready(statement)) for numbers, statement in program.ask),
                {key: ready(statement) for key, statement in program.fill.items()},
                {key: no for no, key in enumerate(program.keys)},
            )
        listens = await (await connection.execute(query("somebody_listens"), prepare=True)).fetchone()
        compiled = replace(compiled, heard=bool(listens and listens[0]))
        self._compiled, self._revision = compiled, known["revision"]
        return compiled


async def _read(connection: Connection) -> AudienceProgram:
    conditions, kept = {}, []
    for key, definition, keeps in await (await connection.execute(query("kept_audiences"))).fetchall():
        audience, problems = parse_audience(definition)
        if audience is None or audience.where is None:
            raise ValueError(f"audience {key} cannot be read: {problems[0].message}")
        conditions[key] = audience.where
        if keeps:
            kept.append(key)
    return compile_audiences(conditions, kept)


@dataclass(slots=True)
class Person:
    """One person about whom something came in: what is to be asked, behind which row; `silent`: nothing comes of it."""

    last: Row
    asked: set[int] = field(default_factory=set)
    silent: bool = True
    origin: str | None = None
    begun: bool = False
    joined: set[str] = field(default_factory=set)  # lists that it came on by a merge

    def ask(self, numbers: set[int], row: Row, *, silent: bool) -> None:
        """Note that a row concerns audiences."""
        if not numbers:
            return
        if not self.begun:
            self.origin, self.begun = _origin(row), True
        self.asked |= numbers
        self.silent = self.silent and silent
        self.last = row


@dataclass(frozen=True, slots=True)
class Moved:
    """What comes of asking: rows for the journeys, and when time alone may next change something."""

    rows: list[Row]
    next_at: datetime | None = None


async def ask_rows(
    connection: Connection, compiled: Compiled, bucket: int, rows: Sequence[Row], now: datetime | None
) -> Moved:
    """Ask about the people of rows that came in, in the caller's transaction, which holds the bucket.

    `now` None: each person's own instant. Lists of members have been written already: their changes are told, too.
    """
    people: dict[str, Person] = {}
    told: list[Row] = []
    for row in sorted(rows, key=_position):
        person = people.setdefault(row["profile_id"], Person(row))
        data, name = row["data"], row["name"]
        match row["kind"]:
            case "event":
                person.ask(compiled.by_event(name), row, silent=False)
            case "profile":
                person.ask(compiled.by_fields(data.get("changed") or ()), row, silent=False)
            case "audience" if name not in compiled.program.by_condition:
                person.ask(compiled.by_list(name), row, silent=False)
                came = data.get("op", "add") == "add"
                told.append(_told(row, [name] if came else [], [] if came else [name], _origin(row)))
            case "touch":
                _touched(compiled, person, row)
            case _:
                pass
    asked = {key: person for key, person in people.items() if person.asked or person.joined}
    if not asked:
        return Moved(told)
    found = await _ask(connection, compiled, bucket, asked, now)
    return Moved([*told, *found.rows], found.next_at)


def _touched(compiled: Compiled, person: Person, row: Row) -> None:
    data = row["data"]
    if data.get("new"):
        person.ask(set(range(len(compiled.program.keys))), row, silent=not data.get("loud"))
    if data.get("joined") and data.get("loud"):
        person.joined |= set(data["joined"])
        person.last = row
    if "changed" in data:
        person.ask(compiled.by_fields(data["changed"] or ()), row, silent=True)
    if "event" in data:
        person.ask(compiled.by_event(data["event"]), row, silent=True)
    if "audience" in data:
        person.ask(compiled.by_list(data["audience"]), row, silent=True)


async def ask_timely(
    connection: Connection, compiled: Compiled, bucket: int, now: datetime, people: int
) -> Moved:
    """Ask those again whose answer time alone may have changed by now."""
    keys = list(compiled.program.keys)
    if not keys:
        return Moved([])
    given = {"b": Int4(bucket), "keys": keys, "until": now, "n": Int8(people)}
    due = await (await connection.execute(query("rechecks_due"), given, prepare=True)).fetchall()
    asked: dict[str, Person] = {}
    for profile_id, key in due:
        at = format_instant(now)
        row = {"profile_id": profile_id, "happened_at": at, "feed_no": BY_TIME, "arrived_at": at}
        asked.setdefault(profile_id, Person(row, silent=False)).asked.add(compiled.number[key])
    if not asked:
        return Moved([])
    return await _ask(connection, compiled, bucket, asked, now)


async def next_recheck(connection: Connection, compiled: Compiled, bucket: int) -> datetime | None:
    """Return when time alone may next change a membership in a bucket."""
    keys = list(compiled.program.keys)
    if not keys:
        return None
    given = {"b": Int4(bucket), "keys": keys}
    row = await (await connection.execute(query("next_recheck"), given, prepare=True)).fetchone()
    return row[0] if row else None


async def fill_some(
    connection: Connection, audiences: Audiences, bucket: int, now: datetime, people: int
) -> int | None:
    """Ask the next people of a bucket one condition that everybody is to be asked; None where there is none."""
    found = await connection.execute(query("next_filling"), {"b": Int4(bucket)}, prepare=True)
    if (row := await found.fetchone()) is None:
        return None
    key, after = row
    # Behind the row, which is locked: whoever saved the condition committed both, and begins anew behind us.
    compiled = await audiences.get(connection)
    given: dict[str, Any] = {"b": Int4(bucket), "after": after, "n": Int8(people), "key": key}
    statement = compiled.fill.get(key)
    if statement is None:  # deleted meanwhile, or not kept
        await connection.execute(query("end_filling"), given)
        return 0
    row = await (await connection.execute(query("run_window"), given, prepare=True)).fetchone()
    count, last = row or (0, None)
    if count:
        own = {"b": Int4(bucket), "now": now, "after": after, "last": last}
        await connection.execute(query("ask_by_index"))
        await AsyncRawCursor(connection).execute(statement.text, statement.values(own), prepare=True)
    if count < people:
        await connection.execute(query("end_filling"), given)
    else:
        await connection.execute(query("move_filling"), {**given, "last": last})
    return int(count)


async def _ask(
    connection: Connection,
    compiled: Compiled,
    bucket: int,
    people: Mapping[str, Person],
    now: datetime | None,
) -> Moved:
    came: dict[str, list[str]] = defaultdict(list)
    went: dict[str, list[str]] = defaultdict(list)
    for key, person in people.items():
        if person.joined:
            came[key] += sorted(person.joined)
    written: list[Row] = []
    soonest: datetime | None = None
    await connection.execute(query("ask_by_index"))
    fresh = await _not_yet_filled(connection, bucket)
    for numbers, statement in compiled.ask:
        rows = [
            {"profile_id": key, "at": person.last["arrived_at"], "asked": sorted(person.asked & numbers)}
            for key, person in people.items()
            if person.asked & numbers
        ]
        if not rows:
            continue
        given = {"b": Int4(bucket), "now": now, "rows": json.dumps(rows)}
        cursor = AsyncRawCursor(connection, row_factory=tuple_row)
        await cursor.execute(statement.text, statement.values(given), prepare=True)
        for profile_id, key, was, holds, recheck_at in await cursor.fetchall():
            at = people[profile_id].last["arrived_at"] if now is None else format_instant(now)
            again = None if recheck_at is None else format_instant(recheck_at)
            written.append(
                {"profile_id": profile_id, "key": key, "holds": holds, "at": at, "recheck_at": again}
            )
            if recheck_at is not None and (soonest is None or recheck_at < soonest):
                soonest = recheck_at
            if was != holds and not people[profile_id].silent and fresh.get(key, profile_id) >= profile_id:
                (came if holds else went)[profile_id].append(key)
    if written:
        await _write(connection, bucket, written)
    told = [
        _told(people[key].last, came[key], went[key], people[key].origin) for key in sorted({*came, *went})
    ]
    return Moved(told, soonest)


async def _write(connection: Connection, bucket: int, written: list[Row]) -> None:
    by_instant: dict[str, list[Row]] = defaultdict(list)
    for row in written:
        by_instant[row["at"]].append(row)
    for at, rows in by_instant.items():
        given = {"b": Int4(bucket), "rows": json.dumps(rows), "at": parse_instant(at)}
        await connection.execute(query("keep_belonging"), given, prepare=True)


async def _not_yet_filled(connection: Connection, bucket: int) -> dict[str, str]:
    """Of conditions that everybody is being asked: the last person asked. Nobody behind comes or goes by a change."""
    rows = await (await connection.execute(query("fillings"), {"b": Int4(bucket)}, prepare=True)).fetchall()
    return dict(rows)


def _told(row: Row, came: Sequence[str], went: Sequence[str], origin: str | None) -> Row:
    """A row for journeys that are entered through an audience, behind the row that brought it about."""
    data = {"entered": sorted(came), "left": sorted(went), "origin": origin}
    name = hashlib.sha256(json.dumps(data).encode()).hexdigest()[:16]
    return {
        "profile_id": row["profile_id"], "happened_at": row["happened_at"], "feed_no": row["feed_no"],
        "kind": "qualify", "name": name, "data": data, "arrived_at": row["arrived_at"],
    }  # fmt: skip


def _origin(row: Row) -> str | None:
    """The journey whose step wrote it; None for what came from outside."""
    if row.get("kind") == "profile" and "/" in row["name"]:
        return str(row["name"]).split("/", 1)[0]
    found = (row.get("data") or {}).get("origin")
    return None if found is None else str(found)


def _position(row: Row) -> tuple[str, datetime, int, str, str]:
    at = parse_instant(row["happened_at"])
    assert at is not None
    return row["profile_id"], at, row["feed_no"], row["kind"], row["name"]
