"""Events that were read, stored in one transaction, and what became of each: taken, repeated or refused."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from psycopg import DataError, errors

from parcours.domain.errors import ParcoursError
from parcours.domain.records import FeedLine
from parcours.service.intake.hints import Hints
from parcours.service.intake.messages import Arrival
from parcours.service.intake.taking import IntakeResult, Mode, take
from parcours.store.database import Database

__all__ = ["Fate", "Outcome", "store"]

MOST_TRIES: Final = 8

Outcome: TypeAlias = Literal["taken", "repeated", "refused"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an event; `error` where it was refused, else its place in the feed."""

    arrival: Arrival
    outcome: Outcome
    error: ParcoursError | None = None
    feed_no: int | None = None

    def as_json(self, index: int) -> dict[str, Any]:
        """Return the answer about the event at this place of the batch."""
        answer: dict[str, Any] = {"index": index, "result": self.outcome}
        if self.arrival.message_id is not None:
            answer["messageId"] = self.arrival.message_id
        if self.error is not None:
            more = {
                "code": self.error.code, "place": self.error.place, "message": self.error.message,
                "hint": self.error.hint,
            }  # fmt: skip
            answer |= {name: value for name, value in more.items() if value}
        return answer


async def store(
    database: Database,
    arrivals: Sequence[Arrival],
    *,
    buckets: int,
    received_at: datetime,
    mode: Mode,
    hints: Hints,
) -> list[Fate]:
    """Store the good ones, durable when this returns; tell what became of each, in their order, and the workers.

    Raises ParcoursError where the database is in trouble: then nothing is known to be stored, and the same may be
    sent again.
    """
    fates: dict[int, Fate] = {}
    good: list[tuple[int, FeedLine]] = []
    for place, arrival in enumerate(arrivals):
        if isinstance(arrival.line, ParcoursError):
            fates[place] = Fate(arrival, "refused", arrival.line)
        else:
            good += [(place, line) for line in (arrival.line, *arrival.also)]
    await _Storing(database, arrivals, fates, buckets, received_at, mode, hints).store(good)
    return [fates[place] for place in range(len(arrivals))]


@dataclass(frozen=True, slots=True)
class _Storing:
    """Stores lines, each with the number of its arrival, and notes what becomes of these."""

    database: Database
    arrivals: Sequence[Arrival]
    fates: dict[int, Fate]
    buckets: int
    received_at: datetime
    mode: Mode
    hints: Hints

    async def store(self, good: list[tuple[int, FeedLine]]) -> None:
        if not good:
            return
        try:
            result = await self._take([line for _, line in good])
        except (DataError, errors.ProgramLimitExceeded) as error:
            if len(good) == 1:
                number = good[0][0]
                arrival = self.arrivals[number]
                said = str(error).split("\n", 1)[0]
                refused = ParcoursError(
                    "line_refused", f"the database cannot keep the event: {said}", place=arrival.place,
                    hint="Shorten or correct its values.",
                )  # fmt: skip
                self.fates[number] = Fate(arrival, "refused", refused)
                return
            # One of them cannot be kept: find it by halves, so that the others are.
            middle = len(good) // 2
            await self.store(good[:middle])
            await self.store(good[middle:])
            return
        self.hints.tell(result.buckets)
        repeats = set(result.repeats)
        for place, (number, _) in enumerate(good):
            if number not in self.fates:
                outcome: Outcome = "repeated" if place in repeats else "taken"
                self.fates[number] = Fate(self.arrivals[number], outcome, feed_no=result.numbers[place])

    async def _take(self, lines: Sequence[FeedLine]) -> IntakeResult:
        """Take lines in a transaction, again where it met another one head-on."""
        for tries in range(1, MOST_TRIES + 1):
            try:
                async with self.database.transaction() as connection:
                    return await take(
                        connection, lines, buckets=self.buckets, received_at=self.received_at, mode=self.mode
                    )
            except (errors.DeadlockDetected, errors.SerializationFailure):
                if tries == MOST_TRIES:
                    raise
                await asyncio.sleep(0.02 * tries)
        raise AssertionError  # the last try returns or raises
