"""What happens to the installation of a chaos run meanwhile: people come, react, are added; commands are given."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import psycopg

from parcours.clock import SystemClock
from parcours.domain.errors import ParcoursError
from parcours.domain.parse import parse_journey
from parcours.service.commands.lifecycle import Order, execute
from parcours.service.commands.waiting import settle_in_flight
from parcours.service.editing.authoring import apply_journey
from parcours.service.intake.feed import parse_line
from parcours.service.intake.taking import add_people, take
from parcours.service.watch.reports import notify_workers
from parcours.store.database import Connection, Database
from support.runner import email, journey

__all__ = ["JOURNEYS", "Command", "Traffic", "documents"]

Document: TypeAlias = dict[str, Any]
T = TypeVar("T")

JOURNEYS = ("steady", "paused", "closing")
MAILS = 3  # of everybody who goes all the way
TROUBLES = (psycopg.Error, ParcoursError, OSError)
CLICKS = 0.3
MOVES = """SELECT count(*) FROM parcours.passage m JOIN parcours.journey j USING (journey_id)
    WHERE j.journey_key = %(key)s AND m.cause <> 'stop' AND (m.path <> '{}' OR m.status <> 'active')"""


def documents() -> list[Document]:
    """Write the journeys: three mails each, waits of a second, a wait for an event with a time-out."""
    steps: Document = {
        "first": email("First"),
        "breathe": {"wait": {"for": "1s"}},
        "second": email("Second"),
        "react": {"wait_for": [{"event": "Clicked", "next": "third"}, {"timeout": "3s", "next": "third"}]},
        "third": email("Third"),
        "end": {"end": {}},
    }
    return [journey(steps, key, triggers=[{"event": f"Go {key}"}]) for key in JOURNEYS]


@dataclass(frozen=True)
class Command:
    """A command that was given. `answered` None: nobody knows what became of it."""

    name: str
    key: str
    reason: str
    answered: bool | None


@dataclass
class Traffic:
    """Feeds and commands, over a connection of its own that breaks as often as everybody's.

    What is tried is tried until it is acknowledged, under the same messageIds. `fed` are the people whose
    entrance was acknowledged, by journey; `tried` are all.
    """

    url: str
    buckets: int
    chance: random.Random
    call: Callable[..., Awaitable[int | None]]
    fed: dict[str, set[str]] = field(default_factory=lambda: {key: set() for key in JOURNEYS})
    tried: dict[str, set[str]] = field(default_factory=lambda: {key: set() for key in JOURNEYS})
    commands: list[Command] = field(default_factory=list)
    silences: list[tuple[str, float, float]] = field(default_factory=list)  # journey, monotonic from and to
    broken: list[str] = field(default_factory=list)  # promises found broken on the way
    published: int = 0
    clock: SystemClock = field(default_factory=SystemClock)
    _clicks: list[str] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _database: Database | None = None

    async def database(self) -> Database:
        """Return a connected database."""
        if self._database is None:
            self._database = await Database.connect(self.url, connections=4, application="chaos")
        return self._database

    async def close(self) -> None:
        """Disconnect."""
        if self._database is not None:
            await self._database.close()

    async def persist(self, action: Callable[[Connection], Awaitable[T]]) -> T:
        """Do something in a transaction until it is acknowledged; it must bear being done twice."""
        end = time.monotonic() + 90
        while True:
            try:
                async with (await self.database()).transaction() as connection:
                    return await action(connection)
            except TROUBLES:
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(0.1)

    async def prepare(self) -> None:
        """Save and publish the journeys."""
        for document in documents():
            await self.publish(document)

    async def publish(self, document: Document) -> None:
        """Publish a journey's next version, whatever state an earlier try left."""
        parsed, problems = parse_journey(document)
        assert parsed is not None, problems
        self.published += 1
        reason = f"publication {self.published}"

        async def apply(connection: Connection) -> None:
            done = await connection.execute(
                "SELECT 1 FROM parcours.audit WHERE reason = %s AND refused IS NULL", [reason]
            )
            if await done.fetchone() is None:
                now = self.clock.now()
                await apply_journey(connection, parsed, now)
                result = await execute(connection, Order(parsed.key, "publish", reason=reason), now)
                assert result.refused is None, result
                await notify_workers(connection)

        await self.persist(apply)

    # People ------------------------------------------------------------------------------------------------------

    def clicked(self, recipient: str) -> None:
        """Let somebody who has just got a mail click on it, perhaps."""
        if self.chance.random() < CLICKS:
            self._clicks.append(recipient.partition("@")[0])

    async def feed(self, stop: asyncio.Event, pause: float) -> None:
        """Let people enter, and those who clicked do so, until told to stop."""
        while not stop.is_set():
            names = {key: [f"{key}{next(self._numbers)}"] for key in JOURNEYS}
            clicks, self._clicks = self._clicks, []
            lines = [
                line for key, users in names.items() for user in users for line in self.entrance(key, user)
            ]
            lines += [self.line("track", user, "Clicked") for user in clicks]
            for key, users in names.items():
                self.tried[key].update(users)
            await self.take(lines)
            for key, users in names.items():
                self.fed[key].update(users)
            await asyncio.sleep(self.chance.uniform(0.5, 1.5) * pause)

    async def add(self, stop: asyncio.Event, pause: float) -> None:
        """Add people by hand, to a journey that closes again and again: each is admitted or told why not."""
        while not stop.is_set():
            user = f"added{next(self._numbers)}"
            self.tried["closing"].add(user)
            await self.take([self.line("identify", user)])

            async def by_hand(connection: Connection, user: str = user) -> None:
                await add_people(connection, "closing", [user], buckets=self.buckets, at=self.clock.now())
                await notify_workers(connection)

            await self.persist(by_hand)
            self.fed["closing"].add(user)
            await asyncio.sleep(self.chance.uniform(0.5, 1.5) * pause)

    def entrance(self, key: str, user: str) -> list[Document]:
        """Write the lines with which somebody enters."""
        return [self.line("identify", user), self.line("track", user, f"Go {key}")]

    def line(self, kind: str, user: str, name: str = "") -> Document:
        """Write one line of the feed."""
        common = {"type": kind, "userId": user, "messageId": f"c{next(self._numbers)}"}
        if kind == "identify":
            return {**common, "traits": {"email": f"{user}@example.com"}}
        return {**common, "event": name, "properties": {}}

    async def take(self, lines: list[Document]) -> None:
        """Take lines in, until that is acknowledged."""
        read = [parse_line(json.dumps(line).encode(), "chaos", n) for n, line in enumerate(lines, 1)]

        async def once(connection: Connection) -> None:
            await take(connection, read, buckets=self.buckets, received_at=self.clock.now())
            await notify_workers(connection)

        await self.persist(once)

    # Commands ----------------------------------------------------------------------------------------------------

    async def pauses(self, stop: asyncio.Event, pause: float) -> None:
        """Pause and resume one journey again and again: while it is paused, nobody moves and nothing leaves."""
        while not stop.is_set():
            await asyncio.sleep(self.chance.uniform(0.5, 1.5) * pause)
            since = await self.command("pause", "paused")
            moves = await self.moves("paused") if since else None
            await asyncio.sleep(self.chance.uniform(0.2, 1.0) * pause)
            if since is not None:
                later = await self.moves("paused")
                if None not in (moves, later) and moves != later:
                    self.broken.append(f"{later} moves, {moves} at the answer to a pause")
                self.silences.append(("paused", since, time.monotonic()))
            await self.command("resume", "paused")
        await self.insist("resume", "paused")

    async def closings(self, stop: asyncio.Event, pause: float) -> None:
        """Close one journey again and again, and publish its next version."""
        document = next(one for one in documents() if one["journey"] == "closing")
        while not stop.is_set():
            await asyncio.sleep(self.chance.uniform(1.0, 3.0) * pause)
            await self.command("close", "closing")
            await asyncio.sleep(self.chance.uniform(0.2, 1.0) * pause)
            await self.publish(document)
        await self.insist("close", "closing")

    async def command(self, name: Any, key: str) -> float | None:
        """Give a command once; return the monotonic instant of its whole answer, None where there was none."""
        order = Order(key, name, reason=f"command {next(self._numbers)}", actor="chaos")
        try:
            database = await self.database()
            async with database.transaction() as connection:
                result = await execute(connection, order, self.clock.now())
                await notify_workers(connection)
        except TROUBLES:
            self.commands.append(Command(name, key, order.reason or "", None))
            return None
        self.commands.append(Command(name, key, order.reason or "", result.refused is None))
        if name == "resume":
            return time.monotonic()
        try:
            await settle_in_flight(database, result.changed, self.clock)
        except TROUBLES:
            return None
        return time.monotonic() if result.to_status == "paused" else None

    async def killed_command(self, name: str, key: str, kill_after: float) -> bool:
        """Give a command on the command line and kill that process meanwhile; False where it was faster."""
        reason = f"command {next(self._numbers)}"
        status = await self.call("journey", name, key, "--reason", reason, kill_after=kill_after)
        self.commands.append(Command(name, key, reason, None if status is None else status == 0))
        return status is None

    async def killed_import(self, folder: Any, kill_after: float) -> bool:
        """Import a file, kill that process meanwhile, and import it again; False where it was faster."""
        users = [f"steady{next(self._numbers)}" for _ in range(40)]
        lines = [line for user in users for line in self.entrance("steady", user)]
        file = folder / f"feed{next(self._numbers)}.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        self.tried["steady"].update(users)
        status = await self.call("import", "--live", str(file), kill_after=kill_after)
        killed = status is None
        end = time.monotonic() + 120
        while status != 0:
            if time.monotonic() > end:
                raise TimeoutError("an import did not come to its end")
            status = await self.call("import", "--live", str(file))
        self.fed["steady"].update(users)
        return killed

    async def insist(self, name: Any, key: str) -> None:
        """Give a command until it is answered."""
        before = len(self.commands)
        while not any(command.answered is not None for command in self.commands[before:]):
            await self.command(name, key)
            await asyncio.sleep(0.1)

    async def moves(self, key: str) -> int | None:
        """Count the moves in a journey, but for leaving by a goal or an exit rule."""
        try:
            async with (await self.database()).transaction() as connection:
                row = await (await connection.execute(MOVES, {"key": key})).fetchone()
        except TROUBLES:
            return None
        return int(row[0]) if row else None
