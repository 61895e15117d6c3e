"""The watch: checks the ledger bit by bit, keeps the alerts up to date, tells of them. One process at a time does each."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from psycopg import errors

from parcours.channels.channel import Channel
from parcours.observe import AlertCleared, AlertRaised, LedgerChecked, Observer
from parcours.service.watch.alert_causes import find_causes, free_buckets, thresholds
from parcours.service.watch.alerts import Kept, keep_alerts
from parcours.service.watch.ledger_check import Checked, check_next
from parcours.service.watch.notices import tell, ways_of
from parcours.settings import Settings
from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = ["Watch"]

LEDGER, ALERTS = 1, 2  # kinds of watching, one process at a time for each
LOOK_EVERY: Final = timedelta(seconds=30)
CHECK_EVERY: Final = timedelta(seconds=5)
FIRST_CHECK: Final = timedelta(seconds=10)
SHARE: Final = 50  # a check that took a second is followed by fifty of rest: two hundredths of one connection
FREE_FOR: Final = timedelta(minutes=1)


@dataclass(slots=True)
class Watch:
    """What one process watches. Call `turn` about once a second with the database's time."""

    database: Database
    settings: Settings
    channels: Mapping[str, Channel]
    observer: Observer
    next_look: datetime | None = None
    next_check: datetime | None = None
    free_since: dict[int, datetime] = field(default_factory=dict)

    async def turn(self, now: datetime) -> None:
        """Do what is due: a check of the ledger, a look at what deserves an alert, what is to be told."""
        if self.next_check is None:  # a process that has just begun has people waiting for it
            self.next_check = now + FIRST_CHECK
        if now >= self.next_check:
            await self.check(now)
        if self.next_look is None or now >= self.next_look:
            self.next_look = now + LOOK_EVERY
            await self.look(now)
        if ways_of(self.settings):
            await tell(self.database, self.channels, self.settings, now)

    async def check(self, now: datetime) -> Checked | None:
        """Hold the ledger of one version in one bucket against its people."""
        checked = None
        try:
            async with self.database.transaction() as connection:
                await connection.execute(query("begin_steady"))
                if await self._alone(connection, LEDGER):
                    began = time.perf_counter()
                    checked = await check_next(connection, now)
                    took = timedelta(seconds=time.perf_counter() - began)
                    self.next_check = now + max(CHECK_EVERY, took * SHARE)
        except errors.SerializationFailure:
            pass  # somebody else has checked it meanwhile
        if checked is None:
            self.next_check = now + CHECK_EVERY
        else:
            self.observer.observe(LedgerChecked(checked.version_id, checked.bucket, len(checked.mismatches)))
        return checked

    async def look(self, now: datetime) -> Kept:
        """Bring the alerts up to date."""
        async with self.database.transaction() as connection:
            await connection.execute(query("be_brief"))
            free = await free_buckets(connection, now)
            self.free_since = {bucket: self.free_since.get(bucket, now) for bucket in free}
            if not await self._alone(connection, ALERTS):
                return Kept((), ())
            long_free = [bucket for bucket, since in self.free_since.items() if since <= now - FREE_FOR]
            causes = await find_causes(connection, now, thresholds(self.settings), long_free)
            kept = await keep_alerts(connection, causes, now, ways_of(self.settings))
        for cause in causes:
            if cause.key in kept.raised:
                self.observer.observe(AlertRaised(cause.key, cause.severity, cause.said, cause.journey))
        for number in kept.cleared:
            self.observer.observe(AlertCleared(number))
        return kept

    async def _alone(self, connection: Connection, kind: int) -> bool:
        row = await (await connection.execute(query("watch_alone"), {"kind": kind})).fetchone()
        return bool(row and row[0])
