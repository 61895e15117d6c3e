"""One person as they are now, to try a journey with: attributes, events, memberships. Nothing of theirs is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from parcours.domain.errors import ParcoursError
from parcours.domain.identity import bucket_of, profile_id
from parcours.domain.journey import Audience, EventTrigger, Journey
from parcours.domain.parse import parse_audience
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Person", "PersonEvent", "audiences_by_condition", "latest_entry", "read_person"]

Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PersonEvent:
    """One stored event."""

    name: str
    at: datetime
    properties: Json


@dataclass(frozen=True, slots=True)
class Person:
    """A copy of a person. `events` are in their order, `memberships` the static audiences with the instant of joining."""

    user_id: str
    known_since: datetime
    attributes: Json
    events: tuple[PersonEvent, ...]
    memberships: Mapping[str, datetime]


async def read_person(connection: Connection, user_id: str, *, buckets: int) -> Person:
    """Read a person. Raises ParcoursError `unknown_person`."""
    given = _key(user_id, buckets)
    row = await (await connection.execute(query("person_profile"), given)).fetchone()
    if row is None:
        raise ParcoursError(
            "unknown_person",
            f"no person {user_id} is known",
            hint="Name somebody by user_id whose data the trial takes; `parcours import FILE` makes people known.",
        )
    events = await (await connection.execute(query("person_events"), given)).fetchall()
    memberships = await (await connection.execute(query("person_memberships"), given)).fetchall()
    return Person(user_id, row[1], row[0], tuple(PersonEvent(*event) for event in events), dict(memberships))


async def latest_entry(
    connection: Connection, person: Person, journey: Journey, *, buckets: int
) -> tuple[str | None, Json | None]:
    """Return the event by which the person entered last, or might have: its name and properties, None where none is."""
    names = [t.event for t in journey.entry.triggers if isinstance(t, EventTrigger)]
    done = next((event for event in reversed(person.events) if event.name in names), None)
    given = {**_key(person.user_id, buckets), "key": journey.key}
    row = await (await connection.execute(query("person_entry_event"), given)).fetchone()
    name = done.name if done else next(iter(names), None)
    if row is not None:
        return name, row[0]
    return name, done.properties if done else None


async def audiences_by_condition(connection: Connection) -> list[Audience]:
    """Return the audiences that have a condition."""
    rows = await (await connection.execute(query("audience_definitions"))).fetchall()
    return [audience for _, definition in rows if (audience := parse_audience(definition)[0]) is not None]


def _key(user_id: str, buckets: int) -> dict[str, Any]:
    person = profile_id(user_id)
    return {"b": bucket_of(person, buckets), "p": person}
