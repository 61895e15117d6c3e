"""Workers as real processes: killed, stopped in the middle of a transaction, restarted one after the other."""

from __future__ import annotations

import asyncio
import itertools
import signal
import time
from contextlib import AsyncExitStack

import psycopg

from support.postgres import BUCKETS
from support.runner import email, journey
from support.worker import Document, Installation, eventually, everyone_mailed_once, installed, line, people
from support.worker_process import holds, process

MAILED: Document = {
    "mail": email("One"),
    "pause": {"wait": {"for": "1s"}},
    "more": email("Two"),
    "end": {"end": {}},
}
TICKS: Document = {"event": "Tick", "when": {"field": "event.never", "is": True}}
OVER = "SELECT count(*) FROM parcours.participant WHERE finished_at IS NOT NULL"
MOVES = "SELECT count(*) FROM parcours.passage"
# A transaction of a worker, with a bucket's lease in its hands, that waits for its process.
CLAIMED = "SELECT count(*) FROM parcours.message WHERE state = 'claimed'"
IN_TRANSACTION = """SELECT count(*) > 0 FROM pg_stat_activity a JOIN pg_locks l USING (pid)
    WHERE a.datname = current_database() AND a.application_name = %(name)s AND a.state = 'idle in transaction'
        AND l.relation = 'parcours.lease'::regclass AND l.mode = 'RowShareLock'"""


async def test_a_killed_worker_is_replaced_long_before_its_leases_run_out(database_url: str) -> None:
    async with installed(database_url, "heir") as here, process(here, "killed") as running:
        await holds(here, heir=BUCKETS // 2, killed=BUCKETS // 2)
        running.kill()
        began = time.monotonic()
        await holds(here, heir=BUCKETS)
        assert time.monotonic() - began < 5  # a lease has ten seconds


async def test_a_restarted_worker_of_the_same_name_takes_its_buckets_at_once(database_url: str) -> None:
    async with installed(database_url) as here:
        await here.feed(*people("u", range(20)))
        await here.publish(journey(MAILED, "j"))
        async with process(here, "one") as running:
            await holds(here, one=BUCKETS)
            running.kill()
            await running.wait()
        await here.feed(*(line("track", f"u{n}", "Go") for n in range(20)))
        async with process(here, "one"):
            began = time.monotonic()
            await eventually(lambda: bool(here.sink.arrivals))
            assert time.monotonic() - began < 5  # a lease has ten seconds
            await here.until(OVER, 20)
        await everyone_mailed_once(here, 20)


async def test_whoever_slept_past_its_term_writes_nothing_and_hands_nothing_over_late(
    database_url: str,
) -> None:
    number = 250
    async with installed(database_url, delays={"dot": 0.2}) as here:
        await here.feed(*people("u", range(number)))
        await here.publish(journey(MAILED, "j"))
        await here.publish(journey({"end": {"end": {}}}, "busy", triggers=[TICKS]))  # lets nobody in
        async with process(here, "sleeper") as sleeper:
            await holds(here, sleeper=BUCKETS)
            await here.feed(*(line("track", f"u{n}", "Go") for n in range(number)))
            await eventually(lambda: len(here.sink.arrivals) >= 10)
            await asleep_in_a_transaction(here, sleeper, "sleeper")
            assert await here.one(CLAIMED) > 0
            terms = dict(await here.rows("SELECT bucket, term FROM parcours.lease"))
            await here.start("heir")
            await holds(here, heir=BUCKETS, within=40)
            assert all(
                term > terms[b] for b, term in await here.rows("SELECT bucket, term FROM parcours.lease")
            )
            await here.until(OVER, number, within=60)
            moves, mails = await here.one(MOVES), len(here.sink.arrivals)
            sleeper.send_signal(signal.SIGCONT)
            # It finds its leases gone, and takes its share as anybody does.
            await holds(here, heir=BUCKETS // 2, sleeper=BUCKETS // 2)
            sleeper.send_signal(signal.SIGTERM)
            assert await sleeper.wait() == 0
            assert (await here.one(MOVES), len(here.sink.arrivals)) == (moves, mails)
        await everyone_mailed_once(here, number)


async def asleep_in_a_transaction(here: Installation, sleeper: asyncio.subprocess.Process, name: str) -> None:
    """Stop a process while it is inside a transaction that holds a lease, and has messages under way."""
    end = time.monotonic() + 20
    for turn in itertools.count():
        if time.monotonic() > end:
            raise AssertionError("it was never found inside a transaction")
        # Or there would be nothing to do but to mail.
        await here.feed(line("track", f"u{turn % 100}", "Tick"))
        sleeper.send_signal(signal.SIGSTOP)
        for _ in range(3):  # what it asked for may still be on its way
            if await here.one(IN_TRANSACTION, name=name) and await here.one(CLAIMED):
                return
        sleeper.send_signal(signal.SIGCONT)


async def test_workers_are_restarted_one_after_the_other_without_a_pause_in_service(
    database_url: str,
) -> None:
    async with installed(database_url) as here, AsyncExitStack() as stack:
        await here.publish(journey(MAILED, "j"))
        await here.feed(*people("u", range(3000)))
        old = [await stack.enter_async_context(process(here, f"old{n}")) for n in (1, 2)]
        await holds(here, old1=BUCKETS // 2, old2=BUCKETS // 2)
        stop = asyncio.Event()
        fed = 0

        async def entering() -> None:
            nonlocal fed
            while not stop.is_set() and fed < 3000:
                await here.feed(line("track", f"u{fed}", "Go"))
                fed += 1
                await asyncio.sleep(0.02)

        feeder = asyncio.create_task(entering())
        await eventually(lambda: len(here.sink.arrivals) >= 20)
        began = time.monotonic()
        for n, leaving in enumerate(old, 1):
            await stack.enter_async_context(process(here, f"new{n}"))
            leaving.send_signal(signal.SIGTERM)
            assert await leaving.wait() == 0
        await holds(here, new1=BUCKETS // 2, new2=BUCKETS // 2)
        ended = time.monotonic()
        stop.set()
        await feeder
        await here.until(OVER, fed, within=60)
        await everyone_mailed_once(here, fed)
        times = [began, *sorted(a.at for a in here.sink.arrivals if began < a.at < ended), ended]
        gap = max(later - earlier for earlier, later in itertools.pairwise(times))
        print(f"longest gap between two hand-overs: {gap:.2f} s in {ended - began:.1f} s")  # noqa: T201 - a measurement
        assert gap < 4  # a lease has ten seconds


async def test_a_session_that_waits_for_the_rest_of_a_message_is_ended(database_url: str) -> None:
    """A process stopped amid what it sends keeps its locks; no time limit of the session counts then."""
    async with installed(database_url) as here:
        with psycopg.connect(here.url, application_name="parcours") as stopped:
            stopped.execute(
                "UPDATE parcours.lease SET holder = 'gone', expires_at = '2000-01-01 00:00:00+00'"
            )
            stopped.commit()
            stopped.pgconn.enter_pipeline_mode()
            stopped.pgconn.send_query_params(b"BEGIN", [])
            stopped.pgconn.send_query_params(b"SELECT 1 FROM parcours.lease FOR NO KEY UPDATE", [])
            stopped.pgconn.send_flush_request()
            stopped.pgconn.flush()
            await here.until(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'ClientRead' AND state = 'active'",
                1,
            )
            await here.start("heir")
            await holds(here, heir=BUCKETS, within=30)
            stopped.close()
