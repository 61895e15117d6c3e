"""What every benchmark stands on: a durable server of its own, seeded databases, worker processes, medians."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from parcours.clock import SystemClock
from parcours.domain.parse import parse_journey
from parcours.domain.records import CommandResult
from parcours.service.commands.lifecycle import Order, execute
from parcours.service.editing.authoring import apply_journey
from parcours.service.watch.ledger import read_ledgers
from parcours.service.watch.reports import notify_workers
from parcours.store import embedded
from parcours.store.database import Database
from parcours.store.migrate import migrate

__all__ = [
    "BUCKETS",
    "FOLDER",
    "House",
    "Worker",
    "arguments",
    "balanced",
    "command",
    "go",
    "house",
    "ledger_balances",
    "median",
    "publish",
    "ratio",
    "say",
    "seed_inside",
    "seed_people",
    "sink",
    "step",
    "until",
    "workers",
]

BUCKETS = 8
FOLDER = Path(__file__).parent
SINK = FOLDER.parent / "tests" / "support" / "smtp_sink.py"
PATIENCE = 300.0
STOP_SECONDS = 15


def arguments(about: str, **defaults: tuple[int, int, str]) -> argparse.Namespace:
    """Read the command line: each default is (usual, with --quick, help)."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="small sizes: seconds, and rougher figures")
    for name, (usual, quick, what) in defaults.items():
        parser.add_argument(f"--{name}", type=int, help=f"{what} (usually {usual:,}, with --quick {quick:,})")
    given = parser.parse_args()
    for name, (usual, quick, _) in defaults.items():
        if getattr(given, name) is None:
            setattr(given, name, quick if given.quick else usual)
    print(f"   {about.splitlines()[0]}")
    return given


def say(line: str) -> None:
    """Print a result."""
    print(f"   {line}", flush=True)


def step(line: str) -> None:
    """Print what is being done."""
    print(f"   … {line}", flush=True)


def median(values: list[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def ratio(other: list[float], ours: list[float]) -> float:
    """Return how many times as fast we are: the median over repetitions of their seconds by ours."""
    return median([b / a for b, a in zip(other, ours, strict=True)])


# The server ------------------------------------------------------------------------------------------------------


@dataclass
class House:
    """A server whose commits are on disk, and the databases in it."""

    running: embedded.Running
    made: int = 0
    clones: list[str] = field(default_factory=list)

    def address(self, database: str) -> str:
        """Return the address of a database."""
        head, _, query = self.running.url.partition("?")
        return f"{head.rpartition('/')[0]}/{database}?{query}"

    @property
    def postmaster(self) -> int:
        """The process that all of the server's others descend from."""
        return int((self.running.data_dir / "postmaster.pid").read_text().split("\n", 1)[0])

    def create(self, name: str, buckets: int = BUCKETS) -> str:
        """Make a database with our schema; return its address."""
        self._run(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'").format(
                sql.Identifier(name)
            )
        )
        asyncio.run(_migrate(self.address(name), buckets))
        return self.address(name)

    @contextmanager
    def clone(self, name: str) -> Iterator[str]:
        """Yield the address of a copy of a database; a checkpoint has just been made."""
        self.made += 1
        copy = sql.Identifier(f"copy_{self.made}")
        self._run(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(copy, sql.Identifier(name))
        )
        self._run(sql.SQL("CHECKPOINT"))
        try:
            yield self.address(f"copy_{self.made}")
        finally:
            self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(copy))

    def _run(self, statement: sql.Composable) -> None:
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def house() -> Iterator[House]:
    """Yield a durable server (fsync and synchronous_commit are on) in a folder that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="parcours-bench-"))
    folder.chmod(0o755)  # as root, the server's account has to come in
    try:
        running = embedded.start(folder, durable=True)
        with psycopg.connect(running.url) as connection:
            [(version, durable)] = connection.execute(
                "SELECT current_setting('server_version'),"
                " current_setting('fsync') || '/' || current_setting('synchronous_commit')"
            ).fetchall()
        say(f"PostgreSQL {version}, fsync/synchronous_commit {durable}, {os.cpu_count()} cores")
        yield House(running)
    finally:
        embedded.stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


async def _migrate(url: str, buckets: int) -> None:
    async with await Database.connect(url) as database, database.dedicated() as connection:
        await migrate(connection, buckets)


# What lies in it -------------------------------------------------------------------------------------------------


def seed_people(url: str, people: int) -> None:
    """Make people `p1` … with an address, a name and a plan, and the statistics that go with them."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            """
            INSERT INTO parcours.profile (bucket, profile_id, user_id, attributes, created_at, updated_at)
            SELECT parcours.bucket_of(k.id, (SELECT count(*)::int FROM parcours.lease)), k.id, 'p' || i,
                jsonb_build_object('email', 'p' || i || '@example.com', 'first_name', 'Person ' || i,
                    'plan', CASE WHEN i %% 5 = 0 THEN 'pro' ELSE 'free' END),
                '2024-01-01 00:00:00+00', '2024-01-01 00:00:00+00'
            FROM generate_series(1, %s) i CROSS JOIN LATERAL (SELECT parcours.profile_id('p' || i) AS id OFFSET 0) k
            """,
            [people],
        )
        connection.execute("VACUUM ANALYZE parcours.profile")


def seed_inside(url: str, where: str, wake_at: str, *, queued: bool = False) -> None:
    """Let everybody be inside the only version, at step `where`; `queued`: each with a message that is due."""
    with psycopg.connect(url, autocommit=True) as connection:
        given = {"step": where, "wake_at": wake_at}
        connection.execute(
            """
            INSERT INTO parcours.participant (bucket, journey_id, profile_id, entry_no, version_id, status, step, seq,
                entered_at, entered_step_at, cause_at, cause_no, since_at, since_no, wake_at, event)
            SELECT p.bucket, v.journey_id, p.profile_id, 1, v.version_id, 'active', %(step)s, 1, t.at, t.at, t.at, 1,
                t.at, 1, %(wake_at)s::timestamptz, NULL
            FROM parcours.profile p, parcours.version v, (SELECT '2024-06-01 00:00:00+00'::timestamptz AS at) t
            """,
            given,
        )
        connection.execute(
            """
            INSERT INTO parcours.counter (bucket, version_id, kind, name, n)
            SELECT p.bucket, p.version_id, c.kind, c.name, count(*) FROM parcours.participant p
            CROSS JOIN (VALUES ('entered', ''), ('in', 'entry'), ('out', 'entry'), ('in', %(step)s)) c (kind, name)
            GROUP BY 1, 2, 3, 4
            """,
            given,
        )
        if queued:
            connection.execute(
                """
                INSERT INTO parcours.message (bucket, message_id, journey_id, version_id, profile_id, entry_no, seq, step,
                    channel, queued_at, due_at, feed_no)
                SELECT p.bucket, parcours.message_key(j.journey_key, p.profile_id, 1, 1, p.step), p.journey_id,
                    p.version_id, p.profile_id, 1, 1, p.step, v.program -> 'message_steps' ->> p.step, p.since_at,
                    p.since_at, 1
                FROM parcours.participant p JOIN parcours.journey j USING (journey_id)
                JOIN parcours.version v USING (version_id)
                """
            )
        connection.execute("VACUUM ANALYZE")


async def publish(database: Database, document: dict[str, Any], *, paused: bool) -> None:
    """Publish a journey; `paused`: it waits for `go`."""
    journey, problems = parse_journey(document)
    assert journey is not None, problems
    at = SystemClock().now()
    async with database.transaction() as connection:
        await apply_journey(connection, journey, at)
    await command(database, journey.key, "publish")
    if paused:
        await command(database, journey.key, "pause")


async def command(database: Database, key: str, name: Any) -> CommandResult:
    """Carry a command out, as the command line does, and tell the workers."""
    async with database.transaction() as connection:
        result = await execute(connection, Order(key, name), SystemClock().now())
        assert result.refused is None, result
        await notify_workers(connection, key)
    return result


async def go(database: Database, key: str) -> float:
    """Resume a journey that is paused; return the monotonic instant at which that was committed."""
    await command(database, key, "resume")
    return time.monotonic()


async def until(database: Database, statement: str, done: Callable[[Any], bool]) -> float:
    """Ask every 20 ms until the value is as wished; return the monotonic instant."""
    end = time.monotonic() + PATIENCE
    while True:
        async with database.transaction() as connection:
            row = await (await connection.execute(statement.encode())).fetchone()
        assert row is not None
        if done(row[0]):
            return time.monotonic()
        if time.monotonic() > end:
            raise TimeoutError(f"{statement} is still {row[0]}")
        await asyncio.sleep(0.02)


async def ledger_balances(database: Database) -> bool:
    """Tell whether every ledger balances: nobody was lost or counted twice."""
    async with database.transaction() as connection:
        wrong = [str(line) for ledger in await read_ledgers(connection) for line in ledger.mismatches]
    if wrong:
        say(f"TROUBLE the ledger does not balance in {len(wrong)} places, the first: {wrong[0]}")
    return not wrong


# Processes -------------------------------------------------------------------------------------------------------


@dataclass
class Worker:
    """A worker process; `megabytes` is its greatest resident memory, known when it has ended."""

    process: subprocess.Popen[str]
    megabytes: float = 0.0

    def stop(self) -> None:
        """End it gracefully; once is enough."""
        if self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            out, _ = self.process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            say(f"TROUBLE a worker was still there {STOP_SECONDS} s after SIGTERM, and was killed")
            self.process.kill()
            out, _ = self.process.communicate()
        self.megabytes = max(
            [float(line) for line in out.split() if line.replace(".", "").isdigit()], default=0.0
        )


@contextmanager
def workers(
    url: str, number: int, smtp_port: int | None = None, *, webhooks: bool = False
) -> Iterator[list[Worker]]:
    """Yield worker processes; without a port, or `webhooks`, they hand nothing out. They end with the block."""
    options = [] if smtp_port is None else ["--smtp-port", str(smtp_port)]
    options += ["--webhooks"] if webhooks else []
    running = [
        Worker(
            subprocess.Popen(
                [sys.executable, str(FOLDER / "worker_process.py"), url, *options],
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        for _ in range(number)
    ]
    try:
        yield running
    finally:
        for worker in running:
            worker.stop()


async def balanced(database: Database, number: int) -> None:
    """Wait until every bucket is in a worker's hands, the same number in each."""
    await until(
        database,
        f"SELECT count(DISTINCT holder) = {number} AND count(holder) = count(*) AND max(n) - min(n) <= 1 FROM"
        " (SELECT holder, count(*) OVER (PARTITION BY holder) AS n FROM parcours.lease) l",
        bool,
    )
    await asyncio.sleep(0.5)


@contextmanager
def sink(program: Path = SINK) -> Iterator[int]:
    """Yield the port of a server (SMTP unless told) in a process of its own that takes everything and keeps nothing."""
    process = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
