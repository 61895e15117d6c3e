"""Running workers for tests: in this process beside a recording sink, or `python worker.py` as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from parcours.channels.email import EmailChannel
from parcours.channels.guard import Guard, read_networks
from parcours.channels.smtp import Server
from parcours.channels.webhook import WebhookChannel
from parcours.clock import SystemClock
from parcours.domain.parse import parse_journey
from parcours.domain.records import CommandResult
from parcours.engine.unit import Limits
from parcours.engine.worker import Worker
from parcours.observe import Event, Observer, Trouble, WorkerStarted
from parcours.service.commands.automatic import finish_versions, run_scheduled
from parcours.service.commands.lifecycle import Order, execute
from parcours.service.commands.schedules import begin_runs
from parcours.service.commands.waiting import settle_in_flight
from parcours.service.editing.authoring import apply_journey
from parcours.service.intake.feed import parse_line
from parcours.service.intake.taking import take
from parcours.service.watch.ledger import Ledger, read_ledgers
from parcours.service.watch.reports import notify_workers
from parcours.settings import Settings
from parcours.store.database import Connection, Database
from support.postgres import BUCKETS
from support.smtp_sink import MESSAGE_ID, SUBJECT, Sink

__all__ = [
    "WEBHOOK_SECRET", "Answer", "Installation", "Log", "RecordingSink", "Running", "eventually", "everyone_mailed_once",
    "installed", "line",
]  # fmt: skip

Document: TypeAlias = dict[str, Any]
PATIENCE = 60.0
WEBHOOK_SECRET = "a secret of tests"
NUMBERS = itertools.count(1)


async def eventually(
    condition: Callable[[], bool] | Callable[[], Awaitable[bool]],
    *,
    within: float = PATIENCE,
    what: str | Callable[[], str] = "",
) -> None:
    """Wait until a condition holds; fail after `within` seconds."""
    end = time.monotonic() + within
    while True:
        found = condition()
        if not isinstance(found, bool):
            found = await found
        if found:
            return
        if time.monotonic() > end:
            raise AssertionError(f"not within {within} s: {what() if callable(what) else what or condition}")
        await asyncio.sleep(0.01)


@dataclass
class Arrival:
    at: float  # monotonic
    message_id: str
    recipient: str
    subject: str = ""


@dataclass
class RecordingSink(Sink):
    """A sink that notes when which message came."""

    arrivals: list[Arrival] = field(default_factory=list)

    def take(self, sender: str, recipient: str, payload: bytes) -> None:
        super().take(sender, recipient, payload)
        found = MESSAGE_ID.search(payload)
        message_id = found[1].decode().strip("<>").partition("@")[0] if found else ""
        about = SUBJECT.search(payload)
        subject = about[1].decode().strip() if about else ""
        self.arrivals.append(Arrival(time.monotonic(), message_id, recipient, subject))


@dataclass
class Log:
    """An observer that keeps everything."""

    events: list[Event] = field(default_factory=list)

    def observe(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def troubles(self) -> list[Trouble]:
        return self.of(Trouble)


@dataclass
class Running:
    """One worker in this process."""

    worker: Worker
    log: Log
    stop: asyncio.Event
    task: asyncio.Task[None]
    database: Database

    async def end(self) -> None:
        """Stop gracefully."""
        self.stop.set()
        await self.task
        await self.database.close()


@dataclass(frozen=True)
class Answer:
    """A command's answer; `began`, `committed` and `answered` are monotonic, `at` is the clock after the commit."""

    result: CommandResult
    began: float
    committed: float
    answered: float
    at: datetime


@dataclass
class Installation:
    """A database of one test, a mail server, and the workers running on them."""

    url: str
    database: Database
    sink: RecordingSink
    timeout: float = 5.0
    workers: dict[str, Running] = field(default_factory=dict)
    clock: SystemClock = field(default_factory=SystemClock)

    async def start(
        self, name: str, *, limits: Limits | None = None, lanes: int = 2, public_url: str | None = None
    ) -> Running:
        """Start a worker in this process."""
        database = await Database.connect(self.url, connections=lanes + 4, application=name)
        log, stop = Log(), asyncio.Event()
        worker = make_worker(
            database,
            self.sink.port,
            name,
            log,
            timeout=self.timeout,
            lanes=lanes,
            limits=limits,
            public_url=public_url,
        )
        running = Running(worker, log, stop, asyncio.create_task(worker.run(stop)), database)
        self.workers[name] = running
        await eventually(lambda: bool(log.of(WorkerStarted)), what=f"{name} starts")
        return running

    async def apply(self, document: Document, **files: Any) -> None:
        """Save a journey as its next draft, with `templates` and `attachments`."""
        journey, problems = parse_journey(document)
        assert journey is not None, problems
        journey = replace(journey, **files)
        async with self.database.transaction() as connection:
            await apply_journey(connection, journey, self.clock.now())

    async def publish(self, document: Document, **files: Any) -> Answer:
        """Save a journey and publish it."""
        await self.apply(document, **files)
        answer = await self.command(document["journey"], "publish")
        assert answer.result.refused is None, answer.result
        return answer

    async def command(self, key: str, name: Any, *, wait: bool = True, **more: Any) -> Answer:
        """Give a command; after its commit wait for what the mail server holds."""
        began = time.monotonic()
        async with self.database.transaction() as connection:
            result = await execute(connection, Order(key, name, **more), self.clock.now())
            await notify_workers(connection)
        committed, at = time.monotonic(), self.clock.now()
        if wait and name in ("pause", "close", "stop"):
            await settle_in_flight(self.database, result.changed, self.clock)
        return Answer(result, began, committed, time.monotonic(), at)

    async def feed(self, *lines: Document, notify: bool = True) -> None:
        """Take in lines, in one transaction."""
        read = [parse_line(json.dumps(one).encode(), f"line {n}", n) for n, one in enumerate(lines, 1)]
        async with self.database.transaction() as connection:
            await take(connection, read, buckets=BUCKETS, received_at=self.clock.now())
            if notify:
                await notify_workers(connection)

    async def rows(self, text: str, **given: Any) -> list[tuple[Any, ...]]:
        """Ask the database."""
        async with self.database.transaction() as connection:
            return await (await connection.execute(text, given)).fetchall()

    async def one(self, text: str, **given: Any) -> Any:
        """Ask the database for one value."""
        return (await self.rows(text, **given))[0][0]

    async def counts(self, text: str, **given: Any) -> dict[Any, int]:
        """Ask the database for pairs of a key and a number."""
        return {key: number for key, number in await self.rows(text, **given)}  # noqa: C416 - rows are tuples

    async def until(self, text: str, expected: Any = True, *, within: float = PATIENCE, **given: Any) -> None:
        """Wait until a query's value is the expected one."""
        found: Any = None

        async def holds() -> bool:
            nonlocal found
            rows = await self.rows(text, **given)
            found = rows[0][0] if rows else None
            return bool(found == expected)

        try:
            await eventually(holds, within=within, what=text)
        except AssertionError as error:
            raise AssertionError(f"{error}: {found!r}, not {expected!r}") from None

    def state(self) -> str:
        """Say what the workers do, for a test that fails."""
        return "; ".join(
            f"{name}: {len(one.worker.leases.held)} leases, "
            f"{[courier.in_flight for courier in one.worker.couriers.values()]} in flight, "
            f"{'ended' if one.task.done() else 'running'}, troubles {one.log.troubles[-3:]}"
            for name, one in self.workers.items()
        )

    async def ledgers(self) -> list[Ledger]:
        """Read every ledger."""
        async with self.database.transaction() as connection:
            return await read_ledgers(connection)


def make_worker(
    database: Database,
    port: int,
    name: str,
    log: Observer,
    *,
    timeout: float,
    lanes: int,
    limits: Limits | None = None,
    public_url: str | None = None,
) -> Worker:
    channel = EmailChannel(Server(host="127.0.0.1", port=port), connections=4, timeout=timeout)
    return Worker(
        database,
        settings=Settings(worker_concurrency=lanes, public_url=public_url),
        channels={"email": channel, "webhook": webhook_channel()},
        observer=log,
        buckets=BUCKETS,
        name=name,
        automatic=by_itself,
        limits=limits,
    )


def webhook_channel() -> WebhookChannel:
    """Return a channel that reaches this machine, where the sinks are."""
    guard = Guard(read_networks("127.0.0.1"))
    return WebhookChannel(guard=guard, clock=SystemClock().now, secret=WEBHOOK_SECRET)


async def by_itself(connection: Connection, now: datetime) -> None:
    await run_scheduled(connection, now)
    await begin_runs(connection, now)
    await finish_versions(connection, now)


@asynccontextmanager
async def installed(
    url: str,
    *names: str,
    delays: Mapping[str, float] | None = None,
    lanes: int = 2,
    answer_within: float = 5.0,
) -> AsyncIterator[Installation]:
    """Yield an installation with workers of these names, all stopped at the end."""
    async with (
        await Database.connect(url, connections=8) as database,
        RecordingSink(delays=dict(delays or {}), keep=False) as sink,
    ):
        here = Installation(url, database, sink, answer_within)
        try:
            for name in names:
                await here.start(name, lanes=lanes)
            yield here
        finally:
            for running in here.workers.values():
                if not running.task.done():
                    await running.end()


def line(kind: str, user: str, name: str = "", **values: Any) -> Document:
    """Write a line of the feed without a timestamp: it happens when it arrives, each time anew."""
    common = {"type": kind, "userId": user, "messageId": f"m{next(NUMBERS)}"}
    if kind == "identify":
        return {**common, "traits": values}
    return {**common, "event": name, "properties": values}


def people(prefix: str, numbers: Sequence[int] | range) -> list[Document]:
    """Write the lines that make people with an address."""
    return [line("identify", f"{prefix}{n}", email=f"{prefix}{n}@example.com") for n in numbers]


class Ready:
    """Prints a line when the worker has begun."""

    def observe(self, event: Event) -> None:
        if isinstance(event, WorkerStarted):
            print("ready", flush=True)  # noqa: T201 - the caller reads it


async def serve(url: str, port: int, name: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with await Database.connect(url, connections=6, application=name) as database:
        await make_worker(database, port, name, Ready(), timeout=5.0, lanes=2).run(stop)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("port", type=int)
    parser.add_argument("name")
    options = parser.parse_args()
    asyncio.run(serve(options.url, options.port, options.name))


async def everyone_mailed_once(here: Installation, number: int) -> None:
    """Everybody went through, and each mail was handed over once, unless its fate is unknown."""
    states = dict(await here.rows("SELECT message_id::text, state FROM parcours.message"))
    assert len(states) == 2 * number
    assert set(states.values()) <= {"sent", "uncertain"}
    handed = Counter(arrival.message_id for arrival in here.sink.arrivals)
    assert [m for m, state in states.items() if state == "sent" and handed[m] != 1] == []
    assert [m for m, n in handed.items() if n > 1] == []
    assert await here.counts("SELECT status, count(*) FROM parcours.participant GROUP BY 1") == {
        "completed": number
    }
    for ledger in await here.ledgers():
        assert ledger.balances, ledger.mismatches


if __name__ == "__main__":
    main()
