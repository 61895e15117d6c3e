"""The worker: the only loop. Lease → what is due → wait → graceful stop.

Lanes work in different buckets side by side; one bucket is in one lane at a time. NOTIFY is a hint; five times a
second the worker also asks whether its buckets got rows.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

import psycopg
from psycopg.types.numeric import Int8

from parcours.cancelling import cancel
from parcours.channels.channel import Channel
from parcours.domain.errors import ParcoursError
from parcours.engine.bucketwork import Agenda, BucketWork
from parcours.engine.calling import Forms
from parcours.engine.catch_up import catch_ups_under_way, set_people_free
from parcours.engine.courier import Compose, Courier
from parcours.engine.erasure import erase_for
from parcours.engine.gate import gates_waited_at, pass_gate
from parcours.engine.leases import DatabaseClock, Leases
from parcours.engine.mails import Mails
from parcours.engine.removal import remove_for
from parcours.engine.retention import retain_for
from parcours.engine.unit import LeaseLost, Limits
from parcours.engine.upkeep import drop_emptied, forget_messages, keep_partitions, keep_statistics
from parcours.engine.versions import Versions
from parcours.observe import Observer, Trouble, WorkerStarted, WorkerStopped
from parcours.settings import Settings
from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = ["Worker"]

ASK_EVERY = 0.2  # seconds
HOUSEKEEPING_EVERY = 1.0
GATES_EVERY = 0.1
REMOVAL_EVERY = 0.5
UNKNOWN = -1
SOONEST_RETRY = 0.1  # seconds, doubled up to one
PROBE_EVERY = timedelta(seconds=10)  # what nobody told us of: claims of a dead worker, a lost hint

# What services do by themselves: given by the composition root, since engine and service do not know each other.
Automatic = Callable[[Connection, datetime], Awaitable[object]]


class Worker:
    """One worker process: takes a share of the buckets and does their work until told to stop."""

    def __init__(
        self, database: Database, *, settings: Settings, channels: Mapping[str, Channel], observer: Observer,
        buckets: int, name: str | None = None, automatic: Automatic | None = None, limits: Limits | None = None,
    ) -> None:  # fmt: skip
        self.database, self.settings, self.channels, self.observer = database, settings, channels, observer
        self.name = name or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self.automatic = automatic
        self.clock = DatabaseClock()
        self.agenda = Agenda()
        self.leases = Leases(database, self.name, buckets, self.clock, observer, self._taken)
        self.mails = Mails(settings.public_url)
        composers: Mapping[str, Compose] = {"email": self.mails.compose, "webhook": Forms().compose}
        self.couriers = {
            name: Courier(database, name, channel, composers[name], observer, self.clock.now, self._settled)
            for name, channel in channels.items()
        }
        self.work = BucketWork(
            database, Versions(), self.agenda, self.couriers, observer, self.clock.now, limits or Limits()
        )
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()  # buckets are to be shared anew
        self._queue: asyncio.Queue[int] = asyncio.Queue()
        self._probe: set[int] = set()
        self._routed: set[int] = set()
        self._anew: set[int] = set()  # buckets in which every journey is to be looked at
        self._asked: dict[int, set[int]] = {}  # bucket → journeys that commands concern
        self._waiting: set[int] = set()
        self._asking = asyncio.Lock()
        self._telling: set[asyncio.Task[None]] = set()
        self._newest = UNKNOWN  # the newest command
        self._heard: list[int] = []  # the latest commands
        self._partitions_until: datetime | None = None
        self._probed: datetime | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then finish units and hand-overs under way and give the leases back."""
        async with await self.database.beside(self.settings.worker_concurrency) as self.work.database:
            # The database may go away between our connecting and the first leases.
            while not self.clock.known and not stop.is_set():
                await self._steadily("lease", self.leases.beat)
            while self.settings.public_url and self.mails.signer is None and not stop.is_set():
                await self._steadily("links", self._links)
            if self.clock.known:
                await self._run(stop)

    async def _run(self, stop: asyncio.Event) -> None:
        for channel in self.channels.values():
            await channel.start()
        couriers_stop = asyncio.Event()
        couriers = [asyncio.create_task(courier.run(couriers_stop)) for courier in self.couriers.values()]
        self.observer.observe(WorkerStarted(self.name, len(self.leases.held)))
        loops = [
            asyncio.create_task(self._beats()),
            asyncio.create_task(self._every(HOUSEKEEPING_EVERY, "housekeeping", self._housekeeping)),
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._agenda_loop()),
            asyncio.create_task(self._every(GATES_EVERY, "gate", self._gates)),
            asyncio.create_task(self._every(REMOVAL_EVERY, "removal", self._removal)),
        ]
        lanes_stop = asyncio.Event()
        lanes = [asyncio.create_task(self._lane(lanes_stop)) for _ in range(self.settings.worker_concurrency)]
        stopping = asyncio.create_task(stop.wait())
        try:
            # None of these ends before it is told to; should one fail, a worker that looks alive must not go on.
            parts = [*loops, *lanes, *couriers]
            ended, _ = await asyncio.wait([stopping, *parts], return_when=asyncio.FIRST_COMPLETED)
            for part in ended & set(parts):
                part.result()
        finally:
            await cancel(stopping, *loops)
            lanes_stop.set()
            for _ in lanes:
                self._queue.put_nowait(-1)
            await asyncio.gather(*lanes, return_exceptions=True)
            # What is in a provider's hands may take long; the buckets need not wait for it.
            await self._steadily("lease", self.leases.give_back, once=True)
            couriers_stop.set()
            await asyncio.gather(*couriers)
            await asyncio.gather(*self._telling)
            await self._steadily("lease", self.leases.leave, once=True)
            for channel in self.channels.values():
                await channel.close()
            self.observer.observe(WorkerStopped(self.name))

    # What wakes it -----------------------------------------------------------------------------------------------

    def _taken(self, bucket: int) -> None:
        """A bucket became ours: nothing is known of it."""
        self._anew.add(bucket)
        self._routed.add(bucket)
        self._wake.set()

    def _settled(self, bucket: int, journey_id: int) -> None:
        if bucket in self.leases.held:
            self.agenda.touch(bucket, journey_id, self.clock.now())
            self._wake.set()
        else:
            # Handed over while the bucket went to somebody else, who would find the outcome only at the next probe.
            hint = self._steadily("hint", lambda: self._tell(f"settled {bucket} {journey_id}"), once=True)
            task = asyncio.create_task(hint)
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell(self, hint: str) -> None:
        async with self.database.transaction() as connection:
            await connection.execute(query("notify_hint"), {"hint": hint})

    def _hear(self, hint: str) -> bool:
        """Act on another worker's hint; False where the news are to be asked."""
        match hint.split(" "):
            case ["leases"]:
                self._hurry.set()
            case ["rows", *buckets]:
                self._routed |= {int(bucket) for bucket in buckets} & self.leases.held.keys()
                self._wake.set()
            case ["settled", bucket, journey_id]:
                if int(bucket) in self.leases.held:
                    self._settled(int(bucket), int(journey_id))
            case _:
                return False
        return True

    async def _listen(self) -> None:
        """Take NOTIFY as a hint; without it, everything still happens within a fifth of a second."""
        pause = SOONEST_RETRY
        while True:
            try:
                async with self.database.dedicated() as connection:
                    await self.leases.be_present(connection)
                    pause = SOONEST_RETRY
                    await connection.execute("LISTEN parcours")
                    async for notice in connection.notifies():
                        if not self._hear(notice.payload):
                            await self._news()
            except (psycopg.Error, ParcoursError, OSError) as error:
                self.leases.be_absent()
                self.observer.observe(Trouble("listen", "database_unreachable", str(error), pause))
                await asyncio.sleep(pause)
                pause = min(1.0, 2 * pause)

    async def _news(self) -> None:
        """Ask which buckets got rows, and which journeys got commands."""
        async with self._asking:
            newest = self._newest
            self._newest = UNKNOWN  # should this fail, nobody knows what happens meanwhile
            given = {
                "buckets": list(self.leases.held),
                "heard": [Int8(command) for command in self._heard],
            }
            async with self.database.transaction() as connection:
                row = await (await connection.execute(query("worker_news"), given, prepare=True)).fetchone()
            assert row is not None
            fresh, commands, journeys = row
            self._newest, self._heard = max(commands, default=0), commands
        self._routed |= set(fresh)
        if newest == UNKNOWN or self._newest < newest or (commands and min(commands) > newest):
            # The beginning, or a database brought back, or more commands than are looked at: ask everywhere.
            self._anew |= self.leases.held.keys()
        elif journeys:
            # A command changes what may be done, in every bucket. Lanes touch the agenda, lest a unit that is
            # just ending write over it.
            for bucket in self.leases.held:
                self._asked.setdefault(bucket, set()).update(journeys)
        if fresh or self._probe or self._anew or self._asked:
            self._wake.set()

    async def _agenda_loop(self) -> None:
        """Put buckets with something due into the queue of the lanes."""
        asked = 0.0
        loop = asyncio.get_running_loop()
        while True:
            if loop.time() - asked >= ASK_EVERY:
                asked = loop.time()
                await self._steadily("news", self._news)
            now = self.clock.now()
            for bucket in {bucket for bucket, _ in self.agenda.due} - self.leases.held.keys():
                self.agenda.forget(bucket)
            due = self.agenda.buckets(now) | self._probe | self._routed | self._anew | self._asked.keys()
            for bucket in due & set(self.leases.held):
                if bucket not in self._waiting and bucket not in self.leases.busy:
                    self._waiting.add(bucket)
                    self._queue.put_nowait(bucket)
            next_due = self.agenda.next()
            pause = ASK_EVERY
            if next_due is not None:
                pause = min(pause, max(0.001, (next_due - now).total_seconds()))
            if self._waiting or self.leases.busy:
                pause = max(pause, 0.005)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):  # wait_for may swallow a cancellation
                    await self._wake.wait()
            self._wake.clear()

    # What it does ------------------------------------------------------------------------------------------------

    async def _lane(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            bucket = await self._queue.get()
            self._waiting.discard(bucket)
            term = self.leases.held.get(bucket)
            if term is None or stop.is_set():
                continue
            self.leases.busy.add(bucket)
            probe, routed = bucket in self._probe, bucket in self._routed
            if bucket in self._anew:
                self.agenda.forget(bucket)
                probe = True
            for journey_id in self._asked.get(bucket, ()):
                self.agenda.touch(bucket, journey_id, self.clock.now())
            for known in (self._probe, self._routed, self._anew):
                known.discard(bucket)
            self._asked.pop(bucket, None)
            try:
                await self.work.run(bucket, (self.name, term), probe=probe, routed=routed)
            except LeaseLost:
                self.leases.drop(bucket)
                self.agenda.forget(bucket)
            except (psycopg.Error, ParcoursError) as error:
                code = error.code if isinstance(error, ParcoursError) else type(error).__name__
                self.observer.observe(Trouble(f"bucket {bucket}", code, str(error), 1.0))
                self._probe.add(bucket)
                self._routed.add(bucket)
                await asyncio.sleep(1.0)
            finally:
                self.leases.busy.discard(bucket)
                self._wake.set()

    async def _gates(self) -> None:
        """Let through the gates, and set free, whoever may go: one worker at a time for each."""
        async with self.database.transaction() as connection:
            catching_up = await catch_ups_under_way(connection, self.clock.now())
        for version_id in catching_up:
            more = True
            while more:
                async with self.database.transaction() as connection:
                    freed = await set_people_free(connection, version_id, self.clock.now())
                more = freed.more
                if freed.people:
                    self._wake.set()
        async with self.database.transaction() as connection:
            waited_at = await gates_waited_at(connection)
        for journey_id in waited_at:
            more = True
            while more:
                async with self.database.transaction() as connection:
                    passed = await pass_gate(connection, journey_id, self.clock.now())
                more = passed.more
                if passed.people:
                    self._wake.set()

    async def _removal(self) -> None:
        """Remove what is left of deleted journeys, of erased people, and what is too old; half of the time at most."""
        await remove_for(self.database, self.clock.now, REMOVAL_EVERY)
        await erase_for(self.database, self.clock.now, REMOVAL_EVERY)
        await retain_for(self.database, self.clock.now, REMOVAL_EVERY)

    async def _links(self) -> None:
        """Sign links in mails by the newest key."""
        async with self.database.transaction() as connection:
            await self.mails.refresh(connection)

    async def _housekeeping(self) -> None:
        """Start and end dates, versions that are finished, partitions."""
        now = self.clock.now()
        if self.automatic is not None:
            async with self.database.transaction() as connection:
                await self.automatic(connection, now)
        if self._partitions_until is None or now > self._partitions_until:
            made = ["?"]
            while made:
                async with self.database.transaction() as connection:
                    made = await keep_partitions(connection, now)
            await drop_emptied(self.database, now)
            self._partitions_until = now + timedelta(hours=6)
        if self._probed is None or now > self._probed + PROBE_EVERY:
            self._probed = now
            await self._links()
            more = True
            while more:
                async with self.database.transaction() as connection:
                    more = await forget_messages(connection, now)
            self._probe |= set(self.leases.held)
            self._wake.set()
        async with self.database.dedicated() as connection:
            await keep_statistics(connection)

    async def _beats(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.leases.pause):
                    await self._hurry.wait()
            self._hurry.clear()
            await self._steadily("lease", self.leases.beat)

    async def _every(self, seconds: float, name: str, action: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._steadily(name, action)
            await asyncio.sleep(seconds)

    async def _steadily(
        self, name: str, action: Callable[[], Awaitable[None]], *, once: bool = False
    ) -> None:
        """Do something that must not end the worker when the database is away; it is tried again."""
        try:
            await action()
        except (psycopg.Error, ParcoursError, OSError) as error:
            code = error.code if isinstance(error, ParcoursError) else type(error).__name__
            self.observer.observe(Trouble(name, code, str(error), None if once else 1.0))
            if not once:
                await asyncio.sleep(1.0)
