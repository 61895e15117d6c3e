"""Drafts: a journey definition is saved as the draft of its journey; a draft can always be saved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from parcours.domain.journey import Journey
from parcours.domain.serialise import journey_document
from parcours.service.commands.trail import record
from parcours.service.commands.versions import lock_family
from parcours.service.editing.attachments import save_attachments
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Applied", "apply_journey"]


@dataclass(frozen=True, slots=True)
class Applied:
    """A saved draft: its number, and whether it replaced another one."""

    key: str
    version_no: int
    replaced: bool


async def apply_journey(
    connection: Connection, journey: Journey, at: datetime, *, actor: str | None = None
) -> Applied:
    """Save a journey as draft n+1, or in place of the draft that stands. One transaction: the caller's.

    It is in the audit where somebody (`actor`) did it.
    """
    given = {
        "key": journey.key, "name": journey.name, "description": journey.description, "folder": journey.folder,
        "tags": list(journey.tags), "at": at,
    }  # fmt: skip
    row = await (await connection.execute(query("save_journey"), given)).fetchone()
    assert row is not None
    family = await lock_family(connection, journey.key)
    document = {
        "definition": json.dumps(journey_document(journey)),
        "templates": json.dumps(dict(journey.templates)),
    }
    if family.draft is not None:
        await connection.execute(query("save_draft"), {**document, "v": family.draft.version_id})
        number = family.draft.version_no
    else:
        cursor = await connection.execute(query("add_draft"), {**document, "j": family.journey_id, "at": at})
        row = await cursor.fetchone()
        assert row is not None
        number = row[0]
    await save_attachments(connection, family.journey_id, number, journey.attachments)
    if actor is not None:
        before = "draft" if family.draft is not None else None
        await record(
            connection, at, actor=actor, key=journey.key, command="apply", version_no=number, from_status=before,
            to_status="draft",
        )  # fmt: skip
    return Applied(journey.key, number, replaced=family.draft is not None)
