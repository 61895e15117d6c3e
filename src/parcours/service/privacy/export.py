"""All that is known of one person, as one document: what a person may ask to see, and to take along."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from psycopg.rows import dict_row
from psycopg.types.numeric import Int4

from parcours.domain.errors import ParcoursError
from parcours.domain.identity import bucket_of, profile_id
from parcours.domain.timing import format_instant
from parcours.service.commands.answering import EVERY_JOURNEY
from parcours.service.commands.trail import record
from parcours.service.consent.said import read_consents, read_said
from parcours.service.consent.suppression import read_suppressed
from parcours.service.intake.meaning import FormerName, former_names, who_is
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["export_person", "note_export"]

# Key of the document -> query, in the order of the document. What is `_OWN` stays with a name that was merged.
_PARTS: Final = {
    "audiences": "export_memberships",
    "events": "export_events",
    "passages": "export_passages",
    "moves": "export_moves",
    "messages": "export_messages",
    "refusals": "export_refusals",
    "not_acted_on_yet": "export_waiting",
    "arrived_lately": "export_arrived",
}
_OWN: Final = ("passages", "moves", "messages", "refusals", "not_acted_on_yet", "arrived_lately")


async def export_person(
    connection: Connection, user_id: str, *, buckets: int, at: datetime
) -> dict[str, Any]:
    """Return all that is known of a person, under whatever name, instants as text. Changes nothing.

    Call it first in a transaction of its own, which it makes one snapshot. Raises ParcoursError `unknown_person`, also
    for somebody who was erased.
    """
    await connection.execute(query("begin_snapshot"))
    person = await who_is(connection, profile_id(user_id), buckets=buckets)
    where: dict[str, Any] = {"b": Int4(bucket_of(person, buckets)), "p": person}
    found = await _rows(connection, "export_profile", where)
    if not found or profile_id(found[0]["user_id"]) != person:
        raise ParcoursError(
            "unknown_person", f"no person {user_id} is known", hint="Whoever was erased is known no more."
        )
    [profile] = found
    address = (profile["attributes"] or {}).get("email")
    parts = {name: await _rows(connection, part, where) for name, part in _PARTS.items()}
    former = await former_names(connection, profile["user_id"])
    named = [
        row
        for name in (profile["user_id"], *(one.user_id for one in former))
        for row in await _rows(connection, "audit_naming", {"user_id": name})
    ]
    suppressed = await read_suppressed(connection, address=address) if isinstance(address, str) else []
    return {
        "exported_at": format_instant(at),
        "profile": profile,
        "consents": [one.as_dict() for one in await read_consents(connection, person, buckets=buckets)],
        "consents_ever": [one.as_dict() for one in await read_said(connection, person, buckets=buckets)],
        "suppressed": [one.as_dict() for one in suppressed],
        **parts,
        "former_names": [await _former(connection, one, buckets) for one in former],
        "commands_naming_the_person": sorted(named, key=lambda row: str(row["at"])),
    }


async def _former(connection: Connection, name: FormerName, buckets: int) -> dict[str, Any]:
    """Return what stayed with a name that became part of a person: all else is that person's."""
    person = profile_id(name.user_id)
    where = {"b": Int4(bucket_of(person, buckets)), "p": person}
    parts = {part: await _rows(connection, _PARTS[part], where) for part in _OWN}
    return {"user_id": name.user_id, "merged_at": format_instant(name.merged_at), **parts}


async def note_export(
    connection: Connection, user_id: str, *, at: datetime, actor: str, reason: str | None = None
) -> None:
    """Keep in the audit that somebody was exported, by the hash of the key; in a transaction that may write."""
    await record(
        connection, at, actor=actor, key=EVERY_JOURNEY, command="export_person", reason=reason,
        options={"person": str(profile_id(user_id))},
    )  # fmt: skip


async def _rows(connection: Connection, name: str, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query(name), given)
        return [
            {key: format_instant(v) if isinstance(v, datetime) else v for key, v in row.items()}
            async for row in cursor
        ]
