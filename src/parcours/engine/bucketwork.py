"""What a worker does in one bucket, once: route what came in, then a unit for each journey that has work."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import psycopg
from psycopg.types.numeric import Int4

from parcours.domain.errors import ParcoursError
from parcours.engine.belonging import Audiences, fill_some, next_recheck
from parcours.engine.content import Claimed
from parcours.engine.courier import Courier
from parcours.engine.delivery import claim, claim_overdue
from parcours.engine.poison import drop_culprit
from parcours.engine.route import recheck_bucket, route_bucket
from parcours.engine.sieves import Sieves
from parcours.engine.troubles import forget_trouble, note_trouble
from parcours.engine.unit import LEASE, LeaseLost, Limits, Unit, UnitResult
from parcours.engine.versions import Version, Versions
from parcours.observe import Observer, Trouble, UnitDone
from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = ["Agenda", "BucketWork"]

# SQLSTATE classes of a value that a statement cannot bear (architecture, Compiled SQL is total).
POISON = ("21", "22", "23")
PROBE_EVERY = timedelta(seconds=60)
OVERDUE_GRACE = timedelta(seconds=5)
YIELD = timedelta(milliseconds=20)
SOON = timedelta(milliseconds=10)
HELD_UP = timedelta(milliseconds=200)
AUDIENCES = 0  # stands in the agenda for the audiences of a bucket; journeys are numbered from 1
FILL_PEOPLE = 2000  # in a transaction
FILL_SECONDS = 0.2  # in a turn; whatever else is due comes next
RETRY = timedelta(seconds=5)


@dataclass(slots=True)
class Agenda:
    """When each (bucket, journey) is next due. Only the lease holder writes, so its memory is right."""

    due: dict[tuple[int, int], datetime] = field(default_factory=dict)

    def touch(self, bucket: int, journey_id: int, at: datetime) -> None:
        """Note that there is work at an instant, unless there is some earlier."""
        known = self.due.get((bucket, journey_id))
        if known is None or at < known:
            self.due[bucket, journey_id] = at

    def forget(self, bucket: int) -> None:
        """Forget a bucket: whoever takes it over asks the database."""
        for key in [key for key in self.due if key[0] == bucket]:
            del self.due[key]

    def buckets(self, now: datetime) -> set[int]:
        """Return the buckets in which something is due."""
        return {bucket for (bucket, _), at in self.due.items() if at <= now}

    def next(self) -> datetime | None:
        """Return the next instant at which something is due."""
        return min(self.due.values(), default=None)


@dataclass(slots=True)
class BucketWork:
    """The work in one bucket after the other; shared by the lanes of a worker."""

    database: Database
    versions: Versions
    agenda: Agenda
    couriers: Mapping[str, Courier]  # by channel
    observer: Observer
    now: Callable[[], datetime]
    limits: Limits = field(default_factory=Limits)
    backoff: dict[tuple[int, int], float] = field(default_factory=dict)
    audiences: Audiences = field(default_factory=Audiences)
    sieves: Sieves = field(default_factory=Sieves)

    async def run(self, bucket: int, holder: tuple[str, int], *, probe: bool, routed: bool) -> None:
        """Do what is due in a bucket. Raises LeaseLost where it is another worker's now."""
        while routed:
            async with self.database.transaction() as connection:
                await self._hold(connection, bucket, holder, lightly=True)
                done = await route_bucket(
                    connection, bucket, self.limits.rows, self.audiences, self.sieves, self.now()
                )
            routed = done.count >= self.limits.rows
            if done.recheck_at is not None:
                self.agenda.touch(bucket, AUDIENCES, done.recheck_at)
            probe = True
        if probe or self.agenda.due.get((bucket, AUDIENCES), self.now()) <= self.now():
            probe = await self._audiences(bucket, holder) or probe
        keys = {}
        if probe:
            async with self.database.transaction() as connection:
                given = {"b": Int4(bucket), "overdue": self.now() - OVERDUE_GRACE}
                rows = await (await connection.execute(query("bucket_journeys"), given)).fetchall()
            for journey_id, key, inbox, overdue in rows:
                keys[journey_id] = key
                if inbox or (bucket, journey_id) not in self.agenda.due:
                    self.agenda.touch(bucket, journey_id, self.now())
                if overdue:
                    async with self.database.transaction() as connection:
                        await self._hold(connection, bucket, holder)
                        await claim_overdue(connection, bucket, journey_id, self.now(), OVERDUE_GRACE)
                    self.agenda.touch(bucket, journey_id, self.now())
        now = self.now()
        due = [j for (b, j), at in self.agenda.due.items() if b == bucket and at <= now and j != AUDIENCES]
        for journey_id in sorted(due, key=lambda j: (keys.get(j, ""), j)):
            await self._journey(bucket, journey_id, holder)

    async def _audiences(self, bucket: int, holder: tuple[str, int]) -> bool:
        """Ask again whom time alone may have moved, and some of those who are to be asked a new condition.

        Tells whether journeys got rows.
        """
        began, told, more = time.monotonic(), 0, True
        next_at: datetime | None = None
        self.agenda.due[bucket, AUDIENCES] = self.now() + RETRY  # should this fail
        while more and time.monotonic() - began < FILL_SECONDS:
            async with self.database.transaction() as connection:
                await self._hold(connection, bucket, holder, lightly=True)
                now = self.now()
                again = await recheck_bucket(connection, bucket, self.limits.rows, self.audiences, now)
                told += again.count
                filled = await fill_some(connection, self.audiences, bucket, now, FILL_PEOPLE)
                next_at = await next_recheck(connection, await self.audiences.get(connection), bucket)
            more = filled is not None or (next_at is not None and next_at <= now)
        later = self.now() + PROBE_EVERY
        self.agenda.due[bucket, AUDIENCES] = self.now() if more else min(later, next_at or later)
        return told > 0

    async def _hold(
        self, connection: Connection, bucket: int, holder: tuple[str, int], *, lightly: bool = False
    ) -> None:
        """Keep the bucket for this transaction; `lightly` where nobody outside hears of it before it is on the disk."""
        if lightly:
            await connection.execute(query("commit_lightly"))
        given = {"b": Int4(bucket), "holder": holder[0], "term": holder[1], "expires": self.now() + LEASE}
        if await (await connection.execute(query("hold_lease"), given)).fetchone() is None:
            raise LeaseLost

    async def _journey(self, bucket: int, journey_id: int, holder: tuple[str, int]) -> None:
        limits = self.limits
        where = f"unit {journey_id}/{bucket}"
        while True:
            try:
                await self._unit(bucket, journey_id, holder, limits)
            except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
                continue
            except psycopg.Error as error:
                if (error.sqlstate or "")[:2] not in POISON:
                    await self._back_off(bucket, journey_id, where, error)
                    return
                self.observer.observe(Trouble(where, error.sqlstate or "", str(error)))
                if limits.people > 1 or limits.rows > 1 or limits.task_people > 1:
                    # A value that some statement cannot bear: halve down to one, so that nobody else is held up.
                    limits = replace(
                        limits, people=max(1, limits.people // 2), rows=max(1, limits.rows // 2),
                        task_people=max(1, limits.task_people // 2), passes=1,
                    )  # fmt: skip
                    continue
                await drop_culprit(
                    self.database,
                    bucket=bucket,
                    journey_id=journey_id,
                    now=self.now(),
                    holder=holder,
                    why=str(error),
                )
                limits = self.limits
                continue
            except (ParcoursError, RuntimeError) as error:
                await self._back_off(bucket, journey_id, where, error)
                return
            if self.backoff.pop((bucket, journey_id), None) is not None:
                await forget_trouble(self.database, bucket, journey_id)
            return

    async def _back_off(self, bucket: int, journey_id: int, where: str, error: Exception) -> None:
        """Leave this unit alone for a while, longer each time; everything else goes on."""
        pause = min(60.0, 2 * self.backoff.get((bucket, journey_id), 0.5))
        self.backoff[bucket, journey_id] = pause
        code = error.code if isinstance(error, ParcoursError) else type(error).__name__
        self.observer.observe(Trouble(where, code, str(error), pause))
        now, until = self.now(), self.now() + timedelta(seconds=pause)
        self.agenda.due[bucket, journey_id] = until
        await note_trouble(self.database, bucket, journey_id, error, at=now, until=until)

    async def _unit(self, bucket: int, journey_id: int, holder: tuple[str, int], limits: Limits) -> None:
        began = time.monotonic()
        now = self.now()
        async with self.database.transaction() as connection:
            unit = Unit(connection, self.versions, bucket, journey_id, now, now, limits, holder)
            result = await unit.run()
            if result.gone:
                self.agenda.due.pop((bucket, journey_id), None)
                return
            loaded: list[tuple[Claimed, Version]] = []
            due, sends = await self._next_due(connection, bucket, journey_id, result)
            if sends is not None and sends <= unit.until:
                claims = await claim(
                    connection, bucket, journey_id, result.fence, now=unit.now, until=unit.until,
                    rooms={name: courier.room for name, courier in self.couriers.items()}, versions=unit.loaded,
                )  # fmt: skip
                if claims:  # on the disk before a message is handed over
                    await connection.execute(query("commit_durably"))
                loaded = [(c, await self.versions.get(connection, c.version_id)) for c in claims]
                due, _ = await self._next_due(connection, bucket, journey_id, result)
        self.agenda.due[bucket, journey_id] = due
        self._deliver(loaded, began)
        if result.moved or result.admitted or result.rows or result.swept:
            key = next((v.journey.key for v in unit.loaded.values()), str(journey_id))
            self.observer.observe(
                UnitDone(
                    key,
                    bucket,
                    result.moved,
                    result.admitted,
                    result.rows,
                    result.swept,
                    time.monotonic() - began,
                )
            )

    def _deliver(self, loaded: list[tuple[Claimed, Version]], began: float) -> None:
        for name, courier in self.couriers.items():
            own = [(one, version) for one, version in loaded if version.channel(one.step) == name]
            if own:
                courier.carry(own, began)

    async def _next_due(
        self, connection: Connection, bucket: int, journey_id: int, result: UnitResult
    ) -> tuple[datetime, datetime | None]:
        """When this journey is next due here; now where something is left, later where the courier is full.

        And the instant of its earliest message that may leave.
        """
        now = self.now()
        given = {
            "b": Int4(bucket), "j": Int4(journey_id),
            "movable": [v.version_id for v in result.fence if v.rights.may_move and not v.busy],
            "sending": [v.version_id for v in result.fence if v.claims], "channels": list(self.couriers),
        }  # fmt: skip
        row = await (await connection.execute(query("next_instants"), given, prepare=True)).fetchone()
        assert row is not None
        wake, sends, inbox = row
        first = min((send for send in sends if send is not None), default=None)
        if result.yielded:
            return now + YIELD, first
        if result.held_up and not result.more:
            return now + HELD_UP, first  # rows of those who are held up stay in the inbox meanwhile
        if result.more or inbox:
            return now, first
        later = now + PROBE_EVERY
        if wake is not None:
            later = min(later, wake)
        for courier, send in zip(self.couriers.values(), sends, strict=True):
            if send is not None:
                # Due messages that were not claimed wait until their courier has need of them.
                later = min(later, send if send > now else now + max(SOON, timedelta(seconds=courier.pause)))
        return later, first
