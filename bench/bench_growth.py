"""Growth: what a move costs with more and more people on file, half of them inside and waiting, half through.

The people who move are the same number each time; what is on file beside them must cost them nothing.
"""

from __future__ import annotations

import asyncio

import psycopg
import uvloop

from house import (
    arguments,
    balanced,
    command,
    go,
    house,
    median,
    publish,
    ratio,
    say,
    seed_people,
    step,
    until,
    workers,
)
from parcours.store.database import Database
from processor import processor_seconds

JOURNEY = {
    "journey": "growth",
    "entry": {"triggers": [{"manual": True}]},
    "steps": {
        "patience": {"wait": {"for": "1d"}},
        "more": {"wait": {"for": "30d"}},
        "done": {"end": {}},
    },
}
MOVED = "SELECT coalesce(sum(n), 0) FROM parcours.counter WHERE kind = 'out' AND name = 'patience'"
# Everybody is on file: some are due, of the others every second one waits for long, the rest are through.
SEED = """
    INSERT INTO parcours.participant (bucket, journey_id, profile_id, entry_no, version_id, status, step, seq, entered_at,
        entered_step_at, cause_at, cause_no, since_at, since_no, wake_at, finished_at)
    SELECT p.bucket, v.journey_id, p.profile_id, 1, v.version_id, CASE WHEN k.through THEN 'completed' ELSE 'active' END,
        'patience', 1, t.at, t.at, t.at, 1, t.at, 1,
        CASE WHEN k.due THEN t.at WHEN k.through THEN 'infinity' ELSE '2100-01-01 00:00:00+00'::timestamptz END,
        CASE WHEN k.through THEN t.at END
    FROM parcours.profile p CROSS JOIN parcours.version v
    CROSS JOIN (SELECT '2024-06-01 00:00:00+00'::timestamptz AS at) t
    CROSS JOIN LATERAL (SELECT substr(p.user_id, 2)::bigint AS n OFFSET 0) u
    CROSS JOIN LATERAL (SELECT u.n <= %(due)s AS due, u.n > %(due)s AND u.n %% 2 = 0 AS through OFFSET 0) k
"""
PUT_BACK = """
    UPDATE parcours.participant SET step = 'patience', wake_at = '2024-06-01 00:00:00+00', seq = seq + 1
    WHERE version_id = 1 AND finished_at IS NULL AND step = 'more'
"""


async def prepare(url: str) -> None:
    """Publish the journey, paused."""
    async with await Database.connect(url) as database:
        await publish(database, JOURNEY, paused=True)


def seed(url: str, people: int, due: int) -> None:
    """Put people on file."""
    seed_people(url, people)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SEED, {"due": due})
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def put_back(url: str) -> None:
    """Let those who moved be due again."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(PUT_BACK)
        connection.execute("VACUUM ANALYZE parcours.participant")


async def move(url: str, due: int, postmaster: int) -> tuple[float, float]:
    """Return the seconds, and the processor seconds, in which one worker moves those who are due."""
    async with await Database.connect(url, application="bench") as database:
        async with database.transaction() as connection:
            row = await (await connection.execute(MOVED.encode())).fetchone()
        assert row is not None
        goal = row[0] + due
        with workers(url, 1) as running:
            await balanced(database, 1)
            family = [postmaster, *(worker.process.pid for worker in running)]
            used = processor_seconds(family)
            began = await go(database, "growth")
            ended = await until(database, MOVED, lambda n: n == goal)
            used = processor_seconds(family) - used
            await command(database, "growth", "pause")
    return ended - began, used


def main() -> None:
    """Seed both, move in turn, print."""
    given = arguments(
        __doc__ or "",
        least=(100_000, 20_000, "people on file"),
        most=(5_000_000, 400_000, "people on file, grown"),
        due=(100_000, 10_000, "people who move"),
        repetitions=(5, 3, "times each"),
    )
    with house() as small, house() as grown:
        grounds = {given.least: small, given.most: grown}
        urls = {people: ground.create("growth") for people, ground in grounds.items()}
        for people, url in urls.items():
            asyncio.run(prepare(url))
            step(f"seeding {people:,} people")
            seed(url, people, given.due)
            # For the caches, and for the pages that go to the log as a whole after a checkpoint.
            uvloop.run(move(url, given.due, grounds[people].postmaster))
        times: dict[int, list[float]] = {people: [] for people in urls}
        costs: dict[int, list[float]] = {people: [] for people in urls}
        for _ in range(given.repetitions):
            for people, url in urls.items():
                put_back(url)
                seconds, used = uvloop.run(move(url, given.due, grounds[people].postmaster))
                times[people].append(seconds / given.due * 1e6)
                costs[people].append(used / given.due * 1e6)
                step(
                    f"{people:,} on file: {times[people][-1]:.1f} µs a move, {costs[people][-1]:.1f} µs of a processor"
                )
    for people in urls:
        taken, used = median(times[people]), median(costs[people])
        say(f"{people:>10,} on file: {taken:>8.1f} µs a move, {used:>8.1f} µs of a processor")
    grown_by = ratio(times[given.most], times[given.least])
    say(f"cost of a move, {given.most:,} on file : {given.least:,}   {grown_by:.2f}   aim below 1.3")
    say(f"the same in processor time {ratio(costs[given.most], costs[given.least]):.2f}")


if __name__ == "__main__":
    main()
