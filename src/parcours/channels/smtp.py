"""One SMTP connection: aiosmtplib opens it (TLS, login), we carry mails over it and know what is certain.

aiosmtplib's own transaction waits for each answer and rewrites the mail by regular expressions, twice: some
1,000 mails per second of processor time. Ours sends MAIL, RCPT and DATA together (RFC 2920).
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, TypeAlias, cast

from aiosmtplib import SMTP, SMTPException, SMTPHeloError

from parcours.channels.bounce import is_hard_bounce
from parcours.channels.channel import Outcome, Rejected, Sent, TooLate, Unavailable, Uncertain
from parcours.channels.wire import DETAIL, Lost, Reply, Wire

__all__ = ["Connection", "OpeningFailed", "Server", "Tls", "open_connection"]

Tls: TypeAlias = Literal["none", "starttls", "tls"]

_AT_ONCE: Final = 65_536  # up to here a mail leaves in one write, its final dot included
_BARE: Final = re.compile(rb"\r\n|\r|\n")
_CLOSING: Final = 421
_GO_AHEAD: Final = 354
_OUR_FAULT: Final = frozenset((530, 534, 535, 538))  # about our signing in, not about this mail (RFC 4954)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where mail is handed over, and how.

    `tls_context` None: the system's certificate authorities. `ehlo_name` None: this machine's full name.
    """

    host: str
    port: int
    tls: Tls = "none"
    tls_context: ssl.SSLContext | None = None
    user: str | None = None
    password: str | None = None
    ehlo_name: str | None = None


class OpeningFailed(Exception):
    """No connection came about; the text says why. Nothing was handed over."""


async def open_connection(server: Server, within: float) -> Connection:
    """Connect, greet, begin TLS and sign in, all `within` seconds.

    Raises:
        OpeningFailed: whatever the reason, a wrong password too: it concerns us, never one mail.
    """
    client = SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        use_tls=server.tls == "tls",
        start_tls=server.tls == "starttls",
        tls_context=server.tls_context,
        timeout=within,
    )
    try:
        async with asyncio.timeout(within):
            name = server.ehlo_name or await asyncio.to_thread(_own_name)
            await client.connect(local_hostname=name)
            if client.is_ehlo_or_helo_needed:
                await _greet(client)
    except (SMTPException, OSError, ValueError) as error:  # TimeoutError is an OSError
        client.close()
        text = str(error) or f"no answer within {within:g} s"
        raise OpeningFailed(f"{server.host}:{server.port}: {text}"[:DETAIL]) from error
    except asyncio.CancelledError:
        client.close()
        raise
    connection = Connection(cast("asyncio.Transport", client.transport), client.esmtp_extensions)
    connection.transport.set_protocol(connection)
    return connection


@cache
def _own_name() -> str:
    """Ask for the full name once: where the name service is slow, each connection would wait for it."""
    return socket.getfqdn()


async def _greet(client: SMTP) -> None:
    try:
        await client.ehlo()
    except SMTPHeloError:
        await client.helo()


class Connection(Wire):
    """An open connection, used by one mail at a time."""

    def __init__(self, transport: asyncio.Transport, extensions: dict[str, str]) -> None:
        super().__init__(transport)
        self.messages = 0  # handed over, or tried
        self.idle_since = 0.0
        self._pipelining = "pipelining" in extensions
        self._says_size = "size" in extensions
        limit = extensions.get("size", "")
        self._size_limit = int(limit) if limit.isdigit() else 0
        self._must_reset = False

    async def send(
        self, sender: str, recipient: str, payload: bytes, tail: bytes = b"", *, within: float,
        begin: Callable[[], bool],
    ) -> Outcome | None:  # fmt: skip
        """Hand over one mail `within` seconds, unless `begin`, asked at the very last, says no.

        `tail` travels behind the payload as it is: its lines end by CRLF, and none begins with a dot.

        None: this connection, used before, had ended meanwhile; nothing was handed over, take another.
        The mail counts as handed over from the write that holds its final dot. Until then a server must throw
        away what it has (RFC 5321, 3.3 and 4.1.1.4), so all that ends earlier is Unavailable; after it, only
        an answer gives certainty.
        """
        length = len(payload) + len(tail)
        if self._size_limit and length > self._size_limit:
            return Rejected(f"The mail has {length} bytes, the server takes {self._size_limit}")
        wire = _wire(payload)
        if not begin():
            return TooLate()
        stale = self.messages > 0
        self.messages += 1
        self.busy, dotted = True, False
        try:
            async with asyncio.timeout(within):
                size = f" SIZE={length}" if self._says_size else ""
                refusal = await self._envelope(f"MAIL FROM:<{sender}>{size}", f"RCPT TO:<{recipient}>")
                if refusal is not None:
                    reply, about_recipient = refusal
                    judged = self._refused(reply, about_recipient=about_recipient)
                    return None if stale and reply.code == _CLOSING else judged
                if len(wire) + len(tail) > _AT_ONCE:
                    await self._write_slowly(wire, tail)
                    wire = tail = b""
                self.write(wire + tail + b".\r\n")
                dotted = True
                return self._judge(await self.reply())
        except TimeoutError:
            self.abort(f"no answer within {within:g} s")
        except Lost as lost:
            self.abort(str(lost))
            if stale and not dotted:
                return None
        except BaseException:
            self.abort("cut")
            raise
        finally:
            self.busy = False
        reason = f"Connection ended: {self.ended}"
        return Uncertain(reason) if dotted else Unavailable(reason)

    async def _write_slowly(self, wire: bytes, tail: bytes) -> None:
        """Write as much as the other side takes, so that what is shared is not copied as a whole."""
        self.write(wire)
        for start in range(0, len(tail), _AT_ONCE):
            await self.drain()
            self.write(tail[start : start + _AT_ONCE])
        await self.drain()

    async def _envelope(self, mail: str, rcpt: str) -> tuple[Reply, bool] | None:
        """Get as far as the server's go-ahead; return the answer that refused, if one did.

        And whether it was about the recipient.
        """
        reset = ["RSET"] if self._must_reset else []
        commands = [*reset, mail, rcpt, "DATA"]
        self._must_reset = True
        if self._pipelining:
            self.write("".join(f"{command}\r\n" for command in commands).encode("ascii"))
        refusal = None
        for command in commands:
            if not self._pipelining:
                self.write(f"{command}\r\n".encode("ascii"))
            reply = await self.reply()
            good = reply.code == _GO_AHEAD if command == "DATA" else 200 <= reply.code < 300  # noqa: PLR2004
            if refusal is None and not good:
                refusal = reply, command == rcpt
                if not self._pipelining or reply.code == _CLOSING:
                    break
            elif refusal is not None and reply.code == _GO_AHEAD:
                self.abort("it would take a mail without a recipient")
        return refusal

    def _refused(self, reply: Reply, *, about_recipient: bool = False) -> Outcome:
        """Judge an answer other than yes; nothing was taken."""
        if reply.code == _CLOSING:
            self.abort(str(reply))
        if 500 <= reply.code < 600 and reply.code not in _OUR_FAULT:  # noqa: PLR2004
            bounced = is_hard_bounce(reply.code, reply.text, about_recipient=about_recipient)
            return Rejected(str(reply), bounced)
        if not 400 <= reply.code < 600:  # noqa: PLR2004
            self.abort(f"unexpected answer {reply}")
        return Unavailable(str(reply))

    def _judge(self, reply: Reply) -> Outcome:
        """Judge the answer to a mail that was handed over."""
        if 200 <= reply.code < 300:  # noqa: PLR2004
            self._must_reset = False
            return Sent(str(reply))
        if reply.code < 400:  # noqa: PLR2004
            self.abort(f"unexpected answer {reply}")
            return Uncertain(f"Unexpected answer {reply}")
        return self._refused(reply)


def _wire(payload: bytes) -> bytes:
    """Return a mail as it travels, up to its final dot: lines ended by CRLF, leading dots doubled.

    A lone CR or LF becomes a CRLF, so that no server can see an end where we see none (SMTP smuggling).
    """
    lines = payload.count(b"\r\n")
    if payload.count(b"\n") != lines or payload.count(b"\r") != lines:
        payload = _BARE.sub(b"\r\n", payload)
    if payload.startswith(b"."):
        payload = b"." + payload
    payload = payload.replace(b"\r\n.", b"\r\n..")
    return payload if payload.endswith(b"\r\n") else payload + b"\r\n"
