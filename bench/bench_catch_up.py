"""Pause and resume with many people inside and a catch-up: how long the commands take, and how well the rate is held."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any

import uvloop

from house import (
    House,
    arguments,
    balanced,
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
from parcours.clock import SystemClock
from parcours.service.commands.lifecycle import Order, execute
from parcours.service.watch.reports import notify_workers
from parcours.store.database import Database

JOURNEY = {
    "journey": "catchup",
    "entry": {"triggers": [{"manual": True}]},
    "steps": {
        "patience": {"wait": {"for": "1d"}},
        "after": {"wait": {"for": "30d"}},
        "done": {"end": {}},
    },
}
MOVED = "SELECT coalesce(sum(n), 0) FROM parcours.counter WHERE kind = 'out' AND name = 'patience'"
WHEN = "SELECT at FROM parcours.passage WHERE from_step = 'patience' ORDER BY at"


async def timed(database: Database, name: Any, **options: Any) -> float:
    """Carry a command out; return the seconds until it has committed."""
    began = time.monotonic()
    async with database.transaction() as connection:
        order = Order("catchup", name, options=options)
        result = await execute(connection, order, SystemClock().now())
        assert result.refused is None, result
        await notify_workers(connection, "catchup")
    return time.monotonic() - began


async def prepare(url: str) -> None:
    """Publish the journey, paused."""
    async with await Database.connect(url) as database:
        await publish(database, JOURNEY, paused=True)


async def caught_up(url: str, rate: int, seconds: int) -> tuple[float, float, float, float]:
    """Return the seconds of a pause, of the resume, until the first one goes, and people a second from then on."""
    async with await Database.connect(url) as database:
        paused = await timed(database, "pause", catch_up=rate)
        with workers(url, 2):
            await balanced(database, 2)
            resumed = await timed(database, "resume")
            began = time.monotonic()
            first = await until(database, MOVED, lambda n: n > 0) - began
            await until(database, MOVED, lambda n: n >= rate * seconds)
            await timed(database, "pause")
        async with database.transaction() as connection:
            rows = await (await connection.execute(WHEN.encode())).fetchall()
        assert await ledger_balances(database)
    times = [(at - rows[0][0]).total_seconds() for (at,) in rows]
    inner = [(at, number) for number, at in enumerate(times) if 1 < at < seconds - 1]
    slope = statistics.linear_regression([at for at, _ in inner], [number for _, number in inner]).slope
    return paused, resumed, first, slope


def compare(ground: House, people: int, rate: int, seconds: int, repetitions: int) -> None:
    """Run and print."""
    found = []
    for number in range(1, repetitions + 1):
        with ground.clone("catchup") as url:
            found.append(uvloop.run(caught_up(url, rate, seconds)))
        step(f"{number} of {repetitions}: {found[-1][3]:,.1f}/s")
    pause, resume, first, rates = (median([one[n] for one in found]) for n in range(4))
    say(f"a pause of a paused journey, {people:>9,} inside      {pause:>10.3f} s")
    say(f"the resume with a catch-up                      {resume:>10.3f} s   aim below 1 s")
    say(f"until it is known who waits, and the first goes {first:>10.1f} s")
    say(f"people set free a second, asked for             {rate:>10,.0f}")
    say(f"people set free a second, measured              {rates:>10,.1f}")
    say(f"measured : asked for                            {rates / rate:>10.3f}   aim within 5 %")


def main() -> None:
    """Seed, measure, print."""
    given = arguments(
        __doc__ or "", people=(300_000, 20_000, "people inside"), rate=(500, 200, "people a second"),
        seconds=(20, 8, "seconds of each run"), repetitions=(2, 1, "times"),
    )  # fmt: skip
    with house() as ground:
        url = ground.create("catchup")
        asyncio.run(prepare(url))
        seed_people(url, given.people)
        seed_inside(url, "patience", "2024-06-02 00:00:00+00")
        compare(ground, given.people, given.rate, given.seconds, given.repetitions)


if __name__ == "__main__":
    main()
