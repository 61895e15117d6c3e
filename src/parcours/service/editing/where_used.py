"""Where something is used: a journey, an audience, a sender, a template, an event, a field. Asked before it goes away."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from parcours.channels.address import parse_address
from parcours.channels.template import variables
from parcours.domain.errors import ParcoursError
from parcours.domain.journey import Journey
from parcours.domain.parse import parse_audience, parse_journey
from parcours.domain.records import CommandResult
from parcours.domain.uses import Use, UseKind, uses_of_audience, uses_of_journey
from parcours.service.editing.definitions import GOING, StoredVersion
from parcours.service.editing.template_checks import texts_of
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Found", "audience_warnings", "used_audiences", "warned", "where_used"]

ENDING: Final = ("close", "stop", "delete")  # commands after which a journey admits nobody
SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Found:
    """One place that names something: in a version of a journey, or in the condition of an audience."""

    place: str
    journey: str | None = None
    version: int | None = None
    status: str | None = None
    audience: str | None = None

    @property
    def where(self) -> str:
        """Return whose place it is, in words."""
        if self.audience is not None:
            return f"audience {self.audience}"
        return f"{self.journey} version {self.version} ({self.status})"

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return asdict(self)


async def where_used(connection: Connection, kind: UseKind, name: str) -> list[Found]:
    """Return every place that names it, in drafts, in versions that go on, and in conditions of audiences.

    `name` is a key, the name of a file or event, an address with or without a name before it, or a field of the
    profile with or without `profile.` before it.
    """
    wanted = _wanted(kind, name)
    found = []
    # What stands in the definition as JSON, and in templates as it is, tells which of them are worth reading.
    given = {"going": list(GOING), "escaped": json.dumps(wanted)[1:-1], "plain": wanted}
    for row in await (await connection.execute(query("versions_that_say"), given)).fetchall():
        version = StoredVersion(*row)
        journey, _ = parse_journey(version.definition, templates=version.templates)
        places = _places(journey, kind, wanted) if journey is not None else ()
        found += [
            Found(place, version.journey, version.version_no, version.status)
            for place in dict.fromkeys(places)
        ]
    for key, definition in await (await connection.execute(query("audience_definitions"))).fetchall():
        audience, _ = parse_audience(definition)
        uses = uses_of_audience(audience) if audience is not None else ()
        found += [Found(use.place, audience=key) for use in uses if _is(use, kind, wanted)]
    return found


async def used_audiences(connection: Connection, keys: Sequence[str]) -> dict[str, list[Found]]:
    """Return for each of these audiences the places that name it; those that nothing names are left out."""
    found = dict[str, list[Found]]()
    given = {"going": list(GOING), "words": [json.dumps(key) for key in keys]}
    for row in await (await connection.execute(query("versions_that_say_any"), given)).fetchall():
        version = StoredVersion(*row)
        journey, _ = parse_journey(version.definition, templates=version.templates)
        uses = uses_of_journey(journey) if journey is not None else ()
        for key, place in dict.fromkeys((use.name, use.place) for use in uses if use.kind == "audience"):
            one = Found(place, version.journey, version.version_no, version.status)
            found.setdefault(key, []).append(one)
    for key, definition in await (await connection.execute(query("audience_definitions"))).fetchall():
        audience, _ = parse_audience(definition)
        for use in uses_of_audience(audience) if audience is not None else ():
            if use.kind == "audience":
                found.setdefault(use.name, []).append(Found(use.place, audience=key))
    return {key: found[key] for key in keys if key in found}


async def warned(connection: Connection, result: CommandResult) -> CommandResult:
    """Return the answer of a command with what its effect breaks elsewhere: ends that start this journey in vain."""
    if result.command not in ENDING or result.refused is not None or not result.changed:
        return result
    row = await (
        await connection.execute(
            query("still_admitting"), {"key": result.journey, "changed": list(result.changed)}
        )
    ).fetchone()
    if row is not None and row[0]:
        return result
    given = {"key": result.journey, "going": list(GOING)}
    rows = await (await connection.execute(query("versions_that_start"), given)).fetchall()
    warnings = [
        f"{key} version {number} ({status}) starts {result.journey} at `{step}`: nobody is admitted by that any more."
        for key, number, status, step in rows
    ]
    return replace(result, warnings=(*result.warnings, *warnings))


async def audience_warnings(connection: Connection, key: str, members: int | None, removed: int) -> list[str]:
    """Return what a changed audience means for journeys that use it; `members` is None where a condition decides."""
    if members is None:
        going = [
            found
            for found in await where_used(connection, "audience", key)
            if found.status in ("live", "paused", "closed")
        ]
        if not going:
            return []
        return [f"{_listed(going)} keeps the condition with which it was published, until its next version."]
    if members > 0 or removed == 0:
        return []
    found = await where_used(connection, "audience", key)
    return [f"Nobody is left in {key}, which is used by {_listed(found)}."] if found else []


def _listed(found: Sequence[Found]) -> str:
    names = list(dict.fromkeys(one.where for one in found))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _wanted(kind: UseKind, name: str) -> str:
    match kind:
        case "field":
            return name.removeprefix("profile.").split(".")[0]
        case "sender":
            return _spec(name)
        case _:
            return name


def _spec(address: str) -> str:
    """Return the address alone; as it is where it has placeholders."""
    try:
        return parse_address(address).spec
    except ParcoursError:
        return address


def _is(use: Use, kind: UseKind, wanted: str) -> bool:
    return use.kind == kind and (_spec(use.name) if kind == "sender" else use.name) == wanted


def _places(journey: Journey, kind: UseKind, wanted: str) -> Iterator[str]:
    yield from (use.place for use in uses_of_journey(journey) if _is(use, kind, wanted))
    if kind == "field":
        for step in journey.steps.values():
            for place, text in texts_of(step, journey):
                read = {name.split(".")[1] for name in variables(text) if name.startswith("profile.")}
                if wanted in read:
                    yield f"steps.{step.id}.{place}"
