"""One journey of a race: brought into a state, given a command amid its traffic, and watched from then on."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from parcours.domain.records import CommandResult
from parcours.service.commands.holding import hold_sending, release_sending, wait_for_providers
from parcours.service.commands.lifecycle import Order, execute
from parcours.service.commands.scheduling import give_for_later
from parcours.service.commands.waiting import settle_in_flight
from parcours.service.watch.reports import notify_workers
from parcours.store.database import Connection
from race.promises import Row, State
from support.runner import email, journey
from support.worker import Arrival, Document, Installation

__all__ = ["Broken", "Given", "Lane", "Version", "arrivals_of", "lane_of"]

Waiting: TypeAlias = dict[tuple[int, str, int, int], datetime]  # bucket, person, entry, move: when it is due

ANSWERS = ("pause", "close", "stop", "delete")  # they wait for what a provider holds
AT_ONCE = {"still_settling"}  # refused for a moment only: to be given again
PATIENCE = 60.0  # that something comes about at all; how fast is the machine's affair
ALIVE = ("live", "paused", "closed")
BUCKETS = "m.bucket = ANY (ARRAY(SELECT l.bucket FROM parcours.lease l))"

VERSIONS = """SELECT v.version_id, v.version_no, v.status, v.entry_open FROM parcours.version v
    JOIN parcours.journey j USING (journey_id) WHERE j.journey_key = %(key)s ORDER BY v.version_no"""
COUNTS = f"""SELECT m.version_id, count(*) FILTER (WHERE m.cause <> 'stop'),
    count(*) FILTER (WHERE m.path <> '{{}}' AND m.cause <> 'stop'),
    count(*) FILTER (WHERE m.path <> '{{}}' AND m.from_step IS NULL), count(*) FILTER (WHERE m.entered)
    FROM parcours.passage m WHERE {BUCKETS} AND m.version_id = ANY (%(versions)s) GROUP BY 1"""
CLAIMED = "SELECT m.message_id::text FROM parcours.message m WHERE m.state = 'claimed'"
WAITING = """SELECT p.bucket, p.profile_id::text, p.entry_no, p.seq, p.wake_at FROM parcours.participant p
    WHERE p.version_id = ANY (%(versions)s) AND p.finished_at IS NULL AND p.step IS NOT NULL AND isfinite(p.wake_at)"""


class Broken(AssertionError):
    """A promise that was not kept."""


@dataclass(frozen=True)
class Version:
    version_id: int
    number: int
    status: str
    entry_open: bool


@dataclass(frozen=True)
class Given:
    """A command that was given, what it concerns, and what there was at its commit; times are monotonic."""

    result: CommandResult
    at: datetime
    concerned: tuple[Version, ...]  # every published version, as it was before
    counts: Mapping[int, tuple[int, ...]]  # by version: passages, moves, moves out of the queue, admissions
    claimed: frozenset[str]  # messages in a provider's hands, of any journey
    waiting: Waiting  # whoever is due at an instant
    generations: frozenset[str]  # how the mails of these versions begin
    journey_id: int
    arrivals: int  # how many there were at the commit
    committed: float
    answered: float
    answered_at: datetime


def lane_of(arrival: Arrival) -> str:
    """Return the journey whose mail it is."""
    return arrival.subject.partition(".")[0]


def arrivals_of(arrivals: list[Arrival], key: str) -> int:
    return sum(lane_of(arrival) == key for arrival in arrivals)


@dataclass
class Lane:
    """One journey, and everything that is done to it; `busy` guards the switch over every journey."""

    here: Installation
    key: str
    chance: random.Random
    busy: asyncio.Lock
    generations: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    published: set[str] = field(
        default_factory=set
    )  # the generations that were published, since the last deletion
    drafted: str = ""
    alone_now: bool = False
    overdue: Waiting = field(default_factory=dict)  # who was due at the latest `resume`

    def document(self) -> Document:
        """Write the journey anew: mails whose subject names this definition, short waits, an event, a goal."""
        generation = f"{self.key}.{next(self.generations)}"
        self.drafted = generation
        ways = [{"event": f"Ping {self.key}", "next": "second"}, {"timeout": "1s", "next": "second"}]
        steps: Document = {
            "first": email(f"{generation} first"),
            "breathe": {"wait": {"for": "1s"}},
            "react": {"wait_for": ways},
            "second": email(f"{generation} second"),
            "end": {"end": {}},
        }
        return journey(
            steps, self.key, triggers=[{"event": f"Go {self.key}"}], goal={"event": f"Buy {self.key}"}
        )

    # States --------------------------------------------------------------------------------------------------

    async def versions(self, connection: Connection | None = None) -> list[Version]:
        """Return the versions there are, oldest first."""
        if connection is None:
            rows = await self.here.rows(VERSIONS, key=self.key)
        else:
            rows = await (await connection.execute(VERSIONS, {"key": self.key})).fetchall()
        return [Version(*row) for row in rows]

    async def apply(self) -> None:
        """Save a new definition as the draft."""
        await self.here.apply(self.document())

    async def insist(self, name: Any, **options: Any) -> CommandResult:
        """Give a command that prepares; again while another one is being written down."""
        end = time.monotonic() + PATIENCE
        while True:
            async with self.here.database.transaction() as connection:
                result = await execute(
                    connection, Order(self.key, name, None, options), self.here.clock.now()
                )
                await notify_workers(connection, self.key)
            if result.refused not in AT_ONCE or time.monotonic() > end:
                break
            await asyncio.sleep(0.02)
        if result.refused is not None:
            raise Broken(f"{name} was refused: {result.refused}")
        if name == "publish":
            self.published.add(self.drafted)
        return result

    async def come_alive(self) -> None:
        """Bring the journey to live, whatever was done to it."""
        while True:
            found = await self.versions()
            if any(version.status == "draft" for version in found):
                await self.insist("publish")
            elif any(version.status == "paused" for version in found):
                await self.insist("resume")
            elif any(version.status == "live" for version in found):
                return
            else:
                await self.apply()

    async def bring(self, state: State, begins: Mapping[str, Any]) -> None:
        """Bring the journey into a state, with people inside."""
        while True:
            await self.come_alive()
            await self.stir()
            if state == "with_draft":
                await self.apply()
            if state in ("paused", "paused_shut"):
                await self.insist("pause", **begins)
                if state == "paused_shut":
                    await self.insist("close")
            if state == "closed" and (await self.insist("close")).to_status != "closed":
                continue  # nobody was inside
            if state == "stopped":
                await self.insist("stop")
            if state == "finished":
                await self.insist("close")
                await self.until("all is finished", self.nobody_alive)
            if self.chance.random() < 0.5:
                await self.meanwhile()
            return

    async def nobody_alive(self) -> bool:
        return not any(version.status in ALIVE for version in await self.versions())

    # Traffic -------------------------------------------------------------------------------------------------

    async def stir(self) -> None:
        """Wait until this journey has sent some mails: people move in it."""
        goal, end = self.chance.randint(1, 8), time.monotonic() + 3
        before = len(self.here.sink.arrivals)
        while time.monotonic() < end:
            if arrivals_of(self.here.sink.arrivals[before:], self.key) >= goal:
                return
            await asyncio.sleep(0.005)

    async def meanwhile(self) -> None:
        """Let some mails of other journeys leave: the workers are at work. Not for long, since all may be held."""
        goal, end = len(self.here.sink.arrivals) + self.chance.randint(1, 6), time.monotonic() + 0.5
        while len(self.here.sink.arrivals) < goal and time.monotonic() < end:  # noqa: ASYNC110 - the sink counts
            await asyncio.sleep(0.005)

    async def until(self, what: str, holds: Any, *given: Any) -> None:
        """Wait until something holds; broken where it does not."""
        end = time.monotonic() + PATIENCE
        while not await holds(*given):
            if self.busy.locked() and not self.alone_now:  # all sending may be held, by another one of these
                end = time.monotonic() + PATIENCE
            if time.monotonic() > end:
                raise Broken(f"not within {PATIENCE:.0f} s: {what}")
            await asyncio.sleep(0.02)

    # The command ---------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def alone(self, row: Row) -> AsyncIterator[None]:
        """Be the only one who touches the switch over every journey, where the row is about it."""
        if row.command not in ("hold", "release"):
            yield
            return
        async with self.busy:
            self.alone_now = True
            try:
                yield
            finally:
                self.alone_now = False
                await self.switch("release")

    async def switch(self, name: str) -> CommandResult:
        """Hold all sending, or release it."""
        async with self.here.database.transaction() as connection:
            change = hold_sending if name == "hold" else release_sending
            result = await change(connection, at=self.here.clock.now(), actor="race")
            await notify_workers(connection)
        return result

    async def give(self, row: Row, options: Mapping[str, Any]) -> Given:
        """Give the command, again while it has to wait, and note in its own transaction what there is at its commit."""
        here, end = self.here, time.monotonic() + PATIENCE
        while True:
            at = here.clock.now()
            async with here.database.transaction() as connection:
                family = await connection.execute(
                    "SELECT journey_id FROM parcours.journey WHERE journey_key = %s", [self.key]
                )
                found = await family.fetchone()
                journey_id = found[0] if found else 0
                before = tuple(v for v in await self.versions(connection) if v.status != "draft")
                result = await self.carry_out(connection, row, options, at)
                counts, claimed, waiting = await self.note(connection, before)
                await notify_workers(connection, self.key)
            committed, arrivals = time.monotonic(), len(here.sink.arrivals)
            if result.refused not in AT_ONCE or time.monotonic() > end:
                break
            await asyncio.sleep(0.02)
        if row.command in ANSWERS:
            await settle_in_flight(here.database, result.changed, here.clock)
        if row.command == "hold":
            await wait_for_providers(here.database, here.clock)
        answered = time.monotonic()
        generations = frozenset(self.published)
        if row.command in ("publish", "resume") and not result.refused and self.drafted:
            self.published.add(self.drafted)
        return Given(
            result, at, before, counts, claimed, waiting, generations, journey_id, arrivals, committed, answered,
            here.clock.now(),
        )  # fmt: skip

    async def carry_out(
        self, connection: Connection, row: Row, options: Mapping[str, Any], at: datetime
    ) -> CommandResult:
        if row.command in ("hold", "release"):
            change = hold_sending if row.command == "hold" else release_sending
            return await change(connection, at=at, actor="race")
        order = Order(self.key, row.command, None, dict(options))  # type: ignore[arg-type]
        if row.later:
            when = options["at"]
            order = Order(self.key, row.command)  # type: ignore[arg-type]
            return (await give_for_later(connection, order, when, at)).would
        return await execute(connection, order, at)

    async def note(
        self, connection: Connection, concerned: tuple[Version, ...]
    ) -> tuple[dict[int, tuple[int, ...]], frozenset[str], Waiting]:
        """Count what has happened in these versions, and see who waits and what is in a provider's hands."""
        given = {"versions": [version.version_id for version in concerned]}
        counts = {version.version_id: (0, 0, 0, 0) for version in concerned}
        for version_id, *numbers in await (await connection.execute(COUNTS.encode(), given)).fetchall():
            counts[version_id] = tuple(numbers)
        claimed = await (await connection.execute(CLAIMED)).fetchall()
        waiting = {tuple(r[:4]): r[4] for r in await (await connection.execute(WAITING, given)).fetchall()}
        return dict(counts), frozenset(message for (message,) in claimed), waiting

    async def here_now(
        self, concerned: tuple[Version, ...]
    ) -> tuple[dict[int, tuple[int, ...]], frozenset[str], Waiting]:
        """Do the same in a transaction of its own."""
        async with self.here.database.transaction() as connection:
            return await self.note(connection, concerned)

    async def resume(self) -> tuple[CommandResult, datetime]:
        """Resume, and note in the same transaction who was due (`overdue`); return the instant."""
        at = self.here.clock.now()
        async with self.here.database.transaction() as connection:
            concerned = tuple(v for v in await self.versions(connection) if v.status != "draft")
            result = await execute(connection, Order(self.key, "resume"), at)
            _, _, waiting = await self.note(connection, concerned)
            self.overdue = {key: due for key, due in waiting.items() if due <= at}
            await notify_workers(connection, self.key)
        return result, at
