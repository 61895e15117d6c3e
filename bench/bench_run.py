"""People suggested and admitted a second by a scheduled run, against bare INSERTs; a worker's memory; events meanwhile.

Two workers come to everybody of an audience by condition. Beside them events lead people into another journey, ten a
second, and it is asked how long each of them waited. Memory is compared with that of a run over a tenth of the people:
a run of any size should take the same.
"""

from __future__ import annotations

import asyncio
import time

import psycopg
import uvloop

from bench_admission import BARE, SUGGEST
from house import (
    House,
    arguments,
    balanced,
    house,
    ledger_balances,
    median,
    publish,
    say,
    seed_people,
    step,
    until,
    workers,
)
from parcours.clock import SystemClock
from parcours.domain.parse import parse_audience
from parcours.domain.records import FeedLine
from parcours.service.audiences.conditions import save_condition
from parcours.service.commands.schedules import begin_runs
from parcours.service.intake.taking import take
from parcours.service.watch.reports import notify_workers
from parcours.store.database import Database

STEPS = {"patience": {"wait": {"for": "30d"}}, "done": {"end": {}}}
RUN = {
    "journey": "run",
    "entry": {"triggers": [{"audience": "reachable", "schedule": "0 0 1 1 *"}]},
    "steps": STEPS,
}
OTHER = {"journey": "other", "entry": {"triggers": [{"event": "Look"}]}, "steps": STEPS}
REACHABLE = {"audience": "reachable", "where": {"field": "profile.email", "exists": True}}
ENTERED = """SELECT coalesce(sum(c.n), 0) FROM parcours.counter c JOIN parcours.version v USING (version_id)
    JOIN parcours.journey j USING (journey_id) WHERE c.kind = 'entered' AND j.journey_key = 'run'"""
WAITED = """SELECT extract(epoch FROM p.entered_at - p.cause_at)::float FROM parcours.participant p
    JOIN parcours.journey j USING (journey_id) WHERE j.journey_key = 'other' ORDER BY 1"""


async def prepare(url: str) -> None:
    """Save the audience, publish both journeys."""
    audience, _ = parse_audience(REACHABLE)
    assert audience is not None
    async with await Database.connect(url) as database:
        async with database.transaction() as connection:
            await save_condition(connection, audience, SystemClock().now())
        await publish(database, RUN, paused=False)
        await publish(database, OTHER, paused=False)


async def events(database: Database, stop: asyncio.Event) -> None:
    """Let somebody do something ten times a second."""
    number = 0
    while not stop.is_set():
        number += 1
        line = FeedLine("event", f"p{number}", None, f"m{number}", "Look")
        async with database.transaction() as connection:
            await take(connection, [line], buckets=8, received_at=SystemClock().now())
            await notify_workers(connection)
        await asyncio.sleep(0.1)


async def engine(url: str, people: int) -> tuple[float, float, list[float]]:
    """Return the seconds of a run, the megabytes of a worker at most, and how long events waited."""
    async with await Database.connect(url) as database:
        with workers(url, 2) as running:
            await balanced(database, 2)
            stop = asyncio.Event()
            beside = asyncio.create_task(events(database, stop))
            async with database.transaction() as connection:
                await connection.execute("UPDATE parcours.schedule SET next_at = clock_timestamp()")
                await begin_runs(connection, SystemClock().now())
                await notify_workers(connection, "run")
            began = time.monotonic()
            ended = await until(database, ENTERED, lambda n: n == people)
            stop.set()
            await beside
            await until(database, "SELECT count(*) FROM parcours.pending", lambda n: n == 0)
            await until(database, "SELECT count(*) FROM parcours.inbox", lambda n: n == 0)
        async with database.transaction() as connection:
            waited = [seconds for (seconds,) in await (await connection.execute(WAITED.encode())).fetchall()]
        assert await ledger_balances(database)
    return ended - began, max(worker.megabytes for worker in running), waited


def bare(url: str) -> float:
    """Return the seconds in which bare INSERTs write what admission writes, the inbox rows included."""
    with psycopg.connect(url) as connection:
        began = time.monotonic()
        connection.execute(SUGGEST.encode())
        for statement in BARE:
            connection.execute(statement.encode(), {"at": SystemClock().now()})
        connection.commit()
        return time.monotonic() - began


def compare(ground: House, people: int, repetitions: int) -> None:
    """Run both in turn and print."""
    seconds, singles, memory, waited = [], [], [], []
    for number in range(1, repetitions + 1):
        with ground.clone("run") as url:
            singles.append(bare(url))
        with ground.clone("run") as url:
            found, megabytes, waits = uvloop.run(engine(url, people))
        seconds.append(found)
        memory.append(megabytes)
        waited += waits
        step(
            f"{number} of {repetitions}: run {people / found:,.0f}/s, bare INSERTs {people / singles[-1]:,.0f}/s"
        )
    with ground.clone("small") as url:
        _, less, _ = uvloop.run(engine(url, people // 10))
    waited.sort()
    say(f"people a second, a run with 2 workers            {people / median(seconds):>10,.0f}")
    say(f"people a second, bare INSERTs in one session     {people / median(singles):>10,.0f}")
    say(f"run : bare INSERTs                               {median(singles) / median(seconds):>10.2f}")
    say(f"memory of a worker at most, MB                   {max(memory):>10.0f}   aim below 200")
    say(f"the same for a tenth of the people, MB           {less:>10.0f}")
    say(f"an event into another journey meanwhile, p50 ms  {waited[len(waited) // 2] * 1000:>10.0f}")
    say(
        f"the same, p99 ms                                 {waited[len(waited) * 99 // 100] * 1000:>10.0f}   aim 1,000"
    )


def main() -> None:
    """Seed, compare, print."""
    given = arguments(
        __doc__ or "", people=(1_000_000, 50_000, "people of the run"), repetitions=(1, 1, "times each")
    )
    with house() as ground:
        for name, people in (("run", given.people), ("small", given.people // 10)):
            url = ground.create(name)
            asyncio.run(prepare(url))
            step(f"seeding {people:,} people")
            seed_people(url, people)
        compare(ground, given.people, given.repetitions)


if __name__ == "__main__":
    main()
