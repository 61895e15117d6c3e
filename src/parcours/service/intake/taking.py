"""Intake: people, events and memberships come in, durable, and journeys are told of them.

A batch is one transaction. State (attributes, memberships) is written at once; journeys hear of it by `pending` rows.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, Literal

import msgspec
from psycopg import AsyncCursor

from parcours.domain.identity import bucket_of, bucket_of_key, key_of, profile_id
from parcours.domain.merging import Stage, plan_stages
from parcours.domain.records import FeedLine
from parcours.service.audiences.touching import touch_events, touch_the_new, what_audiences_ask
from parcours.service.consent.said import keep_said, said_in_feed
from parcours.service.intake.merging import Names, carry_out, know_names, lock_names
from parcours.store.arrays import array, listed
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["IntakeResult", "Mode", "add_people", "delete_profile", "feed_numbers", "remove_people", "take"]

# live: everything may trigger. state: attributes and memberships act, events are history. history: nothing acts.
# quiet: everything as it is, but nobody is told of it: for a feed of which it is known that nobody listens.
Mode = Literal["live", "state", "history", "quiet"]

# Microseconds since 2020 with twelve bits of the process behind them: below 2^62 for decades.
EPOCH = 1_577_836_800_000_000
_salt = os.getpid() & 4095
_state = {"latest": 0}


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """How many lines were stored, and how many had been seen before; `repeats` are their places among the lines."""

    stored: int
    repeated: int
    repeats: tuple[int, ...] = field(default=(), compare=False)
    numbers: tuple[int, ...] = field(default=(), compare=False)  # places in the feed, of every line
    buckets: frozenset[int] = field(default=frozenset(), compare=False)  # where something may be to be done


def feed_numbers(count: int) -> list[int]:
    """Return numbers that rise in the order of arrival, and do not meet those of another process."""
    first = max(_state["latest"] + 1, time.time_ns() // 1000 - EPOCH)
    _state["latest"] = first + count
    return [(first + i) << 12 | _salt for i in range(count)]


async def take(
    connection: Connection,
    lines: Sequence[FeedLine],
    *,
    buckets: int,
    received_at: datetime | None,
    numbers: Sequence[int] | None = None,
    mode: Mode = "live",
    merging: bool = True,
) -> IntakeResult:
    """Store lines in one transaction; the caller's. `received_at` None: each line arrives at its own timestamp.

    `numbers` are their places in the feed, rising; made here unless given. Without `merging` no name was ever
    another person's, and none is in these lines.
    """
    numbers = tuple(numbers or feed_numbers(len(lines)))
    taken = [(place, line) for place, line in enumerate(lines) if line.kind != "ignored"]
    if not taken:
        return IntakeResult(0, 0, (), numbers)
    own = [line for _, line in taken]
    alone = received_at is None or not merging  # who gives the instants: a simulation
    received = received_at.isoformat() if received_at is not None else ""
    rows = {place: _row(line, buckets, received_at, received, numbers[place]) for place, line in taken}
    latest = received_at or max(line.at for line in own if line.at is not None)
    async with connection.pipeline():
        if not alone:
            await lock_names(connection, own, buckets=buckets)
        # First: whoever is to be forgotten meanwhile waits for transactions that have written (decision 0038).
        remembered = await _remember(connection, rows.values(), latest)
        names = await know_names(connection, own, buckets=buckets, alone=alone)
    fresh = {number for (number,) in await remembered.fetchall()}
    new = [(place, line) for place, line in taken if numbers[place] in fresh]
    changed: set[int] = set()
    for stage in plan_stages(new, names.links, names.deleted):
        for place, person in stage.lines:
            if person != lines[place].user_id:
                rows[place] |= _whose(person, buckets)
        changed.update(rows[place]["bucket"] for place, _ in stage.lines)
        changed.update(bucket_of_key(key_of(merge.source), buckets) for merge in stage.merges)
        await _store(
            connection,
            stage,
            lines,
            rows,
            names,
            at=latest,
            received_at=received_at,
            mode=mode,
            buckets=buckets,
        )
    repeats = tuple(place for place, _ in taken if numbers[place] not in fresh)
    return IntakeResult(len(new), len(repeats), repeats, numbers, frozenset(changed))


async def _remember(
    connection: Connection, rows: Collection[dict[str, Any]], at: datetime
) -> AsyncCursor[Any]:
    """Remember the lines; the answer has the numbers of those that had not come before."""
    given = {
        "buckets": array(row["bucket"] for row in rows), "people": array(row["profile_id"] for row in rows),
        "keys": array(row["message_key"] for row in rows), "numbers": array(row["feed_no"] for row in rows),
        "received_at": at,
    }  # fmt: skip
    return await connection.execute(query("remember_seen"), given)


async def _create(connection: Connection, rows: Sequence[dict[str, Any]]) -> set[str]:
    """Make profiles; return the keys of those that were not there."""
    given = {
        "buckets": array(row["bucket"] for row in rows), "people": array(row["profile_id"] for row in rows),
        "instants": array(row["at"] for row in rows), "names": listed(row["user_id"] for row in rows),
    }  # fmt: skip
    cursor = await connection.execute(query("create_profiles"), given)
    return {person.replace("-", "") for (person,) in await cursor.fetchall()}


async def _store(
    connection: Connection, stage: Stage, lines: Sequence[FeedLine], rows: dict[int, dict[str, Any]], names: Names,
    *, at: datetime, received_at: datetime | None, mode: Mode, buckets: int,
) -> None:  # fmt: skip
    new = [(lines[place], rows[place]) for place, _ in stage.lines]
    told = mode in ("live", "state")
    unknown = [row for _, row in new if row["user_id"] in names.new]
    created = await _create(connection, unknown) if unknown else set()
    touching = None if mode == "quiet" else await what_audiences_ask(connection)
    if stage.merges:
        silent = {m.number for m in stage.merges if not told or lines[m.number].historical}
        await carry_out(
            connection, stage.merges, rows, buckets=buckets, silent=silent, touch=touching is not None
        )
    if touching is not None and created:
        await touch_the_new(connection, new, created, mode)
    # Several lines about one person in a batch: attributes fold to one change, memberships to their last word.
    profiles: dict[str, dict[str, Any]] = {}
    memberships: dict[tuple[str, str], dict[str, Any]] = {}
    altered: list[dict[str, Any]] = []  # by history
    events = []
    said: list[dict[str, Any]] = []
    for line, row in new:
        if line.kind == "identify":
            before = profiles.get(row["profile_id"])
            merged = {**(before["properties"] if before else {}), **line.properties}
            announce = told and (not line.historical or bool(before and before["announce"]))
            profiles[row["profile_id"]] = {**row, "properties": merged, "announce": announce}
            if line.historical or not told:
                altered += _looked_at(row, "field", *line.properties)
        elif line.kind == "audience":
            memberships[row["profile_id"], line.name] = {**row, "announce": told and not line.historical}
            if line.historical or not told:
                altered += _looked_at(row, "audience", line.name)
        elif line.kind == "consent":
            said.append(said_in_feed(row))
        elif line.kind == "event":
            events.append({**row, "historical": line.historical or mode in ("state", "history")})
            if events[-1]["historical"]:
                altered += _looked_at(row, "history", line.name)
    events.sort(key=itemgetter("profile_id"))
    async with connection.pipeline():
        if profiles:
            in_order = sorted(profiles.values(), key=lambda row: (row["bucket"], row["profile_id"]))
            text = {"rows": _dump(in_order)}
            if told or touching:
                await connection.execute(query("announce_profiles"), {**text, "touch": touching is not None})
            await connection.execute(query("write_profiles"), text)
        if memberships:
            text = {"rows": _dump(list(memberships.values()))}
            await connection.execute(query("create_audience"), {**text, "at": at})
            for kind, announce in (("audience", True), ("touch", False)):
                some = [row for row in memberships.values() if row["announce"] is announce]
                if some and (announce or touching):
                    given = {"rows": _dump(some), "kind": kind}
                    await connection.execute(query("announce_memberships"), given)
            await connection.execute(query("join_audiences"), text)
            await connection.execute(query("quit_audiences"), text)
        if said:
            await keep_said(connection, said)
        if events:
            kept = [row for row in events if row["user_id"] not in names.deleted]
            given = _columns(kept, received_at)
            if kept:
                await connection.execute(query("store_events"), given)
            if mode == "live":
                given = given if len(kept) == len(events) else _columns(events, received_at)
                await connection.execute(query("announce_events"), given)
            unheard = [row for row in events if mode != "live" or row["historical"]]
            if touching is not None and unheard:
                await touch_events(connection, unheard, touching)
        if altered:
            await connection.execute(query("note_unasked"), {"rows": _dump(altered)})


def _looked_at(row: dict[str, Any], kind: str, *names: str) -> list[dict[str, Any]]:
    """Return what history changes about a person, as rows for `note_unasked`."""
    whose = {"bucket": row["bucket"], "profile_id": row["profile_id"]}
    return [{**whose, "kind": kind, "name": name} for name in names]


def _columns(events: Sequence[dict[str, Any]], received_at: datetime | None) -> dict[str, Any]:
    return {
        "buckets": array(row["bucket"] for row in events), "people": array(row["profile_id"] for row in events),
        "instants": array(row["at"] for row in events), "numbers": array(row["feed_no"] for row in events),
        "historical": array(row["historical"] for row in events), "names": listed(row["name"] for row in events),
        "properties": listed(row["properties"] for row in events), "received_at": received_at,
    }  # fmt: skip


async def add_people(
    connection: Connection, journey_key: str, user_ids: Sequence[str], *, buckets: int, at: datetime,
    numbers: Sequence[int] | None = None,
) -> dict[str, int]:  # fmt: skip
    """Suggest people to a journey by hand. Returns `added` and `unknown` counts; admission decides later."""
    known = await _known(connection, user_ids, buckets, numbers)
    await _announce(connection, known, "add", journey_key, {}, at)
    return {"added": len(known), "unknown": len(user_ids) - len(known)}


async def remove_people(
    connection: Connection, journey_key: str, user_ids: Sequence[str], *, buckets: int, at: datetime,
    numbers: Sequence[int] | None = None, data: dict[str, Any] | None = None,
) -> dict[str, int]:  # fmt: skip
    """Take people out of a journey by hand (`removed_by_user`). Returns `removed` (were inside) and `unknown`."""
    known = await _known(connection, user_ids, buckets, numbers)
    given = {"rows": _dump(known), "key": journey_key, "version": (data or {}).get("version")}
    row = await (await connection.execute(query("count_people_inside"), given)).fetchone()
    await _announce(connection, known, "remove", journey_key, data or {}, at)
    return {"removed": row[0] if row else 0, "unknown": len(user_ids) - len(known)}


async def delete_profile(
    connection: Connection, user_id: str, *, buckets: int, at: datetime, number: int | None = None
) -> dict[str, int]:
    """Delete a person: attributes, events, memberships go; it drops out of every journey (`profile_deleted`)."""
    person = profile_id(user_id)
    given = {"b": bucket_of(person, buckets), "p": person, "at": at}
    cursor = await connection.execute(query("delete_profile"), given)
    if cursor.rowcount == 0:
        return {"deleted": 0}
    await connection.execute(query("delete_events"), given)
    await connection.execute(query("delete_memberships"), given)
    await connection.execute(query("forget_belonging"), given)
    numbers = [number] if number is not None else feed_numbers(1)
    rows = [{"bucket": given["b"], "profile_id": str(person), "feed_no": numbers[0]}]
    await _announce(connection, rows, "delete", "", {}, at)
    return {"deleted": 1}


async def _known(
    connection: Connection, user_ids: Sequence[str], buckets: int, numbers: Sequence[int] | None
) -> list[dict[str, Any]]:
    rows = []
    for number, (user_id, feed_no) in enumerate(
        zip(user_ids, numbers or feed_numbers(len(user_ids)), strict=True)
    ):
        person = profile_id(user_id)
        rows.append(
            {
                "bucket": bucket_of(person, buckets),
                "profile_id": str(person),
                "feed_no": feed_no,
                "number": number,
            }
        )
    cursor = await connection.execute(query("known_people"), {"rows": _dump(rows)})
    found = {number for (number,) in await cursor.fetchall()}
    return [row for row in rows if row["number"] in found]


async def _announce(  # noqa: PLR0917 - the columns of the row
    connection: Connection,
    rows: list[dict[str, Any]],
    kind: str,
    name: str,
    data: dict[str, Any],
    at: datetime,
) -> None:
    if rows:
        given = {"rows": _dump(rows), "kind": kind, "name": name, "data": json.dumps(data), "at": at}
        await connection.execute(query("announce_people"), given)


def _row(
    line: FeedLine, buckets: int, received_at: datetime | None, received: str, number: int
) -> dict[str, Any]:
    """Return what is stored of a line; `received` is `received_at` as it is written."""
    if received_at is None:
        assert line.at is not None
        arrived = at = line.at.isoformat()
    else:
        arrived = received
        at = line.at.isoformat() if line.at is not None and line.at < received_at else received
    return {
        **_whose(line.user_id, buckets),
        "message_key": hashlib.sha256(line.message_key.encode()).hexdigest()[:32],
        "feed_no": number,
        "at": at,
        "arrived_at": arrived,
        "name": line.name,
        "op": line.op,
        "properties": line.properties,
    }


def _whose(user_id: str, buckets: int) -> dict[str, Any]:
    key = key_of(user_id)
    return {"bucket": bucket_of_key(key, buckets), "profile_id": key, "user_id": user_id}


def _dump(rows: Sequence[dict[str, Any]]) -> str:
    return msgspec.json.encode(rows).decode()
