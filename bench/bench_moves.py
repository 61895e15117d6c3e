"""Moves a second: two worker processes against bare SQL that writes the same rows.

A move is: the participant moved, its passage logged, its message queued, the counters kept, on disk.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import uvloop

from house import (
    BUCKETS,
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
    seed_inside,
    seed_people,
    step,
    until,
    workers,
)  # fmt: skip
from parcours.store.database import Database

JOURNEY = {
    "journey": "moves",
    "entry": {"triggers": [{"manual": True}]},
    "email": {"from": "Shop <shop@example.com>", "reply_to": "help@example.com", "subscription": "news"},
    "steps": {
        "patience": {"wait": {"for": "1d"}},
        "mail": {"email": {"subject": "Hello {{ profile.first_name }}", "text": "Hello."}},
        "done": {"end": {}},
    },
}
# One statement per table for everybody in the session's buckets, in one transaction.
BARE = (
    """
    UPDATE parcours.participant
    SET step = 'mail', seq = seq + 1, status = 'active', reason = NULL, wake_at = 'infinity', since_at = %(at)s,
        since_no = 0, hops = 0, entered_step_at = %(at)s, goal_met_at = NULL, finished_at = NULL
    WHERE version_id = 1 AND finished_at IS NULL AND wake_at <= %(at)s AND bucket = ANY (%(buckets)s)
    """,
    """
    INSERT INTO parcours.passage (bucket, journey_id, batch, profile_id, entry_no, seq, at, version_id, cause, from_step,
        to_step, path, status, since_at, since_no, wake_at)
    SELECT bucket, journey_id, 1, profile_id, entry_no, seq, %(at)s, version_id, 'timer', 'patience', 'mail', '{mail}',
        'active', %(at)s, 0, 'infinity'
    FROM parcours.participant WHERE version_id = 1 AND bucket = ANY (%(buckets)s)
    """,
    """
    INSERT INTO parcours.message (bucket, message_id, journey_id, version_id, profile_id, entry_no, seq, step, channel,
        queued_at, due_at, feed_no)
    SELECT bucket, parcours.message_key('moves', profile_id, entry_no, seq, 'mail'), journey_id, version_id, profile_id,
        entry_no, seq, 'mail', 'email', %(at)s, %(at)s, 0
    FROM parcours.participant WHERE version_id = 1 AND bucket = ANY (%(buckets)s)
    """,
    """
    INSERT INTO parcours.counter AS c (bucket, version_id, kind, name, n)
    SELECT p.bucket, p.version_id, k.kind, k.name, count(*)
    FROM parcours.participant p CROSS JOIN (VALUES ('out', 'patience'), ('in', 'mail')) k (kind, name)
    WHERE p.version_id = 1 AND p.bucket = ANY (%(buckets)s) GROUP BY 1, 2, 3, 4
    ON CONFLICT (bucket, version_id, kind, name) DO UPDATE SET n = c.n + excluded.n
    """,
)
MOVED = "SELECT coalesce(sum(n), 0) FROM parcours.counter WHERE kind = 'out' AND name = 'patience'"


async def prepare(url: str) -> None:
    """Publish the journey, paused."""
    async with await Database.connect(url) as database:
        await publish(database, JOURNEY, paused=True)


async def engine(url: str, people: int, number: int) -> float:
    """Return the seconds in which workers move everybody, from the commit of the command that lets them."""
    async with await Database.connect(url) as database:
        with workers(url, number):
            await balanced(database, number)
            began = await go(database, "moves")
            ended = await until(database, MOVED, lambda n: n == people)
        assert await ledger_balances(database)
        async with database.transaction() as connection:
            row = await (
                await connection.execute(
                    "SELECT (SELECT count(*) FROM parcours.passage), (SELECT count(*) FROM parcours.message)"
                )
            ).fetchone()
        assert row == (people, people), row
    return ended - began


def bare(url: str, sessions: int) -> float:
    """Return the seconds in which bare SQL writes the same rows, each session in its share of the buckets."""

    def write(session: int) -> None:
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT clock_timestamp()").fetchone()
            assert row is not None
            for statement in BARE:
                given = {"at": row[0], "buckets": list(range(session, BUCKETS, sessions))}
                connection.execute(statement.encode(), given)

    began = time.monotonic()
    with ThreadPoolExecutor(sessions) as threads:
        list(threads.map(write, range(sessions)))
    return time.monotonic() - began


def compare(ground: House, people: int, repetitions: int) -> None:
    """Run both in turn and print."""
    engines, singles, doubles = [], [], []
    for number in range(1, repetitions + 1):
        with ground.clone("moves") as url:
            singles.append(bare(url, 1))
        with ground.clone("moves") as url:
            engines.append(uvloop.run(engine(url, people, 2)))
        with ground.clone("moves") as url:
            doubles.append(bare(url, 2))
        found = [people / times[-1] for times in (engines, singles, doubles)]
        step(
            "{} of {}: engine {:,.0f}/s, bare SQL {:,.0f}/s, in two sessions {:,.0f}/s".format(
                number, repetitions, *found
            )
        )
    say(
        f"moves a second, engine with 2 workers    {people / median(engines):>10,.0f}   aim 20,000 on 2 quiet cores"
    )
    say(f"moves a second, bare SQL in one session  {people / median(singles):>10,.0f}")
    say(f"moves a second, bare SQL in two sessions {people / median(doubles):>10,.0f}")
    say(f"engine : bare SQL in one session         {ratio(singles, engines):>10.2f}   aim 0.8 or more")
    say(f"engine : bare SQL in two sessions        {ratio(doubles, engines):>10.2f}")


def main() -> None:
    """Seed, compare, print."""
    given = arguments(
        __doc__ or "", people=(100_000, 20_000, "people to move"), repetitions=(3, 1, "times each")
    )
    with house() as ground:
        url = ground.create("moves")
        asyncio.run(prepare(url))
        step(f"seeding {given.people:,} people who wait")
        seed_people(url, given.people)
        seed_inside(url, "patience", "2024-06-02 00:00:00+00")
        compare(ground, given.people, given.repetitions)


if __name__ == "__main__":
    main()
