"""The arena of a race: an installation, people who come and go without end, and journeys beside each other in it."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from race.judge import Judge
from race.lane import Broken, Lane, lane_of
from race.promises import ROWS, Row
from support.worker import Installation, eventually, line, people

__all__ = ["Arena", "deal"]

PEOPLE = 120
DRAIN = 90.0
MOST_WAITING = 40
BACKLOG = "SELECT (SELECT count(*) FROM parcours.pending) + (SELECT count(*) FROM parcours.inbox)"


def deal(times: int, chance: random.Random, rows: Iterable[Row] = ROWS) -> list[Row]:
    """Return so many rounds, each row as often as the others, shuffled."""
    many = list(rows)
    drawn = [row for _ in range(-(-times // len(many))) for row in many][:times]
    chance.shuffle(drawn)
    return drawn


@dataclass
class Arena:
    """A race: each of `lanes` journeys takes the next row, and says whether what it promises was held."""

    here: Installation
    seed: int
    lanes: int = 4
    rounds: Counter[str] = field(default_factory=Counter)
    retries: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    on_round: Callable[[], None] = lambda: None
    on_fault: Callable[[str], None] = lambda _: None

    async def run(self, rows: list[Row]) -> list[str]:
        """Play these rows; return the promises that were broken."""
        chance = random.Random(self.seed)
        busy = asyncio.Lock()
        lanes = [Lane(self.here, f"lane{n}", random.Random(chance.random()), busy) for n in range(self.lanes)]
        await self.here.feed(*people("u", range(PEOPLE)))
        stop = asyncio.Event()
        feeder = asyncio.create_task(
            self.feed([lane.key for lane in lanes], random.Random(chance.random()), stop)
        )
        left = list(reversed(rows))
        try:
            await asyncio.gather(*(self.play(lane, left) for lane in lanes))
            self.check(feeder)
        finally:
            stop.set()
            await feeder
        for lane in lanes:
            await lane.come_alive()
            await lane.insist("close")
        await self.verdict()
        return self.faults

    def check(self, feeder: asyncio.Task[None]) -> None:
        if feeder.done():
            feeder.result()

    async def feed(self, keys: list[str], chance: random.Random, stop: asyncio.Event) -> None:
        """Let people come in, react, and buy, without end."""
        while not stop.is_set():
            lines: list[dict[str, Any]] = []
            # No more than the machine can take: who is kept waiting by those behind proves nothing.
            waits = await self.here.one(BACKLOG) > MOST_WAITING
            for key in keys:
                for name, likely in ((f"Go {key}", 0.9), (f"Ping {key}", 0.5), (f"Buy {key}", 0.2)):
                    if chance.random() < likely and not waits:
                        lines.append(line("track", f"u{chance.randrange(PEOPLE)}", name))
            if lines:
                await self.here.feed(*lines)
            try:
                await asyncio.wait_for(stop.wait(), chance.uniform(0.02, 0.1))
            except TimeoutError:
                continue

    async def play(self, lane: Lane, left: list[Row]) -> None:
        """Take row after row."""
        while left:
            row = left.pop()
            try:
                await self.round(lane, row)
            except Broken as broken:
                self.faults.append(f"{row.name} ({lane.key}): {broken}")
                self.on_fault(self.faults[-1])
            self.rounds[row.name] += 1
            self.on_round()

    async def round(self, lane: Lane, row: Row) -> None:
        """Bring the journey into its state, give the command, and hold it against what it promises."""
        await lane.bring(row.state, row.begins)
        async with lane.alone(row):
            if row.command == "release":
                await lane.switch("hold")
                await lane.meanwhile()
            options, until = self.options(lane, row)
            if options.get("with_changes"):
                await lane.apply()
            given = await lane.give(row, options)
            judge = Judge(lane, row, given)
            result = given.result
            if result.refused is not None:
                raise Broken(f"refused: {result.refused}")
            if result.to_status != row.to and not (row.to == "closed" and result.to_status == "finished"):
                raise Broken(f"{result.from_status} became {result.to_status}, not {row.to}")
            if row.then is not None:
                delta = until - given.at if until else timedelta()
                await judge.until_it_ends(until, given.committed + delta.total_seconds())
            elif row.later:
                await judge.given_for_later()
            else:
                await lane.meanwhile()
                await judge.silence(row.silences)
            for change in row.changes:
                await judge.change(change)
        if row.command == "delete":
            lane.published.clear()
        if row.command == "duplicate":
            await self.remove_copy(lane, result.journey)

    def options(self, lane: Lane, row: Row) -> tuple[Mapping[str, Any], Any]:
        """Return the options to give, and the instant in them."""
        soon = self.here.clock.now() + timedelta(seconds=lane.chance.uniform(0.15, 0.5))
        if row.then is not None:
            return {"until": {"at": soon.isoformat(), "then": row.options["then"]}}, soon
        if row.later:
            return {"at": soon}, soon
        return row.options, None

    async def remove_copy(self, lane: Lane, key: str) -> None:
        """Delete a duplicate: nobody was ever in it."""
        copy = Lane(self.here, key, lane.chance, lane.busy)
        inside = await self.here.one(
            """SELECT count(*) FROM parcours.participant p JOIN parcours.journey j USING (journey_id)
            WHERE j.journey_key = %(key)s""",
            key=key,
        )
        if inside:
            raise Broken(f"{inside} people in {key}, a draft")
        await copy.insist("delete")

    # At rest -------------------------------------------------------------------------------------------------

    async def verdict(self) -> None:
        """At rest: everybody is somewhere, nothing was sent twice, no worker had trouble."""
        here, faults = self.here, self.faults

        async def at_rest() -> bool:
            alive = (
                "SELECT count(*) FROM parcours.version WHERE status NOT IN ('draft', 'stopped', 'finished')"
            )
            inside = "SELECT count(*) FROM parcours.participant WHERE finished_at IS NULL"
            return not await here.one(alive) and not await here.one(inside)

        try:
            await eventually(at_rest, within=DRAIN, what="everybody is out")
        except AssertionError as error:
            faults.append(str(error))
        states = dict(await here.rows("SELECT message_id::text, state FROM parcours.message"))
        handed = Counter(arrival.message_id for arrival in here.sink.arrivals)
        keys = {key for (key,) in await here.rows("SELECT journey_key FROM parcours.journey")}
        for message, n in handed.items():
            if n > 1 and states.get(message) != "uncertain":
                faults.append(f"message {message} was handed over {n} times")
            if message in states and states[message] not in ("sent", "uncertain"):
                faults.append(f"message {message} was handed over and is {states[message]}")
        faults += [
            f"message {m} is sent, and never came" for m, s in states.items() if s == "sent" and not handed[m]
        ]
        faults += [f"a mail of {lane_of(a)}" for a in here.sink.arrivals if lane_of(a) not in keys]
        for ledger in await here.ledgers():
            if not ledger.balances:
                faults.append(f"the ledger of {ledger.journey} {ledger.version}: {ledger.mismatches}")
        for name, running in here.workers.items():
            faults += [f"{name} had trouble: {trouble}" for trouble in running.log.troubles]


def pace(began: float, done: int) -> float:
    """Return rounds a second."""
    return done / max(time.monotonic() - began, 0.001)
