"""Workers share the buckets, take over from each other, and survive what happens to them."""

from __future__ import annotations

import asyncio
import signal

import pytest

from parcours.observe import Event, LeaseLost, UnitDone, WorkerStarted
from parcours.store.database import Database
from support.postgres import BUCKETS, Server
from support.runner import email, journey
from support.worker import (
    Document,
    Installation,
    Log,
    eventually,
    everyone_mailed_once,
    installed,
    line,
    make_worker,
    people,
)
from support.worker_process import HELD, holds, process

MAILED: Document = {
    "mail": email("One"),
    "pause": {"wait": {"for": "1s"}},
    "more": email("Two"),
    "end": {"end": {}},
}
OVER = "SELECT count(*) FROM parcours.participant WHERE finished_at IS NOT NULL"


async def more_mails(here: Installation) -> None:
    before = len(here.sink.arrivals)
    await eventually(lambda: len(here.sink.arrivals) > before, what="another mail")


async def test_two_workers_share_the_buckets_and_leave_them_behind(database_url: str) -> None:
    async with installed(database_url, "one") as here:
        await holds(here, one=BUCKETS)
        second = await here.start("two")
        await holds(here, one=BUCKETS // 2, two=BUCKETS // 2)
        await second.end()
        await holds(here, one=BUCKETS)
        await here.workers["one"].end()
        assert await here.counts(HELD) == {}
        assert await here.one("SELECT count(*) FROM parcours.worker") == 0


async def test_a_killed_worker_is_replaced_and_no_mail_leaves_twice(database_url: str) -> None:
    number = 60
    async with installed(database_url, delays={"dot": 0.02}) as here:
        await here.feed(*people("u", range(number)))
        async with process(here, "killed") as running:
            await here.publish(journey(MAILED, "j"))
            await here.feed(*(line("track", f"u{n}", "Go") for n in range(number)))
            await eventually(lambda: len(here.sink.arrivals) >= 20)
            running.send_signal(signal.SIGKILL)
            await running.wait()
            await here.start("heir")
            await holds(here, heir=BUCKETS)
            await here.until(OVER, number, within=60)
        await everyone_mailed_once(here, number)


async def test_a_worker_told_to_end_finishes_its_mails(database_url: str) -> None:
    async with installed(database_url, delays={"dot": 0.05}) as here:
        await here.feed(*people("u", range(40)))
        async with process(here, "leaving") as running:
            await here.publish(journey(MAILED, "j"))
            await here.feed(*(line("track", f"u{n}", "Go") for n in range(40)))
            await eventually(lambda: len(here.sink.arrivals) >= 3)
            running.send_signal(signal.SIGTERM)
            assert await running.wait() == 0
        assert await here.counts(HELD) == {}
        assert (
            await here.one("SELECT count(*) FROM parcours.message WHERE state IN ('claimed', 'uncertain')")
            == 0
        )
        sent = await here.one("SELECT count(*) FROM parcours.message WHERE state = 'sent'")
        assert sent == len(here.sink.arrivals)


async def test_whoever_lost_a_lease_writes_nothing(database_url: str) -> None:
    async with installed(database_url, "one") as here:
        await here.feed(*people("u", range(30)))
        await here.publish(journey({"end": {"end": {}}}, "j"))
        await holds(here, one=BUCKETS)
        await here.until("SELECT count(*) FROM parcours.pending", 0)
        await here.rows(
            """UPDATE parcours.lease SET holder = 'stranger', term = term + 1,
            expires_at = clock_timestamp() + interval '1 hour' RETURNING 1"""
        )
        await here.feed(*(line("track", f"u{n}", "Go") for n in range(30)))
        log = here.workers["one"].log
        await eventually(lambda: len(log.of(LeaseLost)) == BUCKETS)
        assert await here.one("SELECT count(*) FROM parcours.participant") == 0
        assert await here.one("SELECT count(*) FROM parcours.pending") == 30
        await here.rows("UPDATE parcours.lease SET holder = NULL, expires_at = '-infinity' RETURNING 1")
        await here.until(OVER, 30)


async def test_a_worker_that_begins_while_the_database_goes_away_waits_for_it(
    postgres: Server, database_url: str
) -> None:
    name = database_url.rpartition("/")[2].partition("?")[0]
    async with installed(database_url) as here, await Database.connect(postgres.address("postgres")) as other:
        database = await Database.connect(database_url, connections=4, application="early")
        log, stop = Log(), asyncio.Event()
        worker = make_worker(database, here.sink.port, "early", log, timeout=5.0, lanes=1)
        async with other.dedicated() as connection:
            await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
                ["early"],
            )
            task = asyncio.create_task(worker.run(stop))
            try:
                await eventually(
                    lambda: bool(log.troubles) or task.done(), what="it says what is wrong", within=60
                )
                assert not task.done(), task
            finally:
                await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
        await eventually(lambda: bool(log.of(WorkerStarted)), what="it starts all the same", within=60)
        await holds(here, early=BUCKETS)
        stop.set()
        await task
        await database.close()


async def test_cut_connections_are_survived(database_url: str) -> None:
    number = 40
    async with installed(database_url, "one", "two", delays={"dot": 0.01}) as here:
        await here.feed(*people("u", range(number)))
        await here.publish(journey(MAILED, "j"))
        for part in range(4):
            await here.feed(*(line("track", f"u{n}", "Go") for n in range(part, number, 4)))
            await more_mails(here)
            await here.rows(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name IN ('one', 'two')"""
            )
        await here.until(OVER, number, within=60)
        await everyone_mailed_once(here, number)


class Faulty:
    """An observer with a fault of its own."""

    def observe(self, event: Event) -> None:
        if isinstance(event, UnitDone):
            raise ZeroDivisionError


async def test_a_worker_does_not_go_on_without_a_part_that_failed(database_url: str) -> None:
    async with installed(database_url) as here:
        await here.feed(*people("u", range(3)))
        await here.publish(journey(MAILED, "j"))
        await here.feed(*(line("track", f"u{n}", "Go") for n in range(3)))
        async with await Database.connect(here.url, connections=6) as database:
            worker = make_worker(database, here.sink.port, "faulty", Faulty(), timeout=5.0, lanes=2)
            async with asyncio.timeout(20):
                with pytest.raises(ZeroDivisionError):
                    await worker.run(asyncio.Event())
        assert await here.one("SELECT count(*) FROM parcours.lease WHERE holder IS NOT NULL") == 0
