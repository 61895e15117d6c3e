"""Waiting costs nothing: one unit that moves 100 people, with 10,000, 100,000 and 1,000,000 others waiting."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import timedelta
from uuid import UUID

import uvloop

from house import House, arguments, house, median, publish, say, seed_inside, seed_people, step
from parcours.clock import SystemClock
from parcours.engine.unit import Unit
from parcours.engine.versions import Versions
from parcours.store.database import Database

DUE = 100
WARM_UP = 8  # PostgreSQL decides for or against a general plan after some executions
JOURNEY = {
    "journey": "waiting",
    "entry": {"triggers": [{"manual": True}]},
    "steps": {
        "patience": {"wait": {"for": "30d"}},
        "more": {"wait": {"for": "30d"}},
        "done": {"end": {}},
    },
}
MAKE_DUE = """
    UPDATE parcours.participant p SET wake_at = %(at)s
    FROM (SELECT profile_id FROM parcours.participant WHERE bucket = 0 AND journey_id = 1 AND profile_id >= %(first)s
          ORDER BY profile_id LIMIT %(n)s) d
    WHERE p.bucket = 0 AND p.journey_id = 1 AND p.profile_id = d.profile_id AND p.entry_no = 1
"""
PUT_BACK = """
    UPDATE parcours.participant SET step = 'patience', wake_at = '2100-01-01 00:00:00+00' WHERE step = 'more'
      AND bucket = 0 AND version_id = 1 AND finished_at IS NULL AND wake_at < '2099-01-01 00:00:00+00'
"""


async def prepare(url: str) -> None:
    """Publish the journey."""
    async with await Database.connect(url) as database:
        await publish(database, JOURNEY, paused=False)


async def unit(database: Database, versions: Versions, chance: random.Random) -> float:
    """Make 100 people anywhere due; return the seconds of the unit that moves them, its commit included."""
    async with database.transaction() as connection:
        now = SystemClock().now()
        first = UUID(int=chance.randrange(2**127))
        await connection.execute(
            MAKE_DUE.encode(), {"at": now - timedelta(seconds=1), "first": first, "n": DUE}
        )
    began = time.monotonic()
    async with database.transaction() as connection:
        result = await Unit(connection, versions, 0, 1, now, now).run()
    seconds = time.monotonic() - began
    assert result.moved == DUE, result
    async with database.transaction() as connection:
        await connection.execute(PUT_BACK.encode())
    return seconds


async def measure(addresses: dict[int, str], repetitions: int) -> dict[int, list[float]]:
    """Return the seconds of every unit, by the number of people; in turn."""
    chance = random.Random(1)
    times: dict[int, list[float]] = {people: [] for people in addresses}
    databases = {
        people: (await Database.connect(url, connections=1), Versions()) for people, url in addresses.items()
    }
    for number in range(WARM_UP + repetitions):
        for people, (database, versions) in databases.items():
            seconds = await unit(database, versions, chance)
            if number >= WARM_UP:
                times[people].append(seconds)
    for database, _ in databases.values():
        await database.close()
    return times


def seed(ground: House, people: int) -> str:
    """Make a database of one bucket in which so many people wait; return its address."""
    step(f"seeding {people:,} people who wait")
    url = ground.create(f"waiting_{people}", buckets=1)
    asyncio.run(prepare(url))
    seed_people(url, people)
    seed_inside(url, "patience", "2100-01-01 00:00:00+00")
    return url


def main() -> None:
    """Seed, measure, print."""
    given = arguments(
        __doc__ or "",
        most=(1_000_000, 100_000, "people who wait at most"),
        repetitions=(40, 15, "times each"),
    )
    with house() as ground:
        sizes = (given.most // 100, given.most // 10, given.most)
        times = uvloop.run(measure({people: seed(ground, people) for people in sizes}, given.repetitions))
        for people, seconds in times.items():
            say(f"a unit that moves {DUE}, {people:>9,} wait, ms (median) {median(seconds) * 1000:>8.1f}")
        growth = median(times[sizes[-1]]) / median(times[sizes[0]])
        say(f"{sizes[-1]:,} : {sizes[0]:,} waiting {growth:>27.2f}   aim 1.5 or less")


if __name__ == "__main__":
    main()
