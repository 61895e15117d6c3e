"""The virtual clock: jump from instant to instant, and at each do what the rules order (R3).

Only instants that concern everybody are visited one by one: commands, start and end dates. What lies between is
played in lanes, person beside person, or instant by instant where a journey makes people depend on each other.
Commands, services, compiled SQL and units are those of a running installation; only the clock, the feed and the
captured delivery are the simulation's own.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from parcours.compiler.membership import heard_members
from parcours.compiler.runs import has_schedule
from parcours.domain.journey import Audience, Journey
from parcours.domain.records import FeedLine
from parcours.domain.timing import BEGINNING
from parcours.engine.unit import Limits
from parcours.engine.upkeep import keep_statistics
from parcours.service.audiences.conditions import keep_audiences
from parcours.service.commands.automatic import finish_versions, run_scheduled
from parcours.service.commands.lifecycle import Order, execute
from parcours.service.commands.schedules import begin_runs
from parcours.service.editing.authoring import apply_journey
from parcours.service.intake.taking import Mode, take
from parcours.simulation.commands import SWITCH, Commander
from parcours.simulation.feed import Company, Feed, Hearing, Numbered, at_of
from parcours.simulation.lanes import Lanes, independent
from parcours.simulation.output import command_line, output_lines
from parcours.simulation.work import Work
from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = ["Simulation", "simulate"]

TICK = timedelta(microseconds=1)
LIMITS = Limits(people=5000, rows=5000)  # nobody waits for a unit to end: larger sets
# Commands for which it matters who is known, and whose events are there, at their instant; as it does for schedules.
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
    lanes: bool = True,
    progress: Callable[[datetime], None] | None = None,
) -> list[dict[str, Any]]:
    """Run journeys over a feed from `start` (inclusive) to `to` (exclusive); return the output lines in order.

    The database must be an own, empty, migrated one with `buckets` buckets. `feed` is in the order of its arguments
    and lines; lines without a timestamp are left out. `files` are journeys that `apply` commands may name. Without
    `lanes` every line is played by itself, which is slow and gives the same.
    """
    lines = [line for line in feed if line.at is not None]
    order = sorted(range(len(lines)), key=lambda number: (lines[number].at, number))
    async with database.dedicated() as connection:
        await connection.execute(query("simulation_session"))
        await connection.execute(query("simulation_log"))
        await connection.execute(query("simulation_log_function"))
        await connection.execute(query("simulation_log_trigger"))
        everything = [*journeys, *(files or {}).values()]
        run = Simulation(
            Work(connection, buckets, limits or LIMITS), start, to, [(number, lines[number]) for number in order],
            dict(files or {}), Hearing(everything, {a.key: a.where for a in audiences if a.where is not None}), progress,
            lanes=lanes and independent(everything) and not any(map(in_a_row, commands)),
        )  # fmt: skip
        await run.prepare(journeys, audiences, commands)
        await run.play()
        return [*run.printed, *await output_lines(connection, moves=moves)]


def members_heard(journeys: Iterable[Journey]) -> set[str]:
    """Return the audiences through which some journey is entered."""
    return {key for journey in journeys for key in heard_members(journey)}


def in_a_row(command: Mapping[str, Any]) -> bool:
    """Tell whether everything is to be played instant by instant for a command.

    Behind a catch-up people are set free one after the other; behind the release of all sending messages are due that
    no timer of anybody names.
    """
    name = str(command.get("command")).replace("-", "_")
    return name in SWITCH or "catch_up" in (command.get("options") or {})


@dataclass
class Simulation:
    """One run. `printed` are the command lines, in the order in which they happened."""

    work: Work
    start: datetime
    to: datetime
    lines: list[Numbered]
    files: dict[str, Journey]
    hearing: Hearing
    progress: Callable[[datetime], None] | None = None
    lanes: bool = True
    printed: list[dict[str, Any]] = field(default_factory=list)
    orders: list[tuple[datetime, int, Mapping[str, Any]]] = field(default_factory=list)
    commander: Commander | None = None
    position: int = 0  # of the next line
    now: datetime = BEGINNING
    keeps: bool = False  # some audience is kept up to date
    company: Company = field(init=False)

    def __post_init__(self) -> None:
        self.company = Company(self.lines)
        self.hearing.note_history(self.lines, self.company)

    @property
    def connection(self) -> Connection:
        """The one connection of the run."""
        return self.work.connection

    async def prepare(
        self,
        journeys: Sequence[Journey],
        audiences: Sequence[Audience],
        commands: Sequence[Mapping[str, Any]],
    ) -> None:
        """Load history and audiences, save the drafts, publish those that no command publishes (R1)."""
        self.commander = Commander(self.connection, self.work.buckets, self.files, self.work.capture.stubs)
        self.orders = self.commander.ordered(commands, self.start, self.to)
        async with self.connection.transaction():
            await self.commander.members(audiences, self.start - TICK)
        feed = Feed(self.lines, self.start, self.to)
        entered_by = members_heard((*journeys, *self.files.values()))
        await self.load(feed.history, "history")
        self.lines = feed.lines
        kept = entered_by & {audience.key for audience in audiences if audience.where is not None}
        self.keeps = bool(kept)
        async with self.connection.transaction():
            await keep_audiences(self.connection, kept)
        await self.work.fill(self.start - TICK)
        touched = any(c.get("command") in TOUCH_PEOPLE for c in commands)
        touched = touched or bool(entered_by) or any(map(has_schedule, (*journeys, *self.files.values())))
        if not self.lanes and not touched:
            dates = [d for j in (*journeys, *self.files.values()) for d in (j.entry.start, j.entry.end) if d]
            instants = {*(at for at, _, _ in self.orders), *dates}
            unheard, self.lines = feed.split(self.hearing, instants, self.company)
            await self.load(unheard, "quiet")
        in_order = sorted(journeys, key=lambda journey: journey.key)
        async with self.connection.transaction():
            for journey in in_order:
                await apply_journey(self.connection, journey, self.start)
        for journey in in_order:
            async with self.connection.transaction():
                if not self.commander.publishes_first(journey.key, commands):
                    await execute(self.connection, Order(journey.key, "publish", actor="engine"), self.start)

    async def load(self, lines: list[tuple[int, FeedLine]], mode: Mode) -> None:
        """Store lines in bulk, without an effect of their own."""
        for chunk in range(0, len(lines), 1000):
            part = lines[chunk : chunk + 1000]
            async with self.connection.transaction():
                await take(
                    self.connection, [line for _, line in part], buckets=self.work.buckets, received_at=None,
                    numbers=[number for number, _ in part], mode=mode, merging=bool(self.company),
                )  # fmt: skip
        await keep_statistics(self.connection)

    async def play(self) -> None:
        """Go through every instant at which something happens."""
        now: datetime | None = self.start
        heapq.heapify(self.orders)
        while now is not None and now < self.to:
            if self.progress:
                self.progress(now)
            self.now = now
            self.work.floor = None if self.lanes else now
            await self.automatic(now)
            while self.orders and self.orders[0][0] == now:
                _, _, order = heapq.heappop(self.orders)
                assert self.commander is not None
                async with self.connection.transaction():
                    line = await self.commander.carry_out(order, now)
                self.printed.append(line)
                await self.quiet(now - TICK)
                await self.automatic(now)
            alone = not self.lanes or await self.runs_come(now)
            now = await (self.instant(now) if alone else self.span(now))

    async def span(self, now: datetime) -> datetime:
        """Play everything from here to the next instant that concerns everybody; return that."""
        until = min(await self.own_instants(now, "next_scheduled", "next_run"), default=self.to)
        until = min(until, self.to)
        first = self.position
        while self.position < len(self.lines) and at_of(self.lines[self.position]) < until:
            self.position += 1
        lanes = Lanes(self.work, self.hearing, until, self.to, self.progress, self.company)
        latest = await lanes.play(self.lines[first : self.position])
        await self.finish(max(now, latest or now))
        return until

    async def instant(self, now: datetime) -> datetime | None:
        """Play one instant, line by line; return the next one at which something happens."""
        while self.position < len(self.lines) and at_of(self.lines[self.position]) == now:
            number, line = self.lines[self.position]
            async with self.connection.transaction():
                await take(
                    self.connection, [line], buckets=self.work.buckets, received_at=None, numbers=[number],
                    merging=bool(self.company),
                )  # fmt: skip
            await self.quiet(now - TICK)
            self.position += 1
        if self.keeps and await self.work.memberships(now):
            await self.quiet(now - TICK)
        await self.scheduled(now)
        while await self.work.set_free(now):
            await self.quiet(now - TICK)
        await self.quiet(now)
        await self.finish(now)
        instants = await self.own_instants(
            now, "next_scheduled", "next_run", "next_catch_up", "simulation_next_wake"
        )
        if self.position < len(self.lines):
            instants.append(at_of(self.lines[self.position]))
        instants += self.work.next_at_gates
        changes = await self.work.next_membership() if self.keeps else None
        if changes is not None and changes > now:
            instants.append(changes)
        return min(instants, default=None)

    async def automatic(self, now: datetime) -> None:
        """What happens by itself and is due: start and end dates, ends of pauses, each wholly settled (P46)."""
        more = True
        while more:
            async with self.connection.transaction():
                results = await run_scheduled(self.connection, now, most=1)
            self.printed += [command_line(now, result) for result in results]
            await self.quiet(now - TICK)
            row = await (await self.connection.execute(query("next_scheduled"))).fetchone()
            more = row is not None and row[0] is not None and row[0] <= now

    async def scheduled(self, now: datetime) -> None:
        """Scheduled runs, each wholly settled before the next: journeys by key (R3)."""
        while True:
            async with self.connection.transaction():
                begun = await begin_runs(self.connection, now, most=1)
            if not begun:
                return
            await self.quiet(now - TICK)

    async def runs_come(self, now: datetime) -> bool:
        """Tell whether a schedule or a wave has its instant now."""
        row = await (await self.connection.execute(query("next_run"))).fetchone()
        return row is not None and row[0] is not None and row[0] <= now

    async def quiet(self, until: datetime) -> None:
        """Let the engine work until nothing is left that is due by `until`."""
        await self.work.quiet(until, until + TICK)
        while not self.lanes and await self.work.gates(self.now):
            await self.work.quiet(until, until + TICK)

    async def finish(self, now: datetime) -> None:
        """Closed versions in which nobody is inside finish at the end of the instant (P21).

        Nobody enters a closed version, and nothing else depends on when it finishes; so the end of a span will do.
        """
        async with self.connection.transaction():
            await finish_versions(self.connection, now)

    async def own_instants(self, now: datetime, *names: str) -> list[datetime]:
        """The next command behind `now`, and what these queries know to come."""
        instants = [self.orders[0][0]] if self.orders else []
        for name in names:
            row = await (await self.connection.execute(query(name), {"now": now})).fetchone()
            if row and row[0] is not None:
                instants.append(row[0])
        return [at for at in instants if at > now]
