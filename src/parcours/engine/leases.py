"""Which buckets are ours: leases in the database, a fair share for every worker that lives.

A lease is a row with holder, term and expiry. Every unit locks its row and names the term, so a worker that slept
past its lease writes nothing.

A worker also holds a lock that goes with its connection. Who finds that lock gone takes the leases over at once,
without waiting for their expiry. Nothing depends on that being right: should the worker live all the same, its units
find another term.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from psycopg.types.numeric import Int4

from parcours.engine.unit import LEASE
from parcours.observe import LeaseLost, LeaseTaken, Observer
from parcours.store.database import Connection, Database
from parcours.store.queries import query
from parcours.store.roles import as_owner

__all__ = ["DatabaseClock", "Leases"]

SILENCE = timedelta(seconds=15)
BEAT_EVERY = 2.5  # seconds
BEAT_SOON = 0.3  # where a bucket is free, but a statement of its dead worker still runs
LOCK_CLASS = 0x7061_7263  # among the advisory locks of a database, ours for presence


class DatabaseClock:
    """The database's clock, carried on by this machine's monotonic one between two looks."""

    def __init__(self) -> None:
        self._at: datetime | None = None
        self._seen = 0.0

    async def look(self, connection: Connection) -> None:
        """Ask the database what time it is."""
        before = time.monotonic()
        row = await (await connection.execute(query("database_now"))).fetchone()
        assert row is not None
        self._at, self._seen = row[0], before

    @property
    def known(self) -> bool:
        """Whether the database was ever asked."""
        return self._at is not None

    def now(self) -> datetime:
        """Return the present instant as the database has it, in UTC."""
        assert self._at is not None
        return self._at + timedelta(seconds=time.monotonic() - self._seen)


@dataclass(slots=True)
class Leases:
    """The leases of one worker: `held` maps a bucket to its term."""

    database: Database
    name: str
    buckets: int
    clock: DatabaseClock
    observer: Observer
    taken: Callable[[int], None] = lambda _: None
    held: dict[int, int] = field(default_factory=dict)
    busy: set[int] = field(default_factory=set)
    pause: float = BEAT_EVERY  # until the next beat
    server: datetime | None = None  # start of the server that keeps our lock
    greeted: bool = False  # others were told that there is one more to share with

    @property
    def key(self) -> int:
        """The number of this worker's lock."""
        return zlib.crc32(self.name.encode()) & 0x7FFF_FFFF

    async def be_present(self, connection: Connection) -> None:
        """Hold our lock on a connection that stays: when it ends, others know that we are gone."""
        given = {"class": Int4(LOCK_CLASS), "key": Int4(self.key)}
        row = await (await connection.execute(query("hold_presence"), given)).fetchone()
        assert row is not None
        self.server = row[1]
        told = {"key": self.key, "server": self.server, "name": self.name}
        await connection.execute(query("announce_presence"), told)

    def be_absent(self) -> None:
        """Note that our lock may be gone; until we have one again, others wait for our leases to run out."""
        self.server = None

    async def beat(self) -> None:
        """Renew what is ours, take a fair share of what is free, give back what is more than that."""
        async with self.database.transaction() as connection:
            await self.clock.look(connection)
            now = self.clock.now()
            told = {
                "name": self.name,
                "now": now,
                "key": self.key if self.server else None,
                "server": self.server,
            }
            await connection.execute(query("greet_worker"), told)
            absent = await self._absent(connection)
            given = {"name": self.name, "now": now, "expires": now + LEASE}
            async with connection.pipeline():
                for bucket in self.held:
                    await connection.execute(query("renew_lease"), {**given, "b": Int4(bucket)})
            renewed = dict(await (await connection.execute(query("held_leases"), given)).fetchall())
            for bucket in [b for b in self.held if self.held[b] != renewed.get(b)]:
                self._lose(bucket, "run out")
            # Under our own name there may be leases of a process that had it before us.
            given["absent"] = [*absent, self.name]
            row = await (
                await connection.execute(query("count_workers"), {"silent": now - SILENCE, "absent": absent})
            ).fetchone()
            workers = max(1, row[0] if row else 1)
            rows = await (await connection.execute(query("free_leases"), given)).fetchall()
            free = [bucket for (bucket,) in rows if bucket not in self.held]
            share = -(-self.buckets // workers)
            wanted = free[: max(0, share - len(self.held))]
            acquired: dict[int, int] = {}
            for bucket in wanted:
                taken = await connection.execute(query("acquire_lease"), {**given, "b": Int4(bucket)})
                if (row := await taken.fetchone()) is not None:
                    acquired[bucket] = row[0]
            if len(acquired) < len(wanted):
                # Sessions belong to the user that connected, whatever role they have taken on.
                await as_owner(connection)
                await connection.execute(query("end_stalled"), {"before": now - LEASE})
            if absent:
                await connection.execute(query("forget_absent"), {"absent": absent})
            if not self.greeted:
                await connection.execute(query("notify_hint"), {"hint": "leases"})
        self.greeted = True
        self.pause = BEAT_SOON if len(acquired) < len(wanted) else BEAT_EVERY
        for bucket, term in acquired.items():
            self.held[bucket] = term
            self.observer.observe(LeaseTaken(self.name, bucket, term))
            self.taken(bucket)
        for bucket in sorted(self.held)[share:]:
            if bucket not in self.busy:
                await self.release(bucket, "another worker's share")

    async def release(self, bucket: int, reason: str) -> None:
        """Give a bucket back."""
        term = self.held.get(bucket)
        if term is None:
            return
        self._lose(bucket, reason)
        async with self.database.transaction() as connection:
            given = {"b": bucket, "name": self.name, "term": term}
            await connection.execute(query("release_lease"), given)
            await connection.execute(query("notify_hint"), {"hint": "leases"})

    async def give_back(self) -> None:
        """Give every bucket back, for others to go on with."""
        for bucket in list(self.held):
            await self.release(bucket, "stopped")

    async def leave(self) -> None:
        """Take our name from the list, when everything is given back."""
        await self.give_back()
        async with self.database.transaction() as connection:
            given = {"name": self.name, "silent": self.clock.now() - SILENCE * 40}
            await connection.execute(query("forget_workers"), given)

    async def _absent(self, connection: Connection) -> list[str]:
        """Return the workers that are known to be gone."""
        given = {"name": self.name, "class": LOCK_CLASS}
        return [
            name for (name,) in await (await connection.execute(query("absent_workers"), given)).fetchall()
        ]

    def drop(self, bucket: int) -> None:
        """Note that a unit found the bucket in another worker's hands."""
        self._lose(bucket, "taken by another worker")

    def _lose(self, bucket: int, reason: str) -> None:
        if self.held.pop(bucket, None) is not None:
            self.observer.observe(LeaseLost(self.name, bucket, reason))
