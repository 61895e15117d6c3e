"""A few open connections, kept for the next mail: lent to one at a time, worn ones replaced."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from parcours.channels.channel import TooLate, Unavailable
from parcours.channels.smtp import Connection, OpeningFailed

__all__ = ["Pool"]

_FAREWELL: Final = 1.0  # seconds in which a server may take note that we go

_Lent: TypeAlias = Connection | Unavailable


class Pool:
    """At most `size` connections, opened in the background: who waits too long for one does not stop it.

    A connection is replaced after `max_messages` mails and after `max_idle` seconds without one.
    """

    def __init__(
        self,
        open_connection: Callable[[], Awaitable[Connection]],
        *,
        size: int,
        max_messages: int,
        max_idle: float,
        now: Callable[[], float],
    ) -> None:
        self._open_connection = open_connection
        self._size = size
        self._max_messages = max_messages
        self._max_idle = max_idle
        self._now = now
        self._idle: list[Connection] = []  # the latest used is the last: the others may grow old
        self._lent: set[Connection] = set()
        self._leaving: set[Connection] = set()
        self._openers: set[asyncio.Task[None]] = set()
        self._waiters: deque[asyncio.Future[_Lent]] = deque()
        self._closed = False

    async def lend(self, until: float) -> Connection | Unavailable | TooLate:
        """Return a connection; or why there is none: no server, or not before `until` on the pool's clock."""
        if self._closed:
            return Unavailable("The channel is closed")
        while self._idle:
            connection = self._idle.pop()
            if connection.alive and self._now() - connection.idle_since <= self._max_idle:
                self._lent.add(connection)
                return connection
            self._retire(connection)
        waiter: asyncio.Future[_Lent] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self._open_more()
        try:
            async with asyncio.timeout(max(0.0, until - self._now())):
                return await waiter
        except TimeoutError:
            return waiter.result() if _answered(waiter) else TooLate()
        except asyncio.CancelledError:
            if _answered(waiter) and isinstance(lent := waiter.result(), Connection):
                self.give_back(lent)
            raise
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def give_back(self, connection: Connection) -> None:
        """Take a connection back, for the next in line if it is still good."""
        self._lent.discard(connection)
        if self._closed or not connection.alive or connection.messages >= self._max_messages:
            self._retire(connection)
            self._open_more()
        else:
            self._offer(connection)

    async def close(self) -> None:
        """Cut what is under way, say goodbye on the rest, and see that every connection is gone."""
        self._closed = True
        for opener in self._openers:
            opener.cancel()
        await asyncio.gather(*self._openers, return_exceptions=True)
        self._answer_all(Unavailable("The channel is closed"))
        for connection in self._lent:
            connection.abort("the channel is closed")
        for connection in self._idle:
            self._retire(connection)
        self._idle.clear()
        leaving = [*self._lent, *self._leaving]
        if leaving:
            await asyncio.wait([connection.gone for connection in leaving], timeout=_FAREWELL)
        for connection in leaving:
            connection.abort("it did not close")

    def _open_more(self) -> None:
        waiting = sum(not waiter.done() for waiter in self._waiters)
        room = self._size - len(self._idle) - len(self._lent) - len(self._openers)
        for _ in range(min(waiting - len(self._openers), room)):
            opener = asyncio.create_task(self._open())
            self._openers.add(opener)
            opener.add_done_callback(self._openers.discard)

    async def _open(self) -> None:
        try:
            connection = await self._open_connection()
        except OpeningFailed as failed:
            # Others may still serve those who wait: connections in use, or those being opened.
            if not self._lent and len(self._openers) == 1:
                self._answer_all(Unavailable(str(failed)))
        else:
            self._offer(connection)

    def _offer(self, connection: Connection) -> None:
        connection.idle_since = self._now()
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                self._lent.add(connection)
                waiter.set_result(connection)
                return
        self._idle.append(connection)

    def _answer_all(self, answer: Unavailable) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(answer)

    def _retire(self, connection: Connection) -> None:
        connection.quit()
        if not connection.gone.done():
            self._leaving.add(connection)
            connection.gone.add_done_callback(lambda _: self._leaving.discard(connection))


def _answered(waiter: asyncio.Future[_Lent]) -> bool:
    return waiter.done() and not waiter.cancelled()
