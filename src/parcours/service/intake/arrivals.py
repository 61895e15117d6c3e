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
from parcours.service.intake.messages import Arrival
from parcours.service.intake.taking import IntakeResult, Mode, take
from parcours.service.watch.reports import notify_workers
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
    mode: Mode = "live",
) -> list[Fate]:
    """Store the good ones, durable when this returns; tell what became of each, in their order.

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
    await _store(database, arrivals, good, fates, buckets, received_at, mode)
    return [fates[place] for place in range(len(arrivals))]


async def _store(  # noqa: PLR0917 - of one batch
    database: Database, arrivals: Sequence[Arrival], good: list[tuple[int, FeedLine]], fates: dict[int, Fate],
    buckets: int, received_at: datetime, mode: Mode,
) -> None:  # fmt: skip
    if not good:
        return
    try:
        result = await _take(database, [line for _, line in good], buckets, received_at, mode)
    except (DataError, errors.ProgramLimitExceeded) as error:
        if len(good) == 1:
            place = good[0][0]
            said = str(error).split("\n", 1)[0]
            refused = ParcoursError(
                "line_refused", f"the database cannot keep the event: {said}", place=f"batch[{place}]",
                hint="Shorten or correct its values.",
            )  # fmt: skip
            fates[place] = Fate(arrivals[place], "refused", refused)
            return
        # One of them cannot be kept: find it by halves, so that the others are.
        middle = len(good) // 2
        for half in (good[:middle], good[middle:]):
            await _store(database, arrivals, half, fates, buckets, received_at, mode)
        return
    repeats = set(result.repeats)
    for number, (place, _) in enumerate(good):
        if place not in fates:
            outcome: Outcome = "repeated" if number in repeats else "taken"
            fates[place] = Fate(arrivals[place], outcome, feed_no=result.numbers[number])


async def _take(
    database: Database, lines: Sequence[FeedLine], buckets: int, received_at: datetime, mode: Mode
) -> IntakeResult:
    """Take lines in a transaction, again where it met another one head-on."""
    for tries in range(1, MOST_TRIES + 1):
        try:
            async with database.transaction() as connection:
                result = await take(connection, lines, buckets=buckets, received_at=received_at, mode=mode)
                await notify_workers(connection)
        except (errors.DeadlockDetected, errors.SerializationFailure):
            if tries == MOST_TRIES:
                raise
            await asyncio.sleep(0.02 * tries)
        else:
            return result
    raise AssertionError  # the last try returns or raises
