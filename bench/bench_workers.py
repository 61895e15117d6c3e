"""Two workers against one: how many times as many people they move a second."""

from __future__ import annotations

import asyncio

import uvloop

from bench_moves import engine, prepare
from house import arguments, house, median, ratio, say, seed_inside, seed_people, step


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
        ones, twos = [], []
        for number in range(1, given.repetitions + 1):
            for workers, seconds in ((1, ones), (2, twos)):
                with ground.clone("moves") as copy:
                    seconds.append(uvloop.run(engine(copy, given.people, workers)))
            step(
                f"{number} of {given.repetitions}: one {given.people / ones[-1]:,.0f}/s,"
                f" two {given.people / twos[-1]:,.0f}/s"
            )
    say(f"moves a second, one worker   {given.people / median(ones):>10,.0f}")
    say(f"moves a second, two workers  {given.people / median(twos):>10,.0f}")
    say(f"two workers : one            {ratio(ones, twos):>10.2f}   aim 1.5 or more on 2 quiet cores")


if __name__ == "__main__":
    main()
