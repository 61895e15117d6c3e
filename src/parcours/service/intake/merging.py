"""Two names that are one person's: whose a line is, and what becomes of the one that is merged (R12).

Lines are written under names that others may be merging at the same time. So names are locked, shared by those who
write and exclusively by those who merge; what is read behind that stays true.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import AsyncCursor

from parcours.domain.identity import bucket_of_key, key_of
from parcours.domain.merging import Merge, mergeable, out_by_merging
from parcours.domain.records import FeedLine
from parcours.domain.timing import BEGINNING
from parcours.service.consent.said import keep_said
from parcours.service.intake.meaning import lock_slots, slot_of_key
from parcours.store.arrays import array
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Names", "carry_out", "know_names", "lock_names"]


@dataclass(slots=True)
class Names:
    """What is known about names: `links` to whom merged ones belong, `deleted` people, and who has no profile yet."""

    links: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    new: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)


async def lock_names(connection: Connection, lines: Sequence[FeedLine], *, buckets: int) -> None:
    """Lock the names of these lines until the transaction ends."""
    merging = _merging(lines)
    past = Names()
    if merging:
        # A name that was merged is never merged again; the others of these lines may be, by us.
        await _learn(past, merging, await _ask(connection, merging, buckets))
    fresh = {_slot(name) for name in merging if name not in past.links}
    await _lock(connection, merging.union(line.user_id for line in lines), fresh)


async def know_names(
    connection: Connection, lines: Sequence[FeedLine], *, buckets: int, alone: bool
) -> Names:
    """Tell what is known about the names of these lines, which are locked unless the caller is `alone`."""
    names = Names()
    wanted = _merging(lines).union(line.user_id for line in lines)
    while wanted:
        if names.asked and not alone:
            await _lock(connection, wanted, ())
        await _learn(names, wanted, await _ask(connection, wanted, buckets))
        wanted = set(names.links.values()) - names.asked
    return names


def _merging(lines: Sequence[FeedLine]) -> set[str]:
    return {line.merges for line in lines if line.merges and mergeable(line.merges)}


def _slot(name: str) -> int:
    return slot_of_key(key_of(name))


async def _lock(connection: Connection, names: Iterable[str], fresh: Iterable[int]) -> None:
    await lock_slots(connection, {_slot(name) for name in names}, fresh)


async def _ask(connection: Connection, wanted: Collection[str], buckets: int) -> AsyncCursor[Any]:
    people = [key_of(name) for name in wanted]
    given = {"buckets": array(bucket_of_key(person, buckets) for person in people), "people": array(people)}
    async with connection.pipeline():
        await connection.execute(query("look_by_key"))
        found = await connection.execute(query("look_up_names"), given)
        await connection.execute(query("look_freely"))
    return found


async def _learn(names: Names, wanted: Collection[str], found: AsyncCursor[Any]) -> None:
    in_order = list(wanted)
    for number, into, deleted, new in await found.fetchall():
        name = in_order[number]
        if into is not None:
            names.links[name] = into
        elif deleted:
            names.deleted.add(name)
        if new:
            names.new.add(name)
    names.asked.update(in_order)


async def carry_out(
    connection: Connection,
    merges: Sequence[Merge],
    rows: Mapping[int, Mapping[str, Any]],
    *,
    buckets: int,
    silent: set[int],
    touch: bool,
) -> None:
    """Let the sources become part of the targets, which have profiles; nobody is in two of these merges.

    `rows` are those of the lines, by number; of the `silent` ones no journey is told but those that the source is in.
    `touch`: audiences are asked about those who stay.
    """
    pairs = []
    for merge in merges:
        line, into = rows[merge.number], _place(merge.target, buckets)
        pairs.append(
            {
                **_place(merge.source, buckets), "user_id": merge.source, "into_id": merge.target,
                "into_bucket": into["bucket"], "into_profile": into["profile_id"], "feed_no": line["feed_no"],
                "at": line["at"], "arrived_at": line["arrived_at"],
            }
        )  # fmt: skip
    in_order = sorted(pairs, key=lambda pair: (pair["bucket"], pair["profile_id"]))
    given = {"rows": _dump(in_order), "first": FIRST}
    both = [
        *in_order,
        *({"bucket": pair["into_bucket"], "profile_id": pair["into_profile"]} for pair in pairs),
    ]
    async with connection.pipeline():
        history = await connection.execute(query("take_history"), given)
        attributes = await connection.execute(query("take_attributes"), given)
        memberships = await connection.execute(query("take_memberships"), given)
        consents = await connection.execute(query("consents_of_people"), {"rows": _dump(both)})
        await connection.execute(query("link_names"), given)
        await connection.execute(query("announce_merged"), given)
        cleared = await connection.execute(query("clear_merged"), given)
        await connection.execute(query("clear_events_of_merged"), given)
        await connection.execute(query("clear_memberships_of_merged"), given)
        await connection.execute(query("clear_belonging_of_merged"), given)
    for cursor, name in ((attributes, "fill_profiles"), (history, "take_over_events")):
        row = await cursor.fetchone()
        if row is not None and row[0] != "[]":
            await connection.execute(query(name), {"rows": row[0]})
    await _carry_consents(connection, pairs, await consents.fetchall())
    joined = await _join(connection, await memberships.fetchone())
    known = {name for (name,) in await cleared.fetchall()}
    grown = [
        {**pair, "loud": merge.number not in silent, "joined": joined.get(pair["into_profile"], [])}
        for merge, pair in zip(merges, pairs, strict=True)
        if merge.source in known
    ]
    quietly = [
        {"bucket": row["into_bucket"], "profile_id": row["into_profile"], "kind": "*", "name": ""}
        for row in grown
        if not row["loud"]
    ]
    if quietly:
        await connection.execute(query("note_unasked"), {"rows": _dump(quietly)})
    told = [row for row in grown if row["loud"]]
    if told:
        await connection.execute(query("announce_grown"), {"rows": _dump(told)})
    asked = [row for row in grown if touch or (row["loud"] and row["joined"])]
    if asked:
        await connection.execute(query("touch_grown"), {"rows": _dump(asked)})


async def _carry_consents(
    connection: Connection, pairs: Sequence[Mapping[str, Any]], found: Sequence[tuple[Any, ...]]
) -> None:
    """Let those who stay have said what those who are merged said; whoever said no among them, has said it (P135)."""
    former = {pair["profile_id"]: pair for pair in pairs}
    said: dict[str, dict[str, tuple[str, datetime]]] = defaultdict(dict)
    for person, key, state, changed_at in found:
        said[person.replace("-", "")][key] = (state, changed_at)
    if not any(person in former for person in said):
        return
    rows = []
    for person, pair in former.items():
        ours, theirs = said.get(person, {}), said.get(pair["into_profile"], {})
        states = [{key: state for key, (state, _) in words.items()} for words in (ours, theirs)]
        whose = {"bucket": pair["into_bucket"], "profile_id": pair["into_profile"]}
        for key in out_by_merging(*states):
            instants = [words[key][1] for words in (ours, theirs) if key in words]
            at = max(datetime.fromisoformat(pair["at"]), *instants)
            rows.append(
                {
                    **whose, "subscription": key, "state": "out", "at": at.isoformat(), "feed_no": pair["feed_no"],
                    "by_what": "merge", "source": None,
                }
            )  # fmt: skip
    given = {"rows": _dump([former[person] for person in sorted(former)])}
    log = await (await connection.execute(query("take_said"), given)).fetchone()
    ever = msgspec.json.decode(log[0]) if log else []
    rows += [{**row, "profile_id": row["profile_id"].replace("-", "")} for row in ever]  # as all keys here
    await keep_said(connection, rows)
    await connection.execute(query("clear_consents_of_merged"), given)
    await connection.execute(query("clear_said_of_merged"), given)


async def _join(connection: Connection, taken: tuple[str] | None) -> dict[str, list[str]]:
    """Write memberships; return, by person, the lists that it was not on before."""
    joined: dict[str, list[str]] = defaultdict(list)
    if taken is not None and taken[0] != "[]":
        cursor = await connection.execute(query("join_audiences"), {"rows": taken[0]})
        for person, key in await cursor.fetchall():
            joined[person.replace("-", "")].append(key)
    return joined


# Earlier than whatever else is still to be applied to somebody: rounds take the oldest row first.
FIRST: Final[datetime] = BEGINNING


def _place(name: str, buckets: int) -> dict[str, Any]:
    person = key_of(name)
    return {"bucket": bucket_of_key(person, buckets), "profile_id": person}


def _dump(rows: Sequence[Mapping[str, Any]]) -> str:
    return msgspec.json.encode(rows).decode()
