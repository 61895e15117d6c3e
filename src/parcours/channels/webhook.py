"""Webhooks: calls of URLs over HTTP, signed, each with the id of its message, kept away from the house's network."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver

from parcours import __version__
from parcours.channels.answer import LARGEST_ANSWER, json_of
from parcours.channels.channel import (
    Answer,
    Outcome,
    Outgoing,
    Rejected,
    Sent,
    TooLate,
    Unavailable,
    Uncertain,
)
from parcours.channels.guard import AddressRefused, Guard
from parcours.channels.request import LONGEST_WAIT, Call

__all__ = ["SIGNATURE", "WebhookChannel", "signature"]

SIGNATURE: Final = "Parcours-Signature"
USER_AGENT: Final = f"Parcours/{__version__}"

# Repeating these is harmless by their meaning (RFC 9110, 9.2.2), so a lost answer may be asked for again.
_REPEATABLE: Final = ("GET", "PUT", "DELETE")
_TRY_LATER: Final = (408, 425, 429)  # and every 5xx
_LONGEST_PAUSE: Final = timedelta(days=1)  # that a server may ask for
_FAIR_CHANCE: Final = 1.0  # seconds to connect, after which a server counts as away
_KEEP_OPEN: Final = 10.0  # seconds for which a connection waits for its next call


def signature(secret: str, at: datetime, body: bytes) -> str:
    """Return `t=SECONDS,v1=HEX`: the HMAC-SHA256, by the secret, of `SECONDS.BODY`."""
    seconds = int(at.timestamp())
    signed = hmac.new(secret.encode(), b"%d." % seconds + body, hashlib.sha256)
    return f"t={seconds},v1={signed.hexdigest()}"


class _Late(Exception):
    """The connection was there, and `begin_by` had passed."""


@dataclass(slots=True)
class _HandOver:
    """One call on its way: whether something of it has been written, and the time that it may still take."""

    begin_by: float
    now: Callable[[], float]
    timeout: float
    limit: asyncio.Timeout | None = None
    begun: bool = False
    taken: Sent | None = None  # the server said yes, whatever becomes of the rest of its answer

    def begin(self) -> None:
        if self.now() > self.begin_by:
            raise _Late
        if not self.begun and self.limit is not None:
            self.begun = True
            self.limit.reschedule(asyncio.get_running_loop().time() + self.timeout)


_UNDER_WAY: ContextVar[_HandOver] = ContextVar("_UNDER_WAY")


class _Request(aiohttp.ClientRequest):
    """The library's request, which asks for leave when it has its connection and is about to write."""

    async def send(self, conn: Any) -> aiohttp.ClientResponse:
        _UNDER_WAY.get().begin()
        return await super().send(conn)


class WebhookChannel:
    """The Channel of webhooks.

    2xx is Sent. 408, 425, 429, 5xx and no connection are Unavailable, with the server's `Retry-After`. Every other
    status is Rejected, redirects too: they are not followed. An answer that never comes to a request that was
    begun is Uncertain; to GET, PUT and DELETE it is Unavailable and not safe: they are repeated, and what is given
    up then is uncertain.
    """

    def __init__(
        self,
        *,
        secret: str | None = None,
        guard: Guard | None = None,
        connections: int = 50,
        capacity_per_second: float = 1000.0,
        clock: Callable[[], datetime],
        now: Callable[[], float] = time.monotonic,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._secret = secret
        self._guard = guard or Guard()
        self._connections = connections
        self._capacity = capacity_per_second
        self._clock = clock
        self._now = now
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    @property
    def capacity_per_second(self) -> float:
        """How many calls can be begun in a second."""
        return self._capacity

    @property
    def at_once(self) -> int:
        """How many calls are carried at the same time, each on a connection of its own."""
        return self._connections

    @property
    def timeout(self) -> float:
        """Seconds from the beginning of a call to its outcome, at the latest, whatever its step says."""
        return LONGEST_WAIT

    async def start(self) -> None:
        """Do nothing: connections are opened by the first calls."""

    async def close(self) -> None:
        """Cut what is under way and close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, message: Outgoing, begin_by: float) -> Outcome:
        """Make one call, or tell why not; see Channel.send."""
        if not isinstance(message, Call):
            raise TypeError("a webhook is made of a Call")
        left = begin_by - self._now()
        if left <= 0:
            return TooLate()
        hand = _HandOver(begin_by, self._now, min(message.timeout, LONGEST_WAIT))
        try:
            async with asyncio.timeout(left) as hand.limit:
                _UNDER_WAY.set(hand)
                return await self._call(message, hand)
        except _Late:
            return TooLate()
        except TimeoutError:
            if hand.taken is not None:
                return hand.taken
            if not hand.begun:
                return TooLate() if left < _FAIR_CHANCE else Unavailable("no connection in time")
            return self._lost(message, f"no answer within {hand.timeout:g} s")
        except (aiohttp.NonHttpUrlClientError, ValueError):  # InvalidURL is a ValueError
            return Rejected("this URL, or a header, cannot be used")
        except aiohttp.ClientConnectorError as error:
            return _not_connected(error)
        except (aiohttp.ClientError, OSError) as error:
            why = f"the connection broke: {type(error).__name__}"
            return self._lost(message, why) if hand.begun else Unavailable(why)

    async def _call(self, call: Call, hand: _HandOver) -> Outcome:
        async with self._open_session().request(
            call.method, call.recipient, params=call.query or None, data=call.payload or None,
            headers=self._headers(call), allow_redirects=False,
        ) as response:  # fmt: skip
            if 200 <= response.status < 300:  # noqa: PLR2004 - the class of statuses that mean success
                hand.taken = Sent(f"HTTP {response.status}", Answer(None) if call.asks else None)
                return replace(hand.taken, answer=Answer(await _body(response))) if call.asks else hand.taken
            return self._refused(response)

    def _headers(self, call: Call) -> dict[str, str]:
        """Return the headers of a call: what we say of ourselves cannot be said otherwise by its step."""
        given = {name.lower() for name in call.headers}
        usual = {"User-Agent": USER_AGENT, "Accept": "application/json, */*;q=0.5"}
        if call.payload:
            usual["Content-Type"] = "application/json"
        headers = {name: value for name, value in usual.items() if name.lower() not in given}
        headers |= call.headers
        headers["Accept-Encoding"] = "identity"  # nothing to unpack, so nothing that grows in our hands
        headers["Idempotency-Key"] = str(call.message_id)
        if self._secret is not None:
            headers[SIGNATURE] = signature(self._secret, self._clock(), call.payload)
        return headers

    def _refused(self, response: aiohttp.ClientResponse) -> Outcome:
        said = f"HTTP {response.status}"
        if response.status in _TRY_LATER or response.status >= 500:  # noqa: PLR2004 - the server's own faults
            return Unavailable(said, self._pause(response.headers.get("Retry-After")))
        if 300 <= response.status < 400:  # noqa: PLR2004
            return Rejected(f"{said}: redirects are not followed")
        return Rejected(said)

    def _pause(self, text: str | None) -> timedelta | None:
        """Read `Retry-After`: seconds or a date (RFC 9110, 10.2.3); at most a day."""
        if text is None:
            return None
        text = text.strip()
        if text.isascii() and text.isdigit():
            return min(timedelta(seconds=int(text[:9])), _LONGEST_PAUSE)
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return None
        pause = (at if at.tzinfo else at.replace(tzinfo=UTC)) - self._clock()
        return min(max(pause, timedelta(0)), _LONGEST_PAUSE)

    def _lost(self, call: Call, why: str) -> Outcome:
        return Unavailable(why, safe=False) if call.method in _REPEATABLE else Uncertain(why)

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=0, ttl_dns_cache=10, keepalive_timeout=_KEEP_OPEN, resolver=self._resolver,
                socket_factory=self._guard.socket_for,
            )  # fmt: skip
            self._session = aiohttp.ClientSession(
                connector=connector, request_class=_Request, cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None), auto_decompress=False,
            )  # fmt: skip
        return self._session


def _not_connected(error: aiohttp.ClientConnectorError) -> Outcome:
    if isinstance(error.os_error, AddressRefused):
        return Rejected(str(error.os_error))
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Unavailable("the name of the host cannot be resolved")
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return Unavailable("the certificate or the encryption of the server is not good")
    return Unavailable(f"no connection: {error.os_error.strerror or type(error.os_error).__name__}")


async def _body(response: aiohttp.ClientResponse) -> Any:
    """Read an answer that has come; None where the rest of it does not, or is too large, or no JSON."""
    found = bytearray()
    try:
        async for piece in response.content.iter_any():
            found += piece
            if len(found) > LARGEST_ANSWER:
                return None
    except (aiohttp.ClientError, OSError):
        return None
    return json_of(bytes(found))
