"""Email: mails handed to an SMTP server over a few connections that stay open."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from parcours.channels.address import ascii_address
from parcours.channels.channel import Outcome, Outgoing, Rejected
from parcours.channels.pool import Pool
from parcours.channels.smtp import Connection, Server, open_connection
from parcours.domain.errors import ParcoursError

__all__ = ["EmailChannel"]

_CONNECTING: Final = 30.0  # seconds at most for a new connection, its TLS and its login


class EmailChannel:
    """The Channel of email.

    What the server's answers mean (RFC 5321): 2xx to the whole mail is Sent; 5xx is Rejected, wherever it
    comes; 4xx, a refused or lost connection, silence before the final dot, and all that concerns our own
    access (530, 534, 535, 538, a failed login, TLS) is Unavailable: nothing was handed over. Silence after
    the final dot is Uncertain. `timeout` is counted from the beginning of each hand-over.
    """

    def __init__(
        self,
        server: Server,
        *,
        connections: int = 8,
        timeout: float = 30.0,
        capacity_per_second: float = 2000.0,
        max_messages: int = 500,
        max_idle: float = 60.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._timeout = timeout
        self._connections = connections
        self._capacity = capacity_per_second
        self._now = now
        self._pool = Pool(self._open, size=connections, max_messages=max_messages, max_idle=max_idle, now=now)

    @property
    def capacity_per_second(self) -> float:
        """How many mails can be begun in a second."""
        return self._capacity

    @property
    def at_once(self) -> int:
        """How many mails are carried at the same time: one on each connection."""
        return self._connections

    @property
    def timeout(self) -> float:
        """Seconds from the beginning of a hand-over to its outcome, at the latest."""
        return self._timeout

    async def start(self) -> None:
        """Do nothing: connections are opened by the first mails."""

    async def close(self) -> None:
        """Cut what is under way and close every connection."""
        await self._pool.close()

    async def send(self, message: Outgoing, begin_by: float) -> Outcome:
        """Hand over one mail, or tell why not; see Channel.send."""
        try:
            sender, recipient = ascii_address(message.sender), ascii_address(message.recipient)
        except ParcoursError as error:
            return Rejected(error.message)
        while True:
            lent = await self._pool.lend(begin_by)
            if not isinstance(lent, Connection):
                return lent
            try:
                outcome = await lent.send(
                    sender,
                    recipient,
                    message.payload,
                    message.tail,
                    within=self._timeout,
                    begin=lambda: self._now() <= begin_by,
                )
            finally:
                self._pool.give_back(lent)
            if outcome is not None:
                return outcome

    async def _open(self) -> Connection:
        return await open_connection(self._server, _CONNECTING)
