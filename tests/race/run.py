"""Give every command thousands of times to busy journeys, and hold each to its promise from its answer on.

make race                                    some 400 rounds
make race ARGS="--times 2000 --seed 7"       more of them, with the dice of an earlier run
make race ARGS="--only pause --times 500"    rows whose name contains a word
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import sys
import time

from race.arena import Arena, deal
from race.promises import ROWS
from support.postgres import remove_server, run_folder, start_server
from support.worker import Installation, installed
from support.worker_process import process

__all__ = ["main"]

TOLD_EVERY = 5.0


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201 - a script


async def race(url: str, given: argparse.Namespace, seed: int) -> Arena:
    """Run it, to the verdict."""
    names = () if given.processes else ("one", "two")
    async with installed(url, *names, delays={"dot": 0.004}) as here, contextlib.AsyncExitStack() as stack:
        if given.processes:
            for name in ("one", "two"):
                await stack.enter_async_context(process(here, name))
        return await run(here, given, seed)


async def run(here: Installation, given: argparse.Namespace, seed: int) -> Arena:
    rows = [row for row in ROWS if given.only in row.name]
    arena = Arena(here, seed, lanes=given.lanes)
    drawn = deal(given.times, random.Random(seed), rows)
    began = told = time.monotonic()

    def on_round() -> None:
        nonlocal told
        if time.monotonic() - told > TOLD_EVERY:
            told = time.monotonic()
            say(progress(arena, here, len(drawn), told - began))

    arena.on_round = on_round
    arena.on_fault = lambda fault: say(f"BROKEN {fault}")
    await arena.run(drawn)
    say(progress(arena, here, len(drawn), time.monotonic() - began))
    return arena


def progress(arena: Arena, here: Installation, rounds: int, seconds: float) -> str:
    """Say how far it is."""
    done = arena.rounds.total()
    bar = "█" * (30 * done // max(rounds, 1))
    return (
        f"{seconds:5.0f} s ▕{bar:<30}▏ {done:,}/{rounds:,} rounds, {done / max(seconds, 0.01):.1f} a second; "
        f"mails {len(here.sink.arrivals):,}; broken {len(arena.faults)}"
    )


def main(arguments: list[str] | None = None) -> int:
    """Run, and return the exit status: 0 when every promise was kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--times", type=int, default=400, help="rounds in all, each row as often as the others"
    )
    parser.add_argument("--lanes", type=int, default=6, help="journeys that race beside each other")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--seed", type=int, help="of an earlier run, for the same dice")
    parser.add_argument("--processes", action="store_true", help="the two workers as processes of their own")
    given = parser.parse_args(arguments)
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**6)
    for name in list(os.environ):
        if name.startswith("PG") or (name.startswith("PARCOURS_") and not name.startswith("PARCOURS_TEST_")):
            del os.environ[name]
    run_folder()
    began = time.monotonic()
    say(f"seed {seed}, {given.times:,} rounds in {given.lanes} journeys, two workers")
    try:
        with start_server().clone() as url:
            arena = asyncio.run(race(url, given, seed))
    finally:
        remove_server()
    for name, n in sorted(arena.rounds.items()):
        say(f"{n:6,}  {name}")
    for fault in arena.faults:
        say(f"BROKEN {fault}")
    say(
        f"{'FAILED' if arena.faults else 'ok'}: {arena.rounds.total():,} rounds in {time.monotonic() - began:.0f} s, "
        f"{len(arena.faults)} promises broken; seed {seed}"
    )
    return 1 if arena.faults else 0


if __name__ == "__main__":
    sys.exit(main())
