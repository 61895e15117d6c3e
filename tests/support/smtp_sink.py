"""A lean SMTP server that takes everything, or misbehaves as told: in this process, or `python smtp_sink.py`.

Answers are given by stage: connect, ehlo, starttls, auth, mail, rcpt, data, body, dot. `replies` replaces the
answer of a stage by another one ("450 later"), by "drop" (cuts the connection) or by "hang" (never answers);
`rcpt:NAME` and `dot:NAME` are for recipients that contain NAME. `delays` are seconds before an answer.
`first` says how many times a replaced reply is given before the sink is well again.

A process of its own prints its port, then answers XSTAT with its counters and stops at SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import ssl
from base64 import b64encode
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Self, TextIO

STAGES: Final = {
    "connect": "220 sink ready",
    "ehlo": "",
    "starttls": "220 go ahead",
    "auth": "235 welcome",
    "mail": "250 sender ok",
    "rcpt": "250 recipient ok",
    "data": "354 end with a dot",
    "body": "",
    "dot": "250 queued",
}
END: Final = b"\r\n.\r\n"
MESSAGE_ID: Final = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
SUBJECT: Final = re.compile(rb"^subject:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


@dataclass
class Counters:
    connections: int = 0
    open: int = 0
    most_open: int = 0
    commands: int = 0
    messages: int = 0
    bytes: int = 0
    resets: int = 0
    quits: int = 0


@dataclass
class Kept:
    sender: str
    recipient: str
    payload: bytes


@dataclass
class Sink:
    replies: dict[str, str] = field(default_factory=dict)
    delays: dict[str, float] = field(default_factory=dict)
    first: int | None = None
    keep: bool = True
    extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "SIZE 50000000")
    tls: ssl.SSLContext | None = None  # from the first byte on
    starttls: ssl.SSLContext | None = None
    user: str = ""
    password: str = ""
    log: TextIO | None = None
    counters: Counters = field(default_factory=Counters)
    kept: list[Kept] = field(default_factory=list)
    port: int = 0
    reached: dict[str, asyncio.Event] = field(default_factory=dict)  # set when a stage is reached

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> int:
        self.sessions: set[Session] = set()
        self.reached = {stage: asyncio.Event() for stage in STAGES}
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(self.connected, "127.0.0.1", port, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]
        return self.port

    def connected(self) -> Session:
        """Make the protocol of a new connection."""
        return Session(self)

    async def stop(self) -> None:
        self.server.close()
        self.cut()
        await self.server.wait_closed()

    def cut(self) -> None:
        """Drop every open connection."""
        for session in [*self.sessions]:
            session.transport.abort()

    def say(self, line: str) -> None:
        """Send a line to every open connection, unasked, and close it, as servers do with idle clients."""
        for session in [*self.sessions]:
            session.transport.write(f"{line}\r\n".encode())
            session.transport.close()

    def reply(self, stage: str, recipient: str) -> str:
        for key, answer in self.replies.items():
            kind, _, name = key.partition(":")
            if kind == stage and name in recipient:
                if self.first is not None:
                    if self.first == 0:
                        break
                    self.first -= 1
                return answer
        return STAGES[stage]

    def take(self, sender: str, recipient: str, payload: bytes) -> None:
        self.counters.messages += 1
        self.counters.bytes += len(payload)
        if self.keep:
            text = payload[1:] if payload.startswith(b".") else payload
            self.kept.append(Kept(sender, recipient, text.replace(b"\r\n.", b"\r\n")))
        if self.log:
            found = MESSAGE_ID.search(payload)
            self.log.write(f"{found.group(1).decode() if found else ''}\t{recipient}\n")
            self.log.flush()


class Session(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.buffer = bytearray()
        self.sender = self.recipient = ""
        self.in_data = False
        self.searched = 0
        self.waiting = False  # an answer is delayed, or never comes
        self.secure = sink.tls is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.sink.sessions.add(self)
        counters = self.sink.counters
        counters.connections += 1
        counters.open += 1
        counters.most_open = max(counters.most_open, counters.open)
        self.answer("connect")

    def connection_lost(self, _exc: Exception | None) -> None:
        self.sink.sessions.discard(self)
        self.sink.counters.open -= 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.work()

    def work(self) -> None:
        while self.buffer and not self.waiting and not self.transport.is_closing():
            if self.in_data:
                if not self.take_body():
                    return
                continue
            end = self.buffer.find(b"\r\n")
            if end < 0:
                return
            line = self.buffer[:end].decode()
            del self.buffer[: end + 2]
            self.sink.counters.commands += 1
            self.command(line)

    def take_body(self) -> bool:
        if not self.searched and self.sink.replies.get("body"):
            self.answer("body")
            return False
        at = 0 if self.buffer.startswith(b".\r\n") else self.buffer.find(END, max(0, self.searched - 4))
        self.searched = len(self.buffer)
        if at < 0:
            return False
        payload = b"" if self.buffer.startswith(b".\r\n") else bytes(self.buffer[: at + 2])
        del self.buffer[: len(payload) + 3]
        self.in_data, self.searched = False, 0
        self.answer("dot", payload)
        return True

    def command(self, line: str) -> None:
        verb = line[:4].upper()
        if verb in {"EHLO", "HELO"}:
            self.answer("ehlo")
        elif verb == "MAIL":
            self.sender = line.partition("<")[2].partition(">")[0]
            self.answer("mail")
        elif verb == "RCPT":
            self.recipient = line.partition("<")[2].partition(">")[0]
            self.answer("rcpt")
        elif verb == "DATA":
            if self.recipient:
                self.answer("data")
            else:
                self.write("503 no recipient")
        elif verb == "AUTH":
            self.authenticate(line)
        elif verb == "STAR" and self.sink.starttls and not self.secure:
            self.answer("starttls")
        elif verb == "RSET":
            self.sink.counters.resets += 1
            self.sender = self.recipient = ""
            self.write("250 reset")
        elif verb == "QUIT":
            self.sink.counters.quits += 1
            self.write("221 bye")
            self.transport.close()
        elif verb == "XSTA":
            self.write(f"250 {json.dumps(asdict(self.sink.counters))}")
        else:
            self.write("500 what?")

    def greeting(self) -> str:
        extensions = [*self.sink.extensions]
        if self.sink.starttls and not self.secure:
            extensions.append("STARTTLS")
        if self.sink.user:
            extensions.append("AUTH PLAIN LOGIN")
        lines = ["sink", *extensions]
        return "\r\n".join(f"250{'-' if row is not lines[-1] else ' '}{row}" for row in lines)

    def authenticate(self, line: str) -> None:
        expected = b64encode(f"\0{self.sink.user}\0{self.sink.password}".encode()).decode()
        if line == f"AUTH PLAIN {expected}":
            self.answer("auth")
        else:
            self.write("535 wrong")

    def answer(self, stage: str, payload: bytes = b"") -> None:
        self.sink.reached[stage].set()
        delay = self.sink.delays.get(stage, 0)
        if delay:
            self.waiting = True
            asyncio.get_running_loop().call_later(delay, self.give_later, stage, payload)
        else:
            self.give(stage, payload)

    def give_later(self, stage: str, payload: bytes) -> None:
        self.waiting = False
        self.give(stage, payload)
        self.work()

    def give(self, stage: str, payload: bytes) -> None:
        reply = self.sink.reply(stage, self.recipient)
        if reply == "hang":
            self.waiting = True
            return
        if stage == "dot" and reply.startswith(("2", "drop")):
            self.sink.take(self.sender, self.recipient, payload)
        if reply == "drop":
            self.transport.abort()
            return
        self.write(reply or self.greeting())
        if stage == "rcpt" and not reply.startswith("2"):
            self.recipient = ""
        if stage == "data":
            self.in_data = reply.startswith("3")
        if stage == "dot":
            self.sender = self.recipient = ""
        if reply.startswith("421"):
            self.transport.close()
        if stage == "starttls" and reply.startswith("2"):
            self.waiting = True
            self.transport.pause_reading()  # what comes next is TLS
            self.task = asyncio.ensure_future(self.secure_it())

    async def secure_it(self) -> None:
        assert self.sink.starttls is not None
        try:
            transport = await asyncio.get_running_loop().start_tls(
                self.transport, self, self.sink.starttls, server_side=True
            )
        except (OSError, ssl.SSLError):
            return
        if not isinstance(transport, asyncio.Transport):
            return  # the client left meanwhile
        self.transport = transport
        self.secure, self.waiting = True, False
        self.work()

    def write(self, line: str) -> None:
        if not self.transport.is_closing():
            self.transport.write(f"{line}\r\n".encode())


def pairs(texts: list[str]) -> dict[str, str]:
    return {key: value for key, _, value in (text.partition("=") for text in texts)}


async def serve(sink: Sink, port: int) -> None:
    print(await sink.start(port), flush=True)  # noqa: T201 - the caller reads the port
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()
    await sink.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", help="write Message-ID and recipient of each message taken to this file")
    parser.add_argument("--reply", action="append", default=[], metavar="STAGE=ANSWER")
    parser.add_argument("--delay", action="append", default=[], metavar="STAGE=SECONDS")
    parser.add_argument("--first", type=int, help="so many replaced replies, then all is well")
    options = parser.parse_args()
    with Path(options.log or os.devnull).open("a") as log:
        sink = Sink(
            replies=pairs(options.reply),
            delays={key: float(value) for key, value in pairs(options.delay).items()},
            first=options.first,
            keep=False,
            log=log if options.log else None,
        )
        asyncio.run(serve(sink, options.port))


if __name__ == "__main__":
    main()
