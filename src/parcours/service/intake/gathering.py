"""Requests that wait at the same time are stored together: a transaction over many costs little more than over one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from parcours.clock import Clock
from parcours.service.intake.arrivals import Fate, store
from parcours.service.intake.hints import Hints
from parcours.service.intake.messages import Arrival
from parcours.service.intake.taking import Mode
from parcours.store.database import Database

__all__ = ["Gathering"]

AT_ONCE: Final = 3  # transactions: one on its way to the disk, one in the database, one being written here
TOGETHER: Final = 1000  # events in a transaction, of as many requests as there are


@dataclass(frozen=True, slots=True)
class _Request:
    arrivals: Sequence[Arrival]
    mode: Mode
    answer: asyncio.Future[list[Fate]]


class Gathering:
    """Stores what requests bring: who comes alone is stored at once, who has to wait is stored with the others."""

    def __init__(self, database: Database, clock: Clock, buckets: int) -> None:
        self._database, self._clock, self._buckets = database, clock, buckets
        self._hints = Hints(database)
        self._waiting: deque[_Request] = deque()
        self._storing: set[asyncio.Task[None]] = set()

    async def store(self, arrivals: Sequence[Arrival], mode: Mode) -> list[Fate]:
        """Store the good ones, durable when this returns; tell what became of each, in their order.

        Raises ParcoursError and psycopg.Error where the database is in trouble, for all that were stored together.
        """
        answer: asyncio.Future[list[Fate]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Request(arrivals, mode, answer))
        if len(self._storing) < AT_ONCE:
            task = asyncio.create_task(self._work())
            self._storing.add(task)
            task.add_done_callback(self._storing.discard)
        return await answer

    async def _work(self) -> None:
        while self._waiting:
            requests = self._together()
            try:
                await self._store(requests)
            except Exception as error:  # noqa: BLE001 - it is theirs who wait for the answer
                for request in requests:
                    if not request.answer.done():
                        request.answer.set_exception(error)
            finally:
                for request in requests:
                    request.answer.cancel()  # without effect where it was answered

    def _together(self) -> list[_Request]:
        """Take the oldest requests, as long as they are of one mode and not too many events."""
        requests = [self._waiting.popleft()]
        room = TOGETHER - len(requests[0].arrivals)
        while self._waiting and self._waiting[0].mode == requests[0].mode:
            room -= len(self._waiting[0].arrivals)
            if room < 0:
                break
            requests.append(self._waiting.popleft())
        return requests

    async def _store(self, requests: Sequence[_Request]) -> None:
        fates = await store(
            self._database,
            [arrival for request in requests for arrival in request.arrivals],
            buckets=self._buckets,
            received_at=self._clock.now(),
            mode=requests[0].mode,
            hints=self._hints,
        )
        first = 0
        for request in requests:
            last = first + len(request.arrivals)
            if not request.answer.done():  # whoever has gone does not wait for it
                request.answer.set_result(fates[first:last])
            first = last
