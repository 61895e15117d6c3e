"""The live feed on its way in: each line when its time has come."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from parcours.domain.records import FeedLine
from parcours.service.intake.taking import take
from parcours.service.watch.reports import notify_workers
from parcours.wiring import Installation

__all__ = ["Traffic"]

_BATCH: Final = 500  # lines
_EVERY: Final = 0.1  # seconds between two looks at what is due


@dataclass(slots=True)
class Traffic:
    """The live feed. `taken` counts the lines that were taken in so far."""

    installed: Installation
    lines: Iterator[FeedLine]
    taken: int = 0

    async def run(self, ended: asyncio.Event) -> None:
        """Take each line in when its time has come, until `ended`."""
        ahead = next(self.lines)
        while not ended.is_set():
            now = self.installed.clock.now()
            batch: list[FeedLine] = []
            while ahead.at is not None and ahead.at <= now and len(batch) < _BATCH:
                batch.append(ahead)
                ahead = next(self.lines)
            if batch:
                await self._take(batch)
            if len(batch) < _BATCH:
                await asyncio.sleep(_EVERY)

    async def _take(self, batch: list[FeedLine]) -> None:
        async with self.installed.database.transaction() as connection:
            await take(
                connection,
                batch,
                buckets=self.installed.buckets,
                received_at=self.installed.clock.now(),
            )
            await notify_workers(connection)
        self.taken += len(batch)
