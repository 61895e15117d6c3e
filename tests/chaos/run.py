"""Kill everything, again and again, while people move; then hold the house against its promises.

make chaos                               some 200 kills, four or five minutes
make chaos ARGS="--kills 20 --seed 7"    a short one, with the dice of an earlier run
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from chaos.processes import House, Slot
from chaos.traffic import Traffic
from chaos.unruly import Arrivals, UnrulySink
from chaos.verdict import LEFT, find_faults
from parcours.store import embedded
from parcours.store.database import Database

__all__ = ["Chaos", "Result", "main"]

BUCKETS = 8
SMTP_TIMEOUT = 4.0
STANDSTILL = 60.0  # seconds in which nothing went on: then draining has failed, however busy the machine
TO_WORK = 20.0  # seconds: a busy machine starts processes slowly
KINDS = {"worker": 40, "serve": 10, "backend": 18, "postmaster": 10, "command": 14, "import": 8}
HURRY = """UPDATE parcours.message SET due_at = due_at - interval '1 day' WHERE state = 'queued' AND attempts > 0"""


@dataclass
class Result:
    """What a run came to. `faults` is empty when every promise was kept."""

    faults: list[str]
    kills: dict[str, int]
    mails: int
    seconds: float


@dataclass
class Chaos:
    """One run: `kills` of them, `every` so many seconds on average, all chosen by `seed`."""

    folder: Path
    kills: int
    seed: int
    every: float = 0.7
    workers: int = 2
    arrivals: Arrivals = field(default_factory=Arrivals)

    async def run(self) -> Result:
        """Run it, to the verdict."""
        began = time.monotonic()
        chance = random.Random(self.seed)
        async with UnrulySink(
            arrivals=self.arrivals, chance=random.Random(self.seed + 1), keep=False
        ) as sink:
            self.house = House(self.folder, sink.port, SMTP_TIMEOUT, chance)
            await self.house.serve_data()
            assert await self.house.call("migrate") == 0
            self.traffic = Traffic(self.house.url, BUCKETS, random.Random(self.seed + 2), self.house.call)
            self.arrivals.on_accept = self.traffic.clicked
            try:
                await self.traffic.prepare()
                await self.storm(chance)
                sink.well = True
                await self.drain()
                faults = await self.judge()
            finally:
                self.house.closing = True
                await self.traffic.close()
                for slot in self.house.slots:
                    await self.house.kill(slot)
                await asyncio.to_thread(embedded.stop, self.folder)
        mails = self.arrivals.accepted.total()
        return Result(faults, dict(self.house.killed), mails, time.monotonic() - began)

    def slots(self) -> list[Slot]:
        """The processes of the house."""
        workers = [Slot(f"worker{n}", ("work",)) for n in range(1, self.workers + 1)]
        return [*workers, Slot("serve", ("serve", "--port", "0", "--with-worker"))]

    async def storm(self, chance: random.Random) -> None:
        """Feed, command and kill, until there were enough kills."""
        self.house.slots = self.slots()
        watchers = [asyncio.create_task(self.house.watch(slot)) for slot in self.house.slots]
        stop = asyncio.Event()
        traffic = self.traffic
        drivers = [
            asyncio.create_task(driver)
            for driver in (
                traffic.feed(stop, 0.25),
                traffic.add(stop, 0.7),
                traffic.pauses(stop, 1.5),
                traffic.closings(stop, 2.0),
            )
        ]
        began = told = time.monotonic()
        side: set[asyncio.Task[None]] = set()
        while sum(self.house.killed.values()) < self.kills:
            for task in [*drivers, *watchers]:
                if task.done():
                    task.result()
            await self.at_work()
            await asyncio.sleep(chance.uniform(0.2, 1.8) * self.every)
            kind = chance.choices([*KINDS], [*KINDS.values()])[0]
            task = asyncio.create_task(self.strike(kind, chance))
            side.add(task)
            task.add_done_callback(lambda done: (side.discard(done), done.result()))  # type: ignore[func-returns-value]
            if kind == "postmaster":
                await task  # nothing is gained by killing what cannot work
            if time.monotonic() - told > 5:
                told = time.monotonic()
                say(self.progress(told - began))
        if self.arrivals.accepted.total() < 2 * self.kills:
            mails = self.arrivals.accepted.total()
            traffic.broken.append(
                f"only {mails} mails left meanwhile, which proves little: give it more --every"
            )
        stop.set()
        await asyncio.gather(*drivers, *side)
        say(self.progress(time.monotonic() - began))
        self.house.closing = True
        for slot in self.house.slots:
            await self.house.kill(slot)
        await asyncio.gather(*watchers)
        self.house.closing = False

    async def at_work(self) -> None:
        """Wait until another mail was accepted: a process that never comes to work proves nothing by its death."""
        before, end = self.arrivals.accepted.total(), time.monotonic() + TO_WORK
        while self.arrivals.accepted.total() == before and time.monotonic() < end:  # noqa: ASYNC110 - the sink counts
            await asyncio.sleep(0.05)

    async def strike(self, kind: str, chance: random.Random) -> None:
        """Kill something of a kind."""
        house = self.house
        match kind:
            case "worker":
                await house.kill(chance.choice([slot for slot in house.slots if slot.name != "serve"]))
            case "serve":
                await house.kill(next(slot for slot in house.slots if slot.name == "serve"))
            case "backend":
                await house.kill_backend()
            case "postmaster":
                await house.kill_postmaster()
            case "command":
                name, key = chance.choice([("pause", "steady"), ("resume", "steady"), ("resume", "steady")])
                house.killed[kind] += await self.traffic.killed_command(name, key, chance.uniform(0.3, 2.5))
            case _:
                killed = await self.traffic.killed_import(self.folder, chance.uniform(0.3, 2.5))
                house.killed[kind] += killed

    async def drain(self) -> None:
        """Start everything again, with a mail server that is well, and wait until nothing is left to do."""
        say("… all is started again, and drained")
        await self.house.serve_data()
        await self.traffic.insist("resume", "steady")
        database = await self.traffic.database()
        async with database.transaction() as connection:
            # What is to be tried again in half an hour is tried now.
            hurried = await connection.execute(HURRY)
        self.house.slots = self.slots()
        for slot in self.house.slots:
            await self.house.start(slot)
        moved = time.monotonic()
        left: tuple[int, ...] = (1,)
        while any(left) and time.monotonic() < moved + STANDSTILL:
            await asyncio.sleep(0.25)
            async with database.transaction() as connection:
                now_left = await (await connection.execute(LEFT)).fetchone() or ()
            if now_left != left:
                left, moved = now_left, time.monotonic()
        say(f"… drained: {left} left, {hurried.rowcount} further tries brought forward")
        statuses = await self.house.end(self.house.slots)
        if any(statuses):
            self.traffic.broken.append(f"processes ended with {statuses} when asked to")

    async def judge(self) -> list[str]:
        """Hold everything against what was promised."""
        async with await Database.connect(self.house.url) as database:
            faults = await find_faults(database, self.traffic, self.arrivals)
            async with database.transaction() as connection:
                for title, statement in SUMMARY.items():
                    rows = await (await connection.execute(statement.encode())).fetchall()
                    say(f"{title}: " + ", ".join(f"{name} {n:,}" for name, n in rows))
        moods = ", ".join(f"{name} {n}" for name, n in sorted(self.arrivals.moods.items()))
        say(f"mail server: {self.arrivals.accepted.total():,} accepted; {moods}")
        ended = ", ".join(f"{name} {n} times" for name, n in self.house.ended.items())
        if ended:
            say(f"ended by themselves, and started again: {ended}")
        unsure = sum(command.answered is None for command in self.traffic.commands)
        say(
            f"commands: {len(self.traffic.commands)}, {unsure} without an answer; silences {len(self.traffic.silences)}"
        )
        return faults

    def progress(self, seconds: float) -> str:
        """Say how far it is."""
        done = sum(self.house.killed.values())
        bar = "█" * (30 * min(done, self.kills) // self.kills)
        kinds = " ".join(f"{kind} {n}" for kind, n in sorted(self.house.killed.items()))
        fed = sum(len(users) for users in self.traffic.fed.values())
        mails = self.arrivals.accepted.total()
        return (
            f"{seconds:4.0f} s ▕{bar:<30}▏ {done}/{self.kills} kills: {kinds}; fed {fed:,}, mails {mails:,}"
        )


SUMMARY = {
    "participants": "SELECT status, count(*) FROM parcours.participant GROUP BY 1 ORDER BY 1",
    "refusals": "SELECT reason, count(*) FROM parcours.refusal GROUP BY 1 ORDER BY 1",
    "messages": "SELECT state, count(*) FROM parcours.message GROUP BY 1 ORDER BY 1",
}


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201 - a script


def main(arguments: list[str] | None = None) -> int:
    """Run, and return the exit status: 0 when every promise was kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--every", type=float, default=0.7, help="seconds between two kills, on average")
    parser.add_argument("--workers", type=int, default=2, help="`parcours work` processes, beside one server")
    parser.add_argument("--seed", type=int, help="of an earlier run, for the same dice")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the database and the logs")
    given = parser.parse_args(arguments)
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**6)
    folder = Path(tempfile.mkdtemp(prefix="parcours-chaos-", dir=_roomy()))
    folder.chmod(0o755)  # as root, the database's user has to come in
    say(f"seed {seed}, {given.kills} kills, {given.workers} workers and a server, in {folder}")
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # that the database is away is no news here
    chaos = Chaos(folder, given.kills, seed, given.every, given.workers)
    result = asyncio.run(chaos.run())
    for fault in result.faults:
        say(f"BROKEN {fault}")
    say(
        f"{'FAILED' if result.faults else 'ok'}: {sum(result.kills.values())} kills in {result.seconds:.0f} s, "
        f"{len(result.faults)} promises broken; seed {seed}"
    )
    if result.faults or given.keep:
        say(f"The logs are in {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if result.faults else 0


def _roomy() -> str | None:
    """In memory where there is room: what is killed are processes, not the machine."""
    memory = Path("/dev/shm")
    return str(memory) if memory.exists() and shutil.disk_usage(memory).free > 4 * 2**30 else None


if __name__ == "__main__":
    sys.exit(main())
