"""A simulation as a server runs it: one journey, a bounded feed, or what some real people did, within a bounded time.

It has a database, a thread and a loop of its own, so the server goes on answering meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from parcours.domain.errors import ParcoursError
from parcours.domain.journey import Audience, Journey
from parcours.domain.records import FeedLine
from parcours.domain.timing import find_zone, format_instant, parse_instant
from parcours.service.browsing.paging import Row, rows_of
from parcours.service.editing.checking import definition_problems
from parcours.service.editing.definitions import defined_journey
from parcours.service.explaining.person_copy import Person, audiences_by_condition, read_person
from parcours.service.intake.feed import feed_line
from parcours.simulation.driver import simulate
from parcours.store.database import Connection, Database
from parcours.store.migrate import migrate
from parcours.store.queries import query
from parcours.store.scratch import scratch_database

__all__ = ["MOST_DAYS", "MOST_LINES", "MOST_PEOPLE", "Cast", "Wanted", "gather", "play", "summary"]

MOST_LINES: Final = 20_000
MOST_PEOPLE: Final = 2_000
MOST_DAYS: Final = 400
KINDS: Final = ("command", "participant", "message", "refusal", "move", "ledger")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be played. `feed`: messages in the form of the feed; `people`: so many real ones with what they did."""

    journey: str
    start: datetime
    to: datetime
    version: int | None = None
    feed: Sequence[Mapping[str, Any]] = ()
    people: int = 0
    commands: Sequence[Mapping[str, Any]] = ()
    moves: bool = False


@dataclass(frozen=True, slots=True)
class Cast:
    """Everything that is played."""

    wanted: Wanted
    journey: Journey
    version: int
    audiences: Sequence[Audience]
    lines: Sequence[FeedLine] = field(repr=False)
    bad: Sequence[Row] = ()


async def gather(connection: Connection, wanted: Wanted, *, buckets: int) -> Cast:
    """Read what is played.

    Raises ParcoursError `unknown_journey`, `unknown_version`, `invalid`, `simulation_too_large`.
    """
    days = (wanted.to - wanted.start) / timedelta(days=1)
    if not 0 < days <= MOST_DAYS or len(wanted.feed) > MOST_LINES or wanted.people > MOST_PEOPLE:
        raise ParcoursError(
            "simulation_too_large",
            f"at most {MOST_DAYS} days behind `from`, {MOST_LINES:,} lines and {MOST_PEOPLE:,} people are played",
            hint="Play less, or run `parcours simulate`.",
        )  # fmt: skip
    journey, number, _ = await defined_journey(connection, wanted.journey, wanted.version)
    errors = [one for one in definition_problems(journey) if one.severity == "error"]
    if errors:
        raise ParcoursError("invalid", f"{errors[0].place}: {errors[0].message}", hint=errors[0].hint)
    lines: list[FeedLine] = []
    bad: list[Row] = []
    for user_id in await _some_people(connection, wanted.people):
        person = await read_person(connection, user_id, buckets=buckets)
        lines += _history(person, wanted.start)
        if len(lines) > MOST_LINES * 5:
            break
    for place, one in enumerate(wanted.feed):
        try:
            line = feed_line(dict(one), f"feed[{place}]", place + 1)
            if line.at is None:
                raise ParcoursError(  # noqa: TRY301 - told like any other bad line
                    "bad_timestamp", "the line has no timestamp", place=f"feed[{place}].timestamp"
                )
            lines.append(line)
        except ParcoursError as error:
            bad.append(
                {"place": error.place, "code": error.code, "message": error.message, "hint": error.hint}
            )
    audiences = await audiences_by_condition(connection)
    return Cast(wanted, journey, number, audiences, lines, bad)


async def play(cast: Cast, url: str, now: datetime, patience: float) -> list[Row]:
    """Play it in a thread of its own; return the output lines. Raises ParcoursError `simulation_too_large`."""

    async def inside() -> list[Row]:
        async with (
            asyncio.timeout(patience),
            scratch_database(url, now) as own,
            await Database.connect(own, connections=1) as database,
        ):
            async with database.dedicated() as connection:
                await migrate(connection, 1)
            wanted = cast.wanted
            return await simulate(
                database, [cast.journey], cast.audiences, cast.lines, list(wanted.commands), wanted.start, wanted.to,
                moves=wanted.moves, buckets=1,
            )  # fmt: skip

    try:
        return await asyncio.to_thread(lambda: asyncio.run(inside()))
    except TimeoutError:
        raise ParcoursError(
            "simulation_too_large", f"the simulation took longer than {patience:.0f} seconds",
            hint="Play less, or run `parcours simulate`.",
        ) from None  # fmt: skip


def summary(cast: Cast, lines: Sequence[Row]) -> Row:
    """Return the output by kind, and what happened on each day of the journey's time zone."""
    zone = find_zone(cast.journey.timezone) if cast.journey.timezone else None
    days: dict[str, Counter[str]] = defaultdict(Counter)

    def day(text: str | None) -> Counter[str]:
        at = parse_instant(text or "")
        assert at is not None
        return days[(at.astimezone(zone) if zone else at).date().isoformat()]

    found: dict[str, list[Row]] = {kind: [] for kind in KINDS}
    for line in lines:
        found[line["kind"]].append(line)
        if line["kind"] == "participant":
            day(line["entered_at"])["entered"] += 1
            if line["status"] != "active":
                day(line["left_at"])[line["status"]] += 1
        elif line["kind"] == "message":
            day(line["at"])[f"message_{line['outcome']}"] += 1
        elif line["kind"] == "refusal":
            day(line["at"])["refused"] += 1
    return {
        "journey": cast.journey.key, "version": cast.version, "from": format_instant(cast.wanted.start),
        "to": format_instant(cast.wanted.to), "lines": len(cast.lines), "bad": list(cast.bad),
        "days": [{"day": name, "counts": dict(sorted(days[name].items()))} for name in sorted(days)],
        "commands": found["command"], "participants": found["participant"], "messages": found["message"],
        "refusals": found["refusal"], "moves": found["move"], "ledgers": found["ledger"],
    }  # fmt: skip


def _history(person: Person, start: datetime) -> list[FeedLine]:
    """Return a person as lines: attributes and memberships from before the beginning, events when they happened."""
    before = min(start, person.known_since) - timedelta(seconds=1)
    key = person.user_id
    lines = [FeedLine("identify", key, before, f"profile {key}", properties=dict(person.attributes))]
    lines += [
        FeedLine("audience", key, before, f"member {key} {audience}", name=audience)
        for audience in person.memberships
    ]
    lines += [
        FeedLine("event", key, event.at, f"event {number} {key}", event.name, dict(event.properties))
        for number, event in enumerate(person.events)
    ]
    return lines


async def _some_people(connection: Connection, wanted: int) -> list[str]:
    found: list[str] = []
    if wanted:
        for (bucket,) in await (await connection.execute(query("journey_buckets"))).fetchall():
            rows = await rows_of(connection, "sample_people", {"b": bucket, "n": wanted - len(found)})
            found += [row["user_id"] for row in rows]
            if len(found) >= wanted:
                break
    return found
