"""Senders as they are kept, and what a draft that goes live says about them."""

from __future__ import annotations

import json

from parcours.domain.journey import Journey
from parcours.domain.parse import parse_journey
from parcours.domain.senders import Sender
from parcours.domain.serialise import journey_document
from parcours.service.commands.versions import VersionRow
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["keep_senders", "read_senders"]


async def read_senders(connection: Connection) -> tuple[Sender, ...]:
    """Return the senders, by key."""
    rows = await (await connection.execute(query("senders"))).fetchall()
    return tuple(
        Sender(key, address, name, reply_to, usual, at) for key, name, address, reply_to, usual, at in rows
    )


async def keep_senders(connection: Connection, version: VersionRow, journey: Journey) -> None:
    """Write into a draft that goes live who sends its mails, where it left that to the senders: it stays so."""
    before, _ = parse_journey(version.definition, templates=version.templates)
    if before is not None and (before.email != journey.email or before.steps != journey.steps):
        given = {"v": version.version_id, "definition": json.dumps(journey_document(journey))}
        await connection.execute(query("save_definition"), given)
