"""The wire of SMTP: bytes out, replies in, and the news that the other side is gone."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, NamedTuple

__all__ = ["DETAIL", "Lost", "Reply", "Wire"]

DETAIL: Final = 500  # characters of an answer that are worth keeping
_LONGEST: Final = 8192  # bytes of one reply, all its lines together


class Lost(Exception):
    """The connection ended, or what came over it was no SMTP."""


class Reply(NamedTuple):
    """One answer of the server, its lines joined."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}"[:DETAIL]


class Wire(asyncio.Protocol):
    """An open connection as asyncio sees it. Whoever uses it sets `busy` while replies are expected."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.busy = False
        self.ended: str | None = None  # why nothing more can go this way
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._buffer = b""
        self._text: list[str] = []  # of the reply that is coming in, and its length so far
        self._length = 0
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None

    @property
    def alive(self) -> bool:
        """Tell whether another mail may be tried."""
        return self.ended is None and not self.transport.is_closing()

    def write(self, data: bytes) -> None:
        """Write, or raise Lost where nobody can read it."""
        if not self.alive:
            raise Lost(self.ended or "closed")
        self.transport.write(data)

    async def drain(self) -> None:
        """Wait until little enough is left to write; raise Lost where it never will be."""
        if self._writable is not None:
            await self._writable
        if not self.alive:
            raise Lost(self.ended or "closed")

    async def reply(self) -> Reply:
        """Return the next reply; raise Lost where none can come."""
        while not self._replies:
            if self.ended is not None:
                raise Lost(self.ended)
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._replies.popleft()

    def quit(self) -> None:
        """Say goodbye and close, without waiting for the answer."""
        if self.alive:
            self.transport.write(b"QUIT\r\n")
        self.end("closed by us")
        self.transport.close()

    def abort(self, reason: str) -> None:
        """Close at once; what was not yet written never is."""
        self.end(reason)
        self.transport.abort()

    def end(self, reason: str) -> None:
        """Note that nothing more can go this way; the first reason counts."""
        self.ended = self.ended or reason
        _wake(self._waiter)
        _wake(self._writable)

    def data_received(self, data: bytes) -> None:
        """Take lines apart into replies (RFC 5321, 4.2)."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            if not line[:3].isdigit() or line[3:4] not in (b" ", b"-", b"\r", b""):
                self.abort(f"no SMTP: {line[:80]!r}")
                return
            # No database keeps a NUL in a text.
            self._text.append(line[4:].decode("utf-8", "replace").replace("\0", "").strip())
            self._length += len(line)
            if self._length + len(self._buffer) > _LONGEST:
                self.abort("an answer without end")
                return
            if line[3:4] != b"-":
                self._replies.append(Reply(int(line[:3]), " ".join(self._text)))
                self._text.clear()
                self._length = 0
        if len(self._buffer) > _LONGEST:
            self.abort("an answer without end")
        elif not self.busy:
            self.end("it spoke unasked")  # most likely 421: it waited too long for us
            self.transport.close()
        elif self._replies:
            _wake(self._waiter)

    def eof_received(self) -> None:
        """Note that the server said its last; the transport closes itself."""
        self.end("closed by the server")

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is gone for good."""
        self.end(str(exc) if exc else "closed by the server")
        _wake(self.gone)

    def pause_writing(self) -> None:
        """Make drain wait."""
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """Let drain go on."""
        _wake(self._writable)
        self._writable = None


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)
