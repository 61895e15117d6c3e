"""Forget one person: what is theirs is gone at the commit, what journeys hold of them behind it, in the engine's time.

At the commit the person is deleted, key and attributes, events, memberships and consents are gone, and nothing that
comes in under the key makes anybody again: a hash of it is kept, and of the address. Inside journeys the person drops
out (`profile_deleted`); when that is done, and nothing on the way may write any more, the engine removes every row
(engine/erasure.py). Totals stay: they name nobody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
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
from parcours.service.intake.taking import feed_numbers
from parcours.store.database import Connection
from parcours.store.queries import query
from parcours.store.roles import as_owner

__all__ = ["Erasure", "erase_person", "read_erasure"]

_AT_ONCE: Final = ("delete_events", "delete_memberships", "erase_consents", "erase_said", "erase_recent")


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

    `suppress`: advertising goes to the address no more, whoever it belongs to later. Raises ParcoursError
    `unknown_person`.
    """
    person = profile_id(user_id)
    where: dict[str, Any] = {"b": Int4(bucket_of(person, buckets)), "p": person, "at": at, "actor": actor}
    profile = await (await connection.execute(query("lock_person"), where)).fetchone()
    if profile is None:
        raise ParcoursError(
            "unknown_person", f"no person {user_id} is known", hint="There is nothing to erase."
        )
    standing = await read_erasure(connection, person, buckets=buckets)
    if standing is not None:
        return standing
    row = await (await connection.execute(query("count_of_person"), where)).fetchone()
    assert row is not None
    counts = dict(zip(("events", "passages", "inside", "messages"), row, strict=True))
    if dry_run:
        return Erasure(person, None, counts=counts, new=True, dry_run=True)
    await _hide_addresses(connection, where, profile[1], suppress=suppress)
    await connection.execute(query("strip_profile"), where)
    for name in _AT_ONCE:
        await connection.execute(query(name), where)
    rows = [{"bucket": int(where["b"]), "profile_id": str(person), "feed_no": feed_numbers(1)[0]}]
    told = {"rows": json.dumps(rows), "kind": "delete", "name": "", "data": "{}", "at": at}
    await connection.execute(query("announce_people"), told)
    await connection.execute(query("ask_erasure"), where)
    await record(
        connection, at, actor=actor, key=EVERY_JOURNEY, command="erase_person", reason=reason,
        options={"person": str(person)}, counts=counts,
    )  # fmt: skip
    named = await (await connection.execute(query("audit_naming"), {"user_id": user_id})).fetchall()
    if named:
        await as_owner(connection)  # processes may not change the audit
        await connection.execute(query("forget_in_audit"), {"user_id": user_id})
    return Erasure(person, at, counts=counts, new=True)


async def read_erasure(connection: Connection, person: UUID, *, buckets: int) -> Erasure | None:
    """Return how it stands with forgetting a person; None where nobody asked."""
    where = {"b": Int4(bucket_of(person, buckets)), "p": person}
    row = await (await connection.execute(query("erasure_of"), where)).fetchone()
    return None if row is None else Erasure(person, row[0], row[3], row[4])


async def _hide_addresses(
    connection: Connection, where: Mapping[str, Any], attributes: Mapping[str, Any], *, suppress: bool
) -> None:
    """Keep of the person's addresses their hashes alone, and, unless told otherwise, write there no more."""
    email = attributes.get("email")
    rows = await (await connection.execute(query("addresses_of_person"), where)).fetchall()
    addresses = {address for (address,) in rows}
    if isinstance(email, str) and email.strip():
        addresses.add(email)
        if suppress:
            await connection.execute(query("suppress_erased"), {**where, "address": email})
    if addresses:
        await connection.execute(query("hash_suppressions"), {"addresses": sorted(addresses)})
