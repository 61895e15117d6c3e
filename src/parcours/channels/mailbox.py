"""The built-in mailbox: an SMTP server on loopback that keeps every mail in a folder, to be looked at.

One file per mail, `messages/000012/12345.eml`, and one line per mail in `index.jsonl`, written last: what is
not in the index does not exist. Numbers count from 1, so the newest mails and their count are found at the
end of the index, however long it is; another process may read while one receives.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser, HeaderParser
from pathlib import Path
from typing import Final

import msgspec
from aiosmtpd.smtp import SMTP, syntax

from parcours.clock import Clock, SystemClock
from parcours.domain.errors import ParcoursError

__all__ = ["KeptFile", "KeptMail", "Mailbox", "Summary"]

_LOOPBACK: Final = "127.0.0.1"
_BLOCK: Final = 65_536  # bytes of the index read at a time, from its end
_FOLDER: Final = 1000  # mails in one folder
_SHOWN: Final = 500  # characters of a header, and
_RECIPIENTS: Final = 50  # how many recipients, the index remembers


class Summary(msgspec.Struct, frozen=True):
    """One line of the list. `to` are the envelope's recipients, `sender` and `subject` the mail's own."""

    number: int
    at: datetime
    to: tuple[str, ...]
    sender: str
    subject: str
    bytes: int


class KeptFile(msgspec.Struct, frozen=True):
    """A file that a mail carries; `bytes` is its size."""

    name: str
    type: str
    bytes: int


class KeptMail(msgspec.Struct, frozen=True):
    """One mail, taken apart; `source` is what arrived."""

    summary: Summary
    headers: tuple[tuple[str, str], ...]
    text: str | None
    html: str | None
    files: tuple[KeptFile, ...]
    source: bytes


_SUMMARY: Final = msgspec.json.Decoder(Summary)


class Mailbox:
    """The mails of one folder, and the server that fills it."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._folder = folder
        self._index = folder / "index.jsonl"
        self._clock = clock or SystemClock()
        self._server: asyncio.Server | None = None
        self._sessions: set[_Session] = set()
        self._writer = -1
        self._last = 0

    async def start(self, port: int = 0) -> int:
        """Listen on loopback, and nowhere else; return the port.

        Raises:
            ParcoursError: `mailbox_in_use` where another server fills the same folder, `mailbox_unavailable` where the
                folder cannot be written or something else listens on the port.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._writer = os.open(self._index, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise ParcoursError(
                "mailbox_unavailable",
                f"The mailbox cannot be written: {error.strerror}",
                place=str(self._folder),
            ) from error
        try:
            self._take_over()
            self._server = await self._listen(port)
        except BaseException:
            os.close(self._writer)
            raise
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def _listen(self, port: int) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        try:
            return await loop.create_server(lambda: _Session(self), _LOOPBACK, port)
        except OSError as error:
            raise ParcoursError(
                "mailbox_unavailable",
                f"The mailbox cannot listen on port {port}",
                place=f"{_LOOPBACK}:{port}",
            ) from error

    async def stop(self) -> None:
        """Stop listening and drop who is connected; what was acknowledged is kept."""
        if self._server is None:
            return
        self._server.close()
        for session in [*self._sessions]:
            session.cut()
        await self._server.wait_closed()
        self._server = None
        os.close(self._writer)

    def list(self, limit: int = 50, search: str = "", before: int | None = None) -> Sequence[Summary]:
        """Return the newest mails first, at most `limit`, older than number `before`.

        `search` is looked for in recipients, sender and subject, whatever the case.
        """
        wanted = search.casefold()
        found = []
        for summary in self._newest_first():
            if before is not None and summary.number >= before:
                continue
            if wanted and wanted not in "\n".join((*summary.to, summary.sender, summary.subject)).casefold():
                continue
            found.append(summary)
            if len(found) >= limit:
                break
        return found

    def show(self, number: int) -> KeptMail:
        """Return one mail.

        Raises:
            ParcoursError: `mail_unknown`.
        """
        summary = next((mail for mail in self._newest_first() if mail.number == number), None)
        if summary is None:
            raise ParcoursError("mail_unknown", f"The mailbox holds no mail {number}")
        source = self._file(number).read_bytes()
        message = BytesParser(policy=policy.default).parsebytes(source)
        headers = tuple((name, _decoded(value)) for name, value in message.raw_items())
        texts = (_body(message, "plain"), _body(message, "html"))
        return KeptMail(summary, headers, *texts, tuple(_files(message)), source)

    def count(self) -> int:
        """Return how many mails there are."""
        newest = next(self._newest_first(), None)
        return newest.number if newest else 0

    def clear(self) -> None:
        """Throw all mails away; the next one has number 1."""
        if self._index.exists():
            os.truncate(self._index, 0)
        shutil.rmtree(self._folder / "messages", ignore_errors=True)

    def keep(self, recipients: Sequence[str], source: bytes) -> int:
        """Write one mail, then its line in the index; return its number. The server must be running."""
        if not os.fstat(self._writer).st_size:  # somebody, here or in another process, cleared it
            self._last = 0
        number = self._last + 1
        file = self._file(number)
        try:
            file.write_bytes(source)
        except FileNotFoundError:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.write_bytes(source)
        head = source.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
        headers = HeaderParser(policy=policy.compat32).parsestr(head, headersonly=True)
        summary = Summary(
            number,
            self._clock.now(),
            tuple(recipient[:_SHOWN] for recipient in recipients[:_RECIPIENTS]),
            _decoded(headers["From"])[:_SHOWN],
            _decoded(headers["Subject"])[:_SHOWN],
            len(source),
        )
        os.write(self._writer, msgspec.json.encode(summary) + b"\n")
        self._last = number
        return number

    def _take_over(self) -> None:
        """Become the one that writes, and forget a line cut short: its mail was never acknowledged."""
        try:
            fcntl.flock(self._writer, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ParcoursError("mailbox_in_use", f"Another server fills {self._folder}") from error
        data = self._index.read_bytes()
        if not data.endswith(b"\n"):
            os.truncate(self._index, data.rfind(b"\n") + 1)
        self._last = self.count()

    def _file(self, number: int) -> Path:
        return self._folder / "messages" / f"{number // _FOLDER:06}" / f"{number}.eml"

    def _newest_first(self) -> Iterator[Summary]:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), self._index.open("rb") as index:
            end = index.seek(0, os.SEEK_END)
            rest, complete = b"", False  # what stands after the last line's end is still being written
            while end > 0:
                start = max(0, end - _BLOCK)
                index.seek(start)
                rest, *lines = (index.read(end - start) + rest).split(b"\n")
                for line in reversed(lines):
                    if complete:
                        yield _SUMMARY.decode(line)
                    complete = True
                end = start
            if complete:
                yield _SUMMARY.decode(rest)


class _Session(SMTP):
    """One client. Takes any recipient, and a mail as a whole: aiosmtpd takes it line by line, slowly."""

    line_length_limit = 33_554_432  # of aiosmtpd's reader: the largest mail

    def __init__(self, mailbox: Mailbox) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(object(), enable_SMTPUTF8=True, hostname="localhost", loop=loop)
        self._mailbox = mailbox
        self._everyone = mailbox._sessions  # noqa: SLF001 - its other half

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._everyone.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._everyone.discard(self)
        super().connection_lost(error)

    def cut(self) -> None:
        if self.transport is not None:
            self.transport.close()

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if arg or self.envelope is None or not self.envelope.rcpt_tos:
            await super().smtp_DATA(arg)  # it knows what to answer
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        data = bytearray()
        while not (data.endswith(b"\r\n.\r\n") or data == b".\r\n"):
            try:
                data += await self._reader.readuntil(b".\r\n")
            except asyncio.LimitOverrunError:
                await self.push("552 Too much mail data")
                self.cut()
                return
        source = bytes(data[:-3]).replace(b"\r\n.", b"\r\n").removeprefix(b".")
        number = self._mailbox.keep(self.envelope.rcpt_tos, source)
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        await self.push(f"250 kept as {number}")


def _decoded(value: object) -> str:
    """Return a header in the words people read; broken encodings stay as they came."""
    text = str(value or "").replace("\r\n", "").replace("\n", "")
    with contextlib.suppress(LookupError, ValueError):  # an unknown character set, broken base64
        text = str(make_header(decode_header(text)))
    return text.encode("utf-8", "replace").decode()  # bytes beyond ASCII came in as half characters


def _body(message: EmailMessage, subtype: str) -> str | None:
    try:
        part = message.get_body((subtype,))
        content = None if part is None else part.get_content()
    except (LookupError, ValueError, AttributeError):  # what others write may be no MIME at all
        return None
    return content.replace("\r\n", "\n") if isinstance(content, str) else None


def _files(message: EmailMessage) -> Iterator[KeptFile]:
    for part in message.walk():
        with contextlib.suppress(LookupError, ValueError, AttributeError):
            if part.get_content_disposition() == "attachment":
                data = part.get_payload(decode=True)
                size = len(data) if isinstance(data, bytes) else 0
                yield KeptFile(_decoded(part.get_filename()), part.get_content_type(), size)


logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd tells of every command it gets
