"""Loading feeds: batches in transactions of their own, bad lines told and good ones kept."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from psycopg import DataError, errors

from parcours.clock import Clock
from parcours.domain.errors import ParcoursError
from parcours.domain.records import FeedLine
from parcours.service.intake.feed import LONGEST_LINE, parse_line
from parcours.service.intake.sources import TooLong
from parcours.service.intake.taking import IntakeResult, Mode, take
from parcours.service.watch.reports import notify_workers
from parcours.store.database import Database

__all__ = ["Loader", "read_lines"]

MOST_TRIES: Final = 8


def read_lines(lines: Iterable[bytes | TooLong], file: str) -> Iterator[FeedLine | ParcoursError]:
    """Yield each line of a feed as a value, or as the error that says what is wrong with it."""
    for number, raw in enumerate(lines, 1):
        place = f"{file}:{number}"
        if isinstance(raw, TooLong):
            message = f"the line has {raw.length:,} bytes; at most {LONGEST_LINE:,} are taken"
            yield ParcoursError(
                "line_too_long", message, place=place, hint="Send fewer or shorter properties."
            )
            continue
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")  # noqa: PLW2901 - the mark that some editors write
        if not raw.strip():
            continue
        try:
            yield parse_line(raw, place, number)
        except ParcoursError as error:
            yield error


@dataclass(slots=True)
class Loader:
    """Loads lines and counts them. `on_bad` is told of each line that is left out."""

    database: Database
    clock: Clock
    buckets: int
    mode: Mode
    on_bad: Callable[[ParcoursError], None]
    batch: int = 1000
    stored: int = 0
    repeated: int = 0
    bad: int = 0
    kinds: Counter[str] = field(default_factory=Counter)  # of the good lines, repeated ones too

    async def load(
        self, items: Iterable[FeedLine | ParcoursError], file: str, on_batch: Callable[[], None]
    ) -> None:
        """Load one file; `on_batch` is called after each commit.

        Raises ParcoursError where the database fails: what is committed stays, and is recognised when the
        file is loaded again.
        """
        rest = iter(items)
        chunk = await asyncio.to_thread(self._read, rest)
        while chunk:
            # The next lines are read while the database stores these.
            following = asyncio.create_task(asyncio.to_thread(self._read, rest))
            try:
                good = [item for item in chunk if isinstance(item, FeedLine)]
                for item in chunk:
                    if isinstance(item, ParcoursError):
                        self._leave_out(item)
                if good:
                    await self._store(good, file)
                on_batch()
            finally:
                chunk = await following

    def _read(self, items: Iterator[FeedLine | ParcoursError]) -> list[FeedLine | ParcoursError]:
        return list(islice(items, self.batch))

    async def _store(self, lines: Sequence[FeedLine], file: str) -> None:
        try:
            result = await self._take(lines)
        except (DataError, errors.ProgramLimitExceeded) as error:
            if len(lines) == 1:
                said = str(error).split("\n", 1)[0]
                message = f"the database cannot keep the line: {said}"
                place = f"{file}:{lines[0].number}"
                self._leave_out(
                    ParcoursError("line_refused", message, place=place, hint="Shorten or correct its values.")
                )
                return
            # One of them cannot be kept: find it by halves, so that the others are.
            middle = len(lines) // 2
            await self._store(lines[:middle], file)
            await self._store(lines[middle:], file)
            return
        self.stored += result.stored
        self.repeated += result.repeated
        self.kinds.update(line.kind for line in lines)

    async def _take(self, lines: Sequence[FeedLine]) -> IntakeResult:
        """Store lines in a transaction, again where it met another one head-on."""
        for tries in range(1, MOST_TRIES + 1):
            try:
                async with self.database.transaction() as connection:
                    now = self.clock.now()
                    result = await take(
                        connection, lines, buckets=self.buckets, received_at=now, mode=self.mode
                    )
                    await notify_workers(connection)
            except (errors.DeadlockDetected, errors.SerializationFailure):
                if tries == MOST_TRIES:
                    raise
                await asyncio.sleep(0.02 * tries)
            else:
                return result
        raise AssertionError  # the last try returns or raises

    def _leave_out(self, error: ParcoursError) -> None:
        self.bad += 1
        self.on_bad(error)
