"""The virtual clock: jump from instant to instant, and at each do what the rules order (R3).

Commands, services, compiled SQL and units are those of a running installation; only the clock, the feed and the
captured delivery are the simulation's own.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from parcours.channels.template import Renderer
from parcours.domain.journey import Audience, Journey
from parcours.domain.records import FeedLine
from parcours.engine.delivery import claim, settle
from parcours.engine.route import route_bucket
from parcours.engine.unit import Limits, Unit
from parcours.engine.upkeep import keep_statistics
from parcours.engine.versions import Versions
from parcours.service.authoring import apply_journey
from parcours.service.intake import Mode, take
from parcours.service.lifecycle import Order, execute, finish_versions, run_scheduled
from parcours.simulation.capture import Stubs, captured
from parcours.simulation.commands import Commander
from parcours.simulation.feed import Feed
from parcours.simulation.output import command_line, output_lines
from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = ["Simulation", "simulate"]

TICK = timedelta(microseconds=1)
# Commands for which it matters who is known, and whose events are there, at their instant.
TOUCH_PEOPLE = ("add_people", "remove_people", "delete_profile")


async def simulate(  # noqa: PLR0917 - what simulate is given, in the order of its command line
    database: Database,
    journeys: Sequence[Journey],
    audiences: Sequence[Audience],
    feed: Iterable[FeedLine],
    commands: Sequence[Mapping[str, Any]],
    start: datetime,
    to: datetime,
    *,
    moves: bool = False,
    files: Mapping[str, Journey] | None = None,
    buckets: int = 1,
    limits: Limits | None = None,
    progress: Callable[[datetime], None] | None = None,
) -> list[dict[str, Any]]:
    """Run journeys over a feed from `start` (inclusive) to `to` (exclusive); return the output lines in order.

    The database must be an own, empty, migrated one with `buckets` buckets. `feed` is in the order of its arguments
    and lines; lines without a timestamp are left out. `files` are journeys that `apply` commands may name.
    """
    lines = [line for line in feed if line.at is not None]
    order = sorted(range(len(lines)), key=lambda number: (lines[number].at, number))
    async with database.dedicated() as connection:
        await connection.execute(query("simulation_session"))
        await connection.execute(query("simulation_log"))
        await connection.execute(query("simulation_log_function"))
        await connection.execute(query("simulation_log_trigger"))
        run = Simulation(
            connection, buckets, start, to, [(number, lines[number]) for number in order], limits or Limits(),
            dict(files or {}), progress,
        )  # fmt: skip
        await run.prepare(journeys, audiences, commands)
        await run.play()
        return [*run.printed, *await output_lines(connection, moves=moves)]


@dataclass
class Simulation:
    """One run. `printed` are the command lines, in the order in which they happened."""

    connection: Connection
    buckets: int
    start: datetime
    to: datetime
    lines: list[tuple[int, FeedLine]]
    limits: Limits
    files: dict[str, Journey]
    progress: Callable[[datetime], None] | None = None
    printed: list[dict[str, Any]] = field(default_factory=list)
    versions: Versions = field(default_factory=Versions)
    renderer: Renderer = field(default_factory=Renderer)
    stubs: Stubs = field(default_factory=Stubs)
    orders: list[tuple[datetime, int, Mapping[str, Any]]] = field(default_factory=list)
    commander: Commander | None = None

    async def prepare(
        self,
        journeys: Sequence[Journey],
        audiences: Sequence[Audience],
        commands: Sequence[Mapping[str, Any]],
    ) -> None:
        """Load history and audiences, save the drafts, publish those that no command publishes (R1)."""
        self.commander = Commander(self.connection, self.buckets, self.files, self.stubs)
        self.orders = self.commander.ordered(commands, self.start, self.to)
        async with self.connection.transaction():
            await self.commander.members(audiences, self.start - TICK)
        feed = Feed(self.lines, self.start, self.to)
        await self.load(feed.history, "history")
        self.lines = feed.lines
        if not any(c.get("command") in TOUCH_PEOPLE for c in commands):
            unheard, self.lines = feed.split([*journeys, *self.files.values()])
            await self.load(unheard, "quiet")
        for journey in sorted(journeys, key=lambda journey: journey.key):
            async with self.connection.transaction():
                await apply_journey(self.connection, journey, self.start)
                if not self.commander.publishes_first(journey.key, commands):
                    await execute(self.connection, Order(journey.key, "publish", actor="engine"), self.start)

    async def load(self, lines: list[tuple[int, FeedLine]], mode: Mode) -> None:
        """Store lines in bulk, without an effect of their own."""
        for chunk in range(0, len(lines), 1000):
            part = lines[chunk : chunk + 1000]
            async with self.connection.transaction():
                await take(
                    self.connection, [line for _, line in part], buckets=self.buckets, received_at=None,
                    numbers=[number for number, _ in part], mode=mode,
                )  # fmt: skip
        await keep_statistics(self.connection)

    async def play(self) -> None:
        """Go through every instant at which something happens."""
        now: datetime | None = self.start
        position = 0
        heapq.heapify(self.orders)
        while now is not None and now < self.to:
            if self.progress:
                self.progress(now)
            await self.automatic(now)
            while self.orders and self.orders[0][0] == now:
                _, _, order = heapq.heappop(self.orders)
                assert self.commander is not None
                async with self.connection.transaction():
                    line = await self.commander.carry_out(order, now)
                self.printed.append(line)
                await self.quiet(now - TICK)
                await self.automatic(now)
            while position < len(self.lines) and self.lines[position][1].at == now:
                await self.line(*self.lines[position], now)
                position += 1
            await self.quiet(now)
            await self.finish(now)
            now = await self.next_instant(now, position)

    async def automatic(self, now: datetime) -> None:
        """What happens by itself and is due: start and end dates."""
        async with self.connection.transaction():
            results = await run_scheduled(self.connection, now)
        self.printed += [command_line(now, result) for result in results]
        await self.quiet(now - TICK)

    async def line(self, number: int, line: FeedLine, now: datetime) -> None:
        """One line of the feed, wholly settled."""
        async with self.connection.transaction():
            await take(self.connection, [line], buckets=self.buckets, received_at=None, numbers=[number])
        await self.quiet(now - TICK)

    async def quiet(self, until: datetime) -> None:
        """Let the engine work until nothing is left that is due by `until`."""
        while True:
            busy = False
            for bucket in range(self.buckets):
                async with self.connection.transaction():
                    routed = await route_bucket(self.connection, bucket, self.limits.rows)
                busy |= routed > 0
            cursor = await self.connection.execute(query("simulation_work"), {"until": until})
            for journey_id, bucket in await cursor.fetchall():
                busy = True
                await self.unit(bucket, journey_id, until)
            if not busy:
                return

    async def unit(self, bucket: int, journey_id: int, until: datetime) -> None:
        """One journey in one bucket until it rests: units, and their messages handed out and answered at once (R4)."""
        while True:
            async with self.connection.transaction():
                unit = Unit(self.connection, self.versions, bucket, journey_id, None, until, self.limits)
                result = await unit.run()
                claims = await claim(
                    self.connection, bucket, journey_id, result.fence, now=None, until=until + TICK,
                    limit=self.limits.rows, hand_over=timedelta(seconds=10),
                )  # fmt: skip
                outcomes = [
                    captured(
                        c, await self.versions.get(self.connection, c.version_id), self.renderer, self.stubs
                    )
                    for c in claims
                ]
                await settle(self.connection, bucket, outcomes)
                row = await (
                    await self.connection.execute(query("inbox_rows"), {"b": bucket, "j": journey_id})
                ).fetchone()
            if not result.more and not claims and not (row and row[0]):
                return

    async def finish(self, now: datetime) -> None:
        """Closed versions in which nobody is inside finish at the end of the instant (P21)."""
        async with self.connection.transaction():
            await finish_versions(self.connection, now)

    async def next_instant(self, now: datetime, position: int) -> datetime | None:
        """The earliest instant at which something happens after `now`."""
        candidates = []
        if position < len(self.lines):
            candidates.append(self.lines[position][1].at)
        if self.orders:
            candidates.append(self.orders[0][0])
        for name in ("next_scheduled", "simulation_next_wake"):
            row = await (await self.connection.execute(query(name), {"now": now})).fetchone()
            if row and row[0] is not None:
                candidates.append(row[0])
        return min((at for at in candidates if at is not None and at > now), default=None)
