"""Publishing by two: where that is set, the first publish asks, and the same one by somebody else does it.

What was asked is this definition with its templates, files and choices: whoever publishes something else asks anew.
A key counts as whoever made it, so that nobody agrees with oneself by a key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from parcours.domain.errors import ParcoursError
from parcours.domain.refusals import refusal
from parcours.service.access.options import read_options
from parcours.service.commands.trail import record
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Agreed", "list_approvals", "second_person", "withdraw_approval"]


class Agreed:
    """Nothing stands in the way; `asked_by` is the first person, None where one is enough."""

    def __init__(self, asked_by: str | None = None) -> None:
        self.asked_by = asked_by


async def second_person(
    connection: Connection, version_id: int, journey_id: int, options: Mapping[str, Any], *, at: datetime, actor: str,
    reason: str | None, dry_run: bool,
) -> Agreed | ParcoursError:  # fmt: skip
    """Tell whether a draft may go live by this command; where it asks for a second person, keep that it did.

    The answer where somebody else is needed is an error with the code `second_person_needed`.
    """
    if not (await read_options(connection))["publish_needs_second_person"]:
        return Agreed()
    person = await _person(connection, actor)
    choices = _choices(options)
    given = {"v": version_id, "options": json.dumps(choices, sort_keys=True)}
    row = await (await connection.execute(query("draft_fingerprint"), given)).fetchone()
    assert row is not None
    fingerprint: str = row[0]
    standing = await _standing(connection, version_id)
    same = standing is not None and standing["fingerprint"] == fingerprint
    if standing is not None and same and standing["person"] != person:
        if not dry_run:
            over = {"id": standing["approval_id"], "at": at, "outcome": "approved"}
            await connection.execute(query("end_approval"), over)
        return Agreed(standing["asked_by"])
    if standing is not None and same:
        return _needed(f"{standing['asked_by']} has asked for it already, and cannot agree with oneself")
    if dry_run:
        return _needed("The command would ask for one")
    if standing is not None:
        over = {"id": standing["approval_id"], "at": at, "outcome": "replaced"}
        await connection.execute(query("end_approval"), over)
    asked = given | {
        "j": journey_id, "fingerprint": fingerprint, "reason": reason, "at": at, "actor": actor, "person": person,
    }  # fmt: skip
    await connection.execute(query("ask_approval"), asked)
    if standing is None:
        return _needed("It is asked for now")
    other = "other choices" if standing["options"] != choices else "another definition"
    return _needed(f"What {standing['asked_by']} asked for had {other}; in its place yours is asked for now")


async def list_approvals(connection: Connection, key: str | None = None) -> list[dict[str, Any]]:
    """Return what waits for a second person, the oldest first; of one journey or of all."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("list_approvals"), {"key": key})
        return await cursor.fetchall()


async def withdraw_approval(connection: Connection, approval_id: int, *, at: datetime, actor: str) -> None:
    """Take back what was asked for. Raises ParcoursError `unknown_approval`."""
    found = [row for row in await list_approvals(connection) if row["approval_id"] == approval_id]
    over = {"id": approval_id, "at": at, "outcome": "withdrawn"}
    if not found or await (await connection.execute(query("end_approval"), over)).fetchone() is None:
        hint = "Look at the list of what waits."
        raise ParcoursError(
            "unknown_approval", "Nothing waits for a second person under this number", hint=hint
        )
    [row] = found
    await record(
        connection, at, actor=actor, key=row["journey_key"], command="withdraw_approval",
        version_no=row["version_no"], options={"asked_by": row["asked_by"]},
    )  # fmt: skip


def _choices(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choices of a publish, without those that are what goes without saying."""
    people = options.get("people") or "stay"
    return {name: value for name, value in options.items() if value not in (None, {}, [])} | {
        "people": people
    }


def _needed(more: str) -> ParcoursError:
    error = refusal("second_person_needed")
    return ParcoursError(error.code, f"{error.message.removesuffix('.')}. {more}.", hint=error.hint)


async def _standing(connection: Connection, version_id: int) -> dict[str, Any] | None:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("standing_approval"), {"v": version_id})
        return await cursor.fetchone()


async def _person(connection: Connection, actor: str) -> str:
    """Return who stands behind an actor of the audit: an address, or who has the machine (`cli:NAME`)."""
    kind, _, name = actor.partition(",")[0].partition(":")
    if kind == "key":
        row = await (await connection.execute(query("key_person"), {"name": name})).fetchone()
        return row[0] if row is not None else actor
    return name if kind == "user" else actor.partition(",")[0]
