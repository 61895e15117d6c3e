"""Notes of the latest events, for whoever looks at what comes: written down a moment later, of a flood a part."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import psycopg

from parcours.domain.errors import ParcoursError
from parcours.service.intake.arrivals import Fate
from parcours.service.intake.recent import note_recent, recent_row
from parcours.service.intake.write_keys import Source
from parcours.store.queries import query
from parcours.wiring import Installation

__all__ = ["Notes"]

NOTE_EVERY: Final = 0.25
NOTED_AT_ONCE: Final = 50


@dataclass
class Notes:
    """What is to be noted: events, and sources that were not seen in this minute before."""

    installed: Installation
    notes: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=NOTED_AT_ONCE))
    seen: set[int] = field(default_factory=set)
    unseen: set[int] = field(default_factory=set)
    minute: datetime | None = None
    noting: asyncio.Task[None] | None = None

    def note(self, fates: Sequence[Fate], source: Source, received_at: datetime) -> None:
        """Remember the latest of these for whoever looks; written down a moment later, of a flood a part."""
        some = [fate for fate in fates if fate.error is not None][-10:] + [
            fate for fate in fates if fate.error is None
        ][-10:]
        self.notes += (recent_row(fate, source.name, received_at, self.installed.buckets) for fate in some)
        minute = received_at.replace(second=0, microsecond=0)
        if self.minute != minute:
            self.minute, self.seen = minute, set()
        self.unseen |= {source.source_id} - self.seen
        if self.noting is None or self.noting.done():
            self.noting = asyncio.create_task(self._write_notes())

    async def _write_notes(self) -> None:
        await asyncio.sleep(NOTE_EVERY)
        rows, sources = list(self.notes), sorted(self.unseen)
        self.notes.clear()
        self.unseen.clear()
        try:
            async with self.installed.database.transaction() as connection:
                await note_recent(connection, rows)
                if sources:
                    await connection.execute(query("see_sources"), {"sources": sources, "at": self.minute})
            self.seen.update(sources)
        except (psycopg.Error, ParcoursError):
            return  # it is for looking at; the events themselves are kept
