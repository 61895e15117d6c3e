"""Restart: the only worker is killed with thousands of people due; seconds until a new process makes its first move.

The new process is `parcours work`, as one would start it: what it takes to load is in the figure.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time

import uvloop

from house import (
    arguments,
    balanced,
    go,
    house,
    ledger_balances,
    median,
    publish,
    say,
    seed_inside,
    seed_people,
    step,
    until,
)
from parcours.store.database import Database

JOURNEY = {
    "journey": "restart",
    "entry": {"triggers": [{"manual": True}]},
    "steps": {
        "patience": {"wait": {"for": "1d"}},
        "more": {"wait": {"for": "30d"}},
        "done": {"end": {}},
    },
}
MOVED = "SELECT coalesce(sum(n), 0) FROM parcours.counter WHERE kind = 'out' AND name = 'patience'"
BUSY = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'parcours'"
LEAST_DUE = 10_000


def worker(url: str) -> subprocess.Popen[bytes]:
    """Start `parcours work`; it has no mail to send."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PARCOURS_", "PG"))}
    environment = kept | {
        "PARCOURS_DATABASE_URL": url, "PARCOURS_SMTP_HOST": "127.0.0.1", "PARCOURS_SMTP_PORT": "9",
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "parcours", "work"], env=environment, stderr=subprocess.DEVNULL
    )


async def restart(url: str, people: int) -> tuple[float, float]:
    """Return the seconds from the start of a new process to its first move; and from the kill, when it is at once."""
    async with await Database.connect(url, application="bench") as database:
        first = worker(url)
        second = None
        try:
            await balanced(database, 1)
            await go(database, "restart")
            await until(database, MOVED, bool)
            first.kill()
            killed = time.monotonic()
            first.wait()
            second = worker(url)
            started = time.monotonic()
            # Commits under way when it was killed belong to the first one.
            await until(database, BUSY, lambda n: n == 0)
            async with database.transaction() as connection:
                row = await (await connection.execute(MOVED.encode())).fetchone()
            assert row is not None
            moved = row[0]
            assert people - moved >= LEAST_DUE, f"only {people - moved} are left due: seed more people"
            ended = await until(database, MOVED, lambda n: n > moved)
            await until(database, MOVED, lambda n: n == people)
            assert await ledger_balances(database)
        finally:
            for process in (first, second):
                if process is not None:
                    process.terminate()
                    process.wait()
    return ended - started, ended - killed


async def prepare(url: str) -> None:
    """Publish the journey, paused."""
    async with await Database.connect(url) as database:
        await publish(database, JOURNEY, paused=True)


def main() -> None:
    """Seed, kill, restart, print."""
    given = arguments(__doc__ or "", people=(60_000, 40_000, "people due"), repetitions=(5, 2, "times"))
    with house() as ground:
        url = ground.create("restart")
        asyncio.run(prepare(url))
        step(f"seeding {given.people:,} people who are due")
        seed_people(url, given.people)
        seed_inside(url, "patience", "2024-06-02 00:00:00+00")
        found = []
        for number in range(1, given.repetitions + 1):
            with ground.clone("restart") as copy:
                found.append(uvloop.run(restart(copy, given.people)))
            step(f"{number} of {given.repetitions}: {found[-1][0]:.2f} s")
    starts = [start for start, _ in found]
    say(f"seconds from a new process to its first move, median {median(starts):.2f}   aim below 2")
    say(f"                                              longest {max(starts):.2f}")


if __name__ == "__main__":
    main()
