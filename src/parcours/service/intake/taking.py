"""Intake: people, events and memberships come in, durable, and journeys are told of them.

A batch is one transaction. State (attributes, memberships) is written at once; journeys hear of it by `pending` rows.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec

from parcours.domain.identity import bucket_of, profile_id
from parcours.domain.merging import Stage, plan_stages
from parcours.domain.records import FeedLine
from parcours.service.audiences.touching import touch_events, touch_the_new, what_audiences_ask
from parcours.service.consent.said import keep_said, said_in_feed
from parcours.service.intake.merging import Names, carry_out, know_names
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
    another person's, and none is in these lines: it is not asked.
    """
    numbers = tuple(numbers or feed_numbers(len(lines)))
    taken = [(place, line) for place, line in enumerate(lines) if line.kind != "ignored"]
    if not taken:
        return IntakeResult(0, 0, (), numbers)
    own = [line for _, line in taken]
    names = Names()
    if merging:
        # Who gives the instants is alone with the database: a simulation.
        names = await know_names(connection, own, buckets=buckets, alone=received_at is None)
    rows = {place: _row(line, buckets, received_at, numbers[place]) for place, line in taken}
    latest = received_at or max(line.at for line in own if line.at is not None)
    keys = [_only(row, "bucket", "profile_id", "message_key", "feed_no") for row in rows.values()]
    cursor = await connection.execute(query("remember_seen"), {"rows": _dump(keys), "received_at": latest})
    fresh = {number for (number,) in await cursor.fetchall()}
    new = [(place, line) for place, line in taken if rows[place]["feed_no"] in fresh]
    for stage in plan_stages(new, names.links, names.deleted):
        for place, person in stage.lines:
            if person != lines[place].user_id:
                rows[place] |= _whose(person, buckets)
        await _store(connection, stage, lines, rows, at=latest, mode=mode, buckets=buckets)
    repeats = tuple(place for place, _ in taken if rows[place]["feed_no"] not in fresh)
    return IntakeResult(len(new), len(repeats), repeats, numbers)


async def _store(
    connection: Connection, stage: Stage, lines: Sequence[FeedLine], rows: dict[int, dict[str, Any]], *,
    at: datetime, mode: Mode, buckets: int,
) -> None:  # fmt: skip
    new = [(lines[place], rows[place]) for place, _ in stage.lines]
    people = [_only(row, "bucket", "profile_id", "user_id", "at") for _, row in new]
    told = mode in ("live", "state")
    async with connection.pipeline():
        cursor = await connection.execute(query("create_profiles"), {"rows": _dump(people)})
        touching = None if mode == "quiet" else await what_audiences_ask(connection)
    if stage.merges:
        silent = {m.number for m in stage.merges if not told or lines[m.number].historical}
        await carry_out(
            connection, stage.merges, rows, buckets=buckets, silent=silent, touch=touching is not None
        )
    if touching is not None:
        created = {person.replace("-", "") for (person,) in await cursor.fetchall()}
        await touch_the_new(connection, new, created, mode)
    # Several lines about one person in a batch: attributes fold to one change, memberships to their last word.
    profiles: dict[str, dict[str, Any]] = {}
    memberships: dict[tuple[str, str], dict[str, Any]] = {}
    events = []
    said: list[dict[str, Any]] = []
    for line, row in new:
        if line.kind == "identify":
            before = profiles.get(row["profile_id"])
            merged = {**(before["properties"] if before else {}), **line.properties}
            announce = told and (not line.historical or bool(before and before["announce"]))
            profiles[row["profile_id"]] = {**row, "properties": merged, "announce": announce}
        elif line.kind == "audience":
            memberships[row["profile_id"], line.name] = row
        elif line.kind == "consent":
            said.append(said_in_feed(row))
        elif line.kind == "event":
            events.append({**row, "historical": line.historical or mode in ("state", "history")})
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
            if told or touching:
                kind = "audience" if told else "touch"
                await connection.execute(query("announce_memberships"), {**text, "kind": kind})
            await connection.execute(query("join_audiences"), text)
            await connection.execute(query("quit_audiences"), text)
        if said:
            await keep_said(connection, said)
        if events:
            text = {"rows": _dump(events)}
            await connection.execute(query("store_events"), text)
            heard = [row for row in events if mode == "live" and not row["historical"]]
            if len(heard) < len(events):
                text = {"rows": _dump(heard)}
            if heard:
                await connection.execute(query("announce_events"), text)
            if touching is not None and len(heard) < len(events):
                unheard = [row for row in events if mode != "live" or row["historical"]]
                await touch_events(connection, unheard, touching)


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


def _row(line: FeedLine, buckets: int, received_at: datetime | None, number: int) -> dict[str, Any]:
    arrived = received_at or line.at
    assert arrived is not None
    at = min(line.at, arrived) if line.at is not None else arrived
    return {
        **_whose(line.user_id, buckets),
        "message_key": hashlib.sha256(line.message_key.encode()).hexdigest()[:32],
        "feed_no": number,
        "at": at.isoformat(),
        "arrived_at": arrived.isoformat(),
        "name": line.name,
        "op": line.op,
        "properties": line.properties,
    }


def _whose(user_id: str, buckets: int) -> dict[str, Any]:
    """Return a person's key in short: as `profile_id` and `bucket_of` say it, for many at once."""
    digest = hashlib.sha256(user_id.encode()).hexdigest()[:32]
    return {"bucket": int(digest[:8], 16) * buckets >> 32, "profile_id": digest, "user_id": user_id}


def _only(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _dump(rows: Sequence[dict[str, Any]]) -> str:
    return msgspec.json.encode(rows).decode()
