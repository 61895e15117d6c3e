"""Admissions a second: people suggested by inbox rows, against bare INSERTs of the same rows; memory of a worker."""

from __future__ import annotations

import asyncio
import time

import psycopg
import uvloop

from house import (
    House,
    arguments,
    balanced,
    go,
    house,
    ledger_balances,
    median,
    publish,
    ratio,
    say,
    seed_people,
    step,
    until,
    workers,
)  # fmt: skip
from parcours.store.database import Database
from processor import processor_seconds

JOURNEY = {
    "journey": "admission",
    "entry": {"triggers": [{"manual": True}]},
    "steps": {"patience": {"wait": {"for": "30d"}}, "done": {"end": {}}},
}
SUGGEST = """
    INSERT INTO parcours.inbox (bucket, journey_id, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
    SELECT bucket, 1, profile_id, now(), row_number() OVER (), 'add', 'admission', '{}', now() FROM parcours.profile
"""
BARE = (
    """
    INSERT INTO parcours.passage (bucket, journey_id, batch, profile_id, entry_no, seq, at, version_id, cause, cause_name,
        to_step, path, status, entered, since_at, since_no, wake_at)
    SELECT bucket, journey_id, 1, profile_id, 1, 1, %(at)s, 1, kind, name, 'patience', '{patience}', 'active', true,
        happened_at, feed_no, %(at)s + interval '30 days'
    FROM parcours.inbox
    """,
    """
    INSERT INTO parcours.participant (bucket, journey_id, profile_id, entry_no, version_id, status, step, seq, entered_at,
        entered_step_at, cause_at, cause_no, since_at, since_no, wake_at)
    SELECT bucket, journey_id, profile_id, 1, 1, 'active', 'patience', 1, %(at)s, %(at)s, happened_at, feed_no,
        happened_at, feed_no, %(at)s + interval '30 days'
    FROM parcours.inbox
    """,
    """
    INSERT INTO parcours.counter (bucket, version_id, kind, name, n)
    SELECT i.bucket, 1, k.kind, k.name, count(*)
    FROM parcours.inbox i
    CROSS JOIN (VALUES ('entered', ''), ('in', 'entry'), ('out', 'entry'), ('in', 'patience')) k (kind, name)
    GROUP BY 1, 2, 3, 4
    """,
)
INSIDE = "SELECT coalesce(sum(n), 0) FROM parcours.counter WHERE kind = 'entered'"


async def prepare(url: str) -> None:
    """Publish the journey."""
    async with await Database.connect(url) as database:
        await publish(database, JOURNEY, paused=False)


async def engine(url: str, people: int, postmaster: int) -> tuple[float, float, list[float]]:
    """Return the seconds in which two workers admit everybody, processor seconds, and the megabytes of each at most."""
    async with await Database.connect(url) as database:
        with workers(url, 2) as running:
            await balanced(database, 2)
            async with database.transaction() as connection:
                await connection.execute(SUGGEST.encode())
            family = [postmaster, *(worker.process.pid for worker in running)]
            used = processor_seconds(family)
            began = await go(database, "admission")  # changes nothing: the workers are told to look
            ended = await until(database, INSIDE, lambda n: n == people)
            used = processor_seconds(family) - used
        assert await ledger_balances(database)
    return ended - began, used, [worker.megabytes for worker in running]


def bare(url: str, postmaster: int) -> tuple[float, float]:
    """Return the seconds in which bare INSERTs write the same rows, and processor seconds."""
    with psycopg.connect(url) as connection:
        connection.execute(SUGGEST.encode())
        connection.commit()
        row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        used, began = processor_seconds([postmaster]), time.monotonic()
        for statement in BARE:
            connection.execute(statement.encode(), {"at": row[0]})
        connection.commit()
        return time.monotonic() - began, processor_seconds([postmaster]) - used


def compare(ground: House, people: int, repetitions: int) -> None:
    """Run both in turn and print."""
    engines, singles, costs, bares, megabytes = [], [], [], [], []
    for number in range(1, repetitions + 1):
        with ground.clone("admission") as url:
            seconds, used = bare(url, ground.postmaster)
        singles.append(seconds)
        bares.append(used)
        with ground.clone("admission") as url:
            seconds, used, memory = uvloop.run(engine(url, people, ground.postmaster))
        engines.append(seconds)
        costs.append(used)
        megabytes += memory
        found = (people / engines[-1], people / singles[-1])
        step("{} of {}: engine {:,.0f}/s, bare INSERTs {:,.0f}/s".format(number, repetitions, *found))
    say(
        f"admissions a second, engine with 2 workers       {people / median(engines):>10,.0f}   aim 50,000 on quiet cores"
    )
    say(f"admissions a second, bare INSERTs in one session {people / median(singles):>10,.0f}")
    say(f"engine : bare INSERTs                            {ratio(singles, engines):>10.2f}")
    say(
        f"processor time for one, µs, engine               {median(costs) / people * 1e6:>10.0f}   server and workers"
    )
    say(f"processor time for one, µs, bare INSERTs         {median(bares) / people * 1e6:>10.0f}")
    say(f"memory of a worker at most, MB                   {max(megabytes):>10.0f}   aim below 200")


def main() -> None:
    """Seed, compare, print."""
    given = arguments(
        __doc__ or "", people=(300_000, 30_000, "people to admit"), repetitions=(3, 1, "times each")
    )
    with house() as ground:
        url = ground.create("admission")
        asyncio.run(prepare(url))
        step(f"seeding {given.people:,} people")
        seed_people(url, given.people)
        compare(ground, given.people, given.repetitions)


if __name__ == "__main__":
    main()
