"""The entry rate under load: people let in a second by two workers, against the rate that the journey asks for."""

from __future__ import annotations

import asyncio
import statistics
from datetime import datetime

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
    say,
    seed_people,
    step,
    until,
    workers,
)  # fmt: skip
from parcours.store.database import Database

SUGGEST = """
    INSERT INTO parcours.inbox (bucket, journey_id, profile_id, happened_at, feed_no, kind, name, data, arrived_at)
    SELECT bucket, 1, profile_id, now(), row_number() OVER (), 'add', 'gate', '{}', now() FROM parcours.profile
"""
ENTERED = "SELECT count(*) FROM parcours.participant"
WHEN = "SELECT entered_at FROM parcours.participant ORDER BY 1"


def journey(rate: int) -> dict[str, object]:
    """Return the journey with its rate."""
    return {
        "journey": "gate",
        "entry": {"triggers": [{"manual": True}], "rate": f"{rate}/s"},
        "steps": {"patience": {"wait": {"for": "30d"}}, "done": {"end": {}}},
    }


async def prepare(url: str, rate: int) -> None:
    """Publish the journey."""
    async with await Database.connect(url) as database:
        await publish(database, journey(rate), paused=False)


async def held(url: str, rate: int, seconds: int) -> float:
    """Return people a second: the slope of the line through all but the first and last second."""
    async with await Database.connect(url) as database:
        with workers(url, 2):
            await balanced(database, 2)
            async with database.transaction() as connection:
                await connection.execute(SUGGEST.encode())
            await go(database, "gate")  # changes nothing: the workers are told to look
            await until(database, ENTERED, lambda n: n >= rate * seconds)
        async with database.transaction() as connection:
            rows = await (await connection.execute(WHEN.encode())).fetchall()
        assert await ledger_balances(database)
    entered: list[datetime] = [at for (at,) in rows]
    times = [(at - entered[0]).total_seconds() for at in entered]
    inner = [(at, number) for number, at in enumerate(times) if 1 < at < seconds - 1]
    return statistics.linear_regression([at for at, _ in inner], [number for _, number in inner]).slope


def compare(ground: House, rate: int, seconds: int, repetitions: int) -> None:
    """Run and print."""
    found = []
    for number in range(1, repetitions + 1):
        with ground.clone("gate") as url:
            found.append(uvloop.run(held(url, rate, seconds)))
        step(f"{number} of {repetitions}: {found[-1]:,.1f}/s")
    say(f"people let in a second, asked for                {rate:>10,.0f}")
    say(f"people let in a second, measured                 {median(found):>10,.1f}")
    say(f"measured : asked for                             {median(found) / rate:>10.3f}   aim within 2 %")


def main() -> None:
    """Seed, measure, print."""
    given = arguments(
        __doc__ or "", rate=(500, 200, "people a second"), seconds=(20, 8, "seconds of each run"),
        repetitions=(3, 1, "times"),
    )  # fmt: skip
    with house() as ground:
        url = ground.create("gate")
        asyncio.run(prepare(url, given.rate))
        seed_people(url, given.rate * (given.seconds + 5))
        compare(ground, given.rate, given.seconds, given.repetitions)


if __name__ == "__main__":
    main()
