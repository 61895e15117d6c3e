"""Forget one person: what is theirs is gone at the commit, what journeys hold of them behind it, in the engine's time.

At the commit the person is deleted, key and attributes, events, memberships and consents are gone, and nothing that
comes in under the key, or a former name, makes anybody again: hashes of these are kept, and of the address. Inside
journeys the person drops out (`profile_deleted`); when that is done, and nothing on the way may write any more, the
engine removes every row (engine/erasure.py), name by name. Totals stay: they name nobody.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.types.numeric import Int4

from parcours.domain.errors import ParcoursError
from parcours.domain.identity import bucket_of, profile_id
from parcours.domain.timing import format_instant
from parcours.service.commands.answering import EVERY_JOURNEY
from parcours.service.commands.trail import record
from parcours.service.intake.meaning import former_names, who_is
from parcours.service.intake.taking import feed_numbers
from parcours.store.database import Connection
from parcours.store.queries import query
from parcours.store.roles import as_owner

__all__ = ["Erasure", "erase_person", "read_erasure"]

_AT_ONCE: Final = (
    "delete_events", "delete_memberships", "erase_consents", "erase_said", "erase_recent", "erase_identity",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Erasure:
    """How it stands with forgetting a person; `person` is the hash of the key, all that is kept of it."""

    person: UUID
    asked_at: datetime | None
    done_at: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    new: bool = False  # asked for by this command
    dry_run: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            "person": str(self.person),
            "asked_at": format_instant(self.asked_at) if self.asked_at else None,
            "done_at": format_instant(self.done_at) if self.done_at else None,
            "counts": dict(self.counts),
            "new": self.new,
            "dry_run": self.dry_run,
        }


async def erase_person(
    connection: Connection, user_id: str, *, buckets: int, at: datetime, actor: str, reason: str | None = None,
    suppress: bool = True, dry_run: bool = False,
) -> Erasure:  # fmt: skip
    """Ask for a person to be forgotten, in the caller's transaction; asked already, it says how that stands.

    The person is meant under any name, and goes with all of them. `suppress`: advertising goes to the address no more,
    whoever it belongs to later. Raises ParcoursError `unknown_person`.
    """
    # Nothing is written under these names meanwhile, nor do others become part of the person.
    person = await who_is(connection, profile_id(user_id), buckets=buckets, alone=True)
    where: dict[str, Any] = {"b": Int4(bucket_of(person, buckets)), "p": person, "at": at, "actor": actor}
    profile = await (await connection.execute(query("lock_person"), where)).fetchone()
    if profile is None:
        raise ParcoursError(
            "unknown_person", f"no person {user_id} is known", hint="There is nothing to erase."
        )
    standing = await read_erasure(connection, person, buckets=buckets)
    if standing is not None:
        return standing
    names = [profile[0], *(one.user_id for one in await former_names(connection, profile[0]))]
    each = [_place(profile_id(name), buckets, where, root=person) for name in names]
    counts = Counter[str]()
    for one in each:
        row = await (await connection.execute(query("count_of_person"), one)).fetchone()
        assert row is not None
        counts.update(dict(zip(("events", "passages", "inside", "messages"), row, strict=True)))
    counts["names"] = len(names) - 1
    if dry_run:
        return Erasure(person, None, counts=dict(counts), new=True, dry_run=True)
    addresses = await _hide_addresses(connection, each, where, profile[1], suppress=suppress)
    for one in each:
        await connection.execute(query("bury_name"), one)
        await connection.execute(query("strip_profile"), one)
        for name in _AT_ONCE:
            await connection.execute(query(name), one)
        await connection.execute(query("ask_erasure"), one)
    numbers = feed_numbers(len(each))
    rows = [
        {"bucket": int(one["b"]), "profile_id": str(one["p"]), "feed_no": number}
        for one, number in zip(each, numbers, strict=True)
    ]
    told = {"rows": json.dumps(rows), "kind": "delete", "name": "", "data": "{}", "at": at}
    await connection.execute(query("announce_people"), told)
    for forget in ("forget_answers_naming", "forget_recent_naming"):
        await connection.execute(query(forget), {"names": [*names, *addresses]})
    await record(
        connection, at, actor=actor, key=EVERY_JOURNEY, command="erase_person", reason=reason,
        options={"person": str(person)}, counts=dict(counts),
    )  # fmt: skip
    await _forget_in_audit(connection, names)
    return Erasure(person, at, counts=dict(counts), new=True)


async def read_erasure(connection: Connection, person: UUID, *, buckets: int) -> Erasure | None:
    """Return how it stands with forgetting a person, by the hash of any name; None where nobody asked."""
    where = {"b": Int4(bucket_of(person, buckets)), "p": person}
    row = await (await connection.execute(query("erasure_of"), where)).fetchone()
    if row is None:
        return None
    if row[5] is not None:
        return await read_erasure(connection, row[5], buckets=buckets)
    others = await (await connection.execute(query("erasures_with"), {"p": person})).fetchall()
    ends = [row[3], *(done_at for done_at, _ in others)]
    counts = Counter[str](row[4])
    for _, more in others:
        counts.update(more)
    return Erasure(person, row[0], max(ends) if None not in ends else None, dict(counts))


def _place(person: UUID, buckets: int, where: Mapping[str, Any], *, root: UUID) -> dict[str, Any]:
    own = {"b": Int4(bucket_of(person, buckets)), "p": person, "root": None if person == root else root}
    return {**where, **own}


async def _forget_in_audit(connection: Connection, names: Sequence[str]) -> None:
    for name in names:
        if await (await connection.execute(query("audit_naming"), {"user_id": name})).fetchall():
            await as_owner(connection)  # processes may not change the audit
            await connection.execute(query("forget_in_audit"), {"user_id": name})


async def _hide_addresses(
    connection: Connection, each: Sequence[Mapping[str, Any]], where: Mapping[str, Any],
    attributes: Mapping[str, Any], *, suppress: bool,
) -> list[str]:  # fmt: skip
    """Keep of the person's addresses their hashes alone, and, unless told otherwise, write there no more."""
    email = attributes.get("email")
    addresses = set()
    for one in each:
        rows = await (await connection.execute(query("addresses_of_person"), one)).fetchall()
        addresses |= {address for (address,) in rows}
    if isinstance(email, str) and email.strip():
        addresses.add(email)
        if suppress:
            await connection.execute(query("suppress_erased"), {**where, "address": email})
    if addresses:
        await connection.execute(query("hash_suppressions"), {"addresses": sorted(addresses)})
    return sorted(addresses)
