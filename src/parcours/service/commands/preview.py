"""What a resume would set free: kept events, people by step, the queue, and what comes due in the hours behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg.rows import dict_row

from parcours.domain.choices import Choices
from parcours.domain.journey import Journey, Wait, WaitFor
from parcours.domain.parse import parse_journey
from parcours.service.commands.versions import VersionRow, lock_family
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["HOURS", "Preview", "coming", "deadlines", "preview_resume"]

HOURS: Final = 24
NOTHING: Final = timedelta()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a resume of one version would set free, by the deadlines as they are now; goals and exits may take some out.

    `kept`: rows and people by name of the event. `now` and `messages`: at once, by step. `later`: people and
    messages by step and hour behind the resume, of the first `hours`. `catch_up`: people a second; None: all at once.
    """

    version: int
    hours: int
    catch_up: float | None
    kept: list[dict[str, Any]]
    now: dict[str, int]
    queue: int
    messages: dict[str, int]
    later: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return asdict(self)


async def preview_resume(
    connection: Connection, key: str, versions: Sequence[int], at: datetime, hours: int = HOURS
) -> list[Preview]:
    """Return what a resume at an instant would set free, for each of these versions (by id) that is paused."""
    family = await lock_family(connection, key)
    found = [v for v in family.versions if v.version_id in versions and v.status == "paused"]
    return [await _preview(connection, family.journey_id, version, at, hours) for version in found]


async def _preview(
    connection: Connection, journey_id: int, version: VersionRow, at: datetime, hours: int
) -> Preview:
    given = {
        **deadlines(version, at), "v": version.version_id, "j": journey_id, "at": at,
        "until": at + timedelta(hours=hours),
    }  # fmt: skip
    kept = await _rows(connection, "preview_kept", given)
    people = await _rows(connection, "preview_people", given)
    messages = await _rows(connection, "preview_messages", given)
    return Preview(
        version.version_no, hours, Choices.from_json(version.pause).catch_up, kept,
        now={row["step"]: row["people"] for row in people if row["step"] is not None and row["hour"] is None},
        queue=sum(row["people"] for row in people if row["step"] is None),
        messages={row["step"]: row["messages"] for row in messages if row["hour"] is None},
        later=_by_hour(people, messages),
    )  # fmt: skip


def deadlines(version: VersionRow, at: datetime) -> dict[str, Any]:
    """Return what a query needs to tell the deadlines of people when the pause of their version ends at an instant.

    Where they move with the pause (`extend`): since when it is, by how much, and those of which steps.
    """
    moves = Choices.from_json(version.pause).timers == "extend" and version.paused_at is not None
    journey, _ = parse_journey(version.definition, templates=version.templates)
    since = version.paused_at or at
    return {
        "since": since,
        "by": at - since if moves else NOTHING,
        "steps": _with_durations(journey) if moves and journey is not None else [],
    }


async def coming(
    connection: Connection, journey_id: int, version: VersionRow, at: datetime, hours: int = HOURS
) -> list[dict[str, Any]]:
    """Return who of a version becomes due, and which messages, in the hours behind an instant, by step and hour."""
    given = {
        **deadlines(version, at), "v": version.version_id, "j": journey_id, "at": at,
        "until": at + timedelta(hours=hours),
    }  # fmt: skip
    people = await _rows(connection, "preview_people", given)
    return _by_hour(people, await _rows(connection, "preview_messages", given))


def _by_hour(
    people: Sequence[Mapping[str, Any]], messages: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for row in (*people, *messages):
        if row["hour"] is None:
            continue
        none = {"step": row["step"], "hour": row["hour"], "people": 0, "messages": 0}
        one = found.setdefault((row["hour"], row["step"]), none)
        one["people"] += row.get("people", 0)
        one["messages"] += row.get("messages", 0)
    return [found[key] for key in sorted(found)]


def _with_durations(journey: Journey) -> list[str]:
    """Return the steps whose deadline moves with an extending pause."""
    return [
        step.id
        for step in journey.steps.values()
        if (isinstance(step, Wait) and step.duration is not None)
        or (isinstance(step, WaitFor) and step.timeout is not None)
    ]


async def _rows(connection: Connection, name: str, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query(name), given)
        return await cursor.fetchall()
