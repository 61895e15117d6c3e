"""Commands in the rush: pause, resume and stop while two workers move people, until their commit; then the sweep."""

from __future__ import annotations

import asyncio
import time

import uvloop

from house import (
    House,
    arguments,
    balanced,
    command,
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
    workers,
)  # fmt: skip
from parcours.store.database import Database

JOURNEY = {
    "journey": "commands",
    "entry": {"triggers": [{"manual": True}]},
    "email": {"from": "Shop <shop@example.com>", "reply_to": "help@example.com", "subscription": "news"},
    "steps": {
        "patience": {"wait": {"for": "1d"}},
        "mail": {"email": {"subject": "Hello {{ profile.first_name }}", "text": "Hello."}},
        "done": {"end": {}},
    },
}
MOVED = "SELECT coalesce(sum(n), 0) FROM parcours.counter WHERE kind = 'out' AND name = 'patience'"
SETTLING = "SELECT settling FROM parcours.version"
TASKS = 'SELECT count(*) FROM parcours.fence WHERE rights @> \'[{"task": "sweep"}]\''
IN_THE_RUSH = 0.5  # seconds of moving before a command


async def prepare(url: str) -> None:
    """Publish the journey, paused."""
    async with await Database.connect(url) as database:
        await publish(database, JOURNEY, paused=True)


async def timed(database: Database, name: str) -> float:
    """Return the seconds until a command has committed."""
    began = time.monotonic()
    await command(database, "commands", name)
    return time.monotonic() - began


async def rush(url: str, people: int) -> tuple[dict[str, float], float, list[float]]:
    """Return the seconds of each command, the people a second of the sweep, and the megabytes of the workers."""
    seconds = {}
    async with await Database.connect(url) as database:
        with workers(url, 2) as running:
            await balanced(database, 2)
            await go(database, "commands")
            for name in ("pause", "resume", "stop"):
                if name != "resume":
                    await until(database, MOVED, lambda n: n > 0)
                    await asyncio.sleep(IN_THE_RUSH)
                seconds[name] = await timed(database, name)
                if name == "pause":
                    async with database.transaction() as connection:
                        row = await (await connection.execute(MOVED.encode())).fetchone()
                    assert row is not None
                    step(f"{row[0]:,} of {people:,} had moved when the pause was true")
            began = time.monotonic()
            ended = await until(database, TASKS, lambda n: n == 0)
            await until(database, SETTLING, lambda settling: settling is None)
        await ledger_balances(database)  # told where it does not
        async with database.transaction() as connection:
            left = await (
                await connection.execute(
                    "SELECT count(*) FROM parcours.participant WHERE status <> 'cancelled'"
                )
            ).fetchone()
        assert left == (0,), left
    return seconds, people / (ended - began), [worker.megabytes for worker in running]


def repeat(ground: House, people: int, repetitions: int) -> None:
    """Run it some times and print."""
    times: dict[str, list[float]] = {"pause": [], "resume": [], "stop": []}
    sweeps, megabytes = [], []
    for number in range(1, repetitions + 1):
        with ground.clone("commands") as url:
            seconds, sweep, used = uvloop.run(rush(url, people))
        for name, value in seconds.items():
            times[name].append(value)
        sweeps.append(sweep)
        megabytes += used
        shown = ", ".join(f"{name} {value:.3f} s" for name, value in seconds.items())
        step(f"{number} of {repetitions}: {shown}, sweep {sweep:,.0f}/s")
    for name, values in times.items():
        say(f"{name + ' with ' + format(people, ',') + ' inside, seconds until its commit':<58}{median(values):>8.3f}   "
            f"aim below 1 (worst here {max(values):.3f})")  # fmt: skip
    say(f"{'people swept a second after the stop, 2 workers':<58}{median(sweeps):>8,.0f}")
    say(f"{'memory of a worker at most, MB':<58}{max(megabytes):>8.0f}   aim below 200")


def main() -> None:
    """Seed, command, print."""
    given = arguments(
        __doc__ or "", people=(300_000, 100_000, "people inside"), repetitions=(3, 1, "times each")
    )
    with house() as ground:
        url = ground.create("commands")
        asyncio.run(prepare(url))
        step(f"seeding {given.people:,} people inside")
        seed_people(url, given.people)
        seed_inside(url, "patience", "2024-06-02 00:00:00+00")
        repeat(ground, given.people, given.repetitions)


if __name__ == "__main__":
    main()
