"""The email channel against a real SMTP server that behaves, and misbehaves, as told."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from parcours.channels.channel import (
    Channel,
    Outcome,
    Outgoing,
    Rejected,
    Sent,
    TooLate,
    Unavailable,
    Uncertain,
)
from parcours.channels.email import EmailChannel
from parcours.channels.mime import build
from parcours.channels.smtp import Server
from support.smtp_sink import Sink

FAR = 3600.0
ID = UUID(int=7)
PAYLOAD = build(
    message_id=ID,
    date=datetime(2026, 1, 1, tzinfo=UTC),
    sender="Anna <anna@example.com>",
    to="bo@example.org",
    subject="Hi",
    text=".\n..\n.begins with a dot\nÅ\n",
    html=".\r\n<p>Hi</p>",
)

Make = Callable[..., EmailChannel]


def mail(recipient: str = "bo@example.org", payload: bytes = PAYLOAD) -> Outgoing:
    return Outgoing(ID, "anna@example.com", recipient, payload)


def soon() -> float:
    return time.monotonic() + FAR


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with Sink() as running:
        yield running


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    made: list[EmailChannel] = []

    def channel(sink: Sink | int, **options: Any) -> EmailChannel:
        port = sink if isinstance(sink, int) else sink.port
        names = ("tls", "tls_context", "user", "password")
        server = {name: options.pop(name) for name in names if name in options}
        made.append(
            EmailChannel(
                Server(host="127.0.0.1", port=port, ehlo_name="test.example", **server),
                **({"connections": 1, "timeout": 20.0} | options),
            )
        )
        return made[-1]

    yield channel
    for one in made:
        await one.close()


def test_it_is_a_channel(make: Make) -> None:
    channel = make(1, timeout=12.0, capacity_per_second=50.0)
    assert isinstance(channel, Channel)
    assert (channel.timeout, channel.capacity_per_second) == (12.0, 50.0)


@pytest.mark.parametrize("extensions", [("PIPELINING", "SIZE 100000"), ("SIZE",), ()])
async def test_a_mail_arrives_as_it_was_written(sink: Sink, make: Make, extensions: tuple[str, ...]) -> None:
    sink.extensions = extensions
    channel = make(sink)
    await channel.start()
    assert await channel.send(mail("bo@räksmörgås.se"), soon()) == Sent("250 queued")
    (kept,) = sink.kept
    assert (kept.sender, kept.recipient) == ("anna@example.com", "bo@xn--rksmrgs-5wao1o.se")
    assert kept.payload == PAYLOAD


@pytest.mark.parametrize(
    ("payload", "arrives"),
    [
        (b"a", b"a\r\n"),
        (b".", b".\r\n"),
        (b".\r\n.\r\nQUIT\r\n", b".\r\n.\r\nQUIT\r\n"),
        (b"a\n.\nb\r.\rc", b"a\r\n.\r\nb\r\n.\r\nc\r\n"),
        (b"x\r\n" * 100_000, b"x\r\n" * 100_000),
        (b"x" * 900 + b"\r\n", b"x" * 900 + b"\r\n"),
    ],
)
async def test_nothing_in_a_mail_ends_it(sink: Sink, make: Make, payload: bytes, arrives: bytes) -> None:
    channel = make(sink)
    assert isinstance(await channel.send(mail(payload=payload), soon()), Sent)
    assert [kept.payload for kept in sink.kept] == [arrives]
    assert isinstance(await channel.send(mail(), soon()), Sent)
    assert sink.counters.connections == 1


ANSWERS = [
    ("mail", "451 later", Unavailable("451 later")),
    ("mail", "550 not you", Rejected("550 not you")),
    ("mail", "530 sign in first", Unavailable("530 sign in first")),
    ("rcpt", "450 greylisted", Unavailable("450 greylisted")),
    ("rcpt", "550-no such\r\n550 person", Rejected("550 no such person")),
    ("data", "452 disk full", Unavailable("452 disk full")),
    ("data", "554 no", Rejected("554 no")),
    ("data", "250 what?", Unavailable("250 what?")),
    ("dot", "451 try again", Unavailable("451 try again")),
    ("dot", "552 too big", Rejected("552 too big")),
    ("dot", "421 going down", Unavailable("421 going down")),
    ("dot", "354 go on", Uncertain("Unexpected answer 354 go on")),
    ("rcpt", "421 going down", Unavailable("421 going down")),
    ("rcpt", "hello?", Unavailable("Connection ended: no SMTP: b'hello?\\r'")),
    ("dot", "hello?", Uncertain("Connection ended: no SMTP: b'hello?\\r'")),
    ("rcpt", "250-" + "x" * 9000, Unavailable("Connection ended: an answer without end")),
]


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
@pytest.mark.parametrize("answer", ANSWERS)
async def test_every_answer_has_its_meaning(
    sink: Sink, make: Make, answer: tuple[str, str, Outcome], extensions: tuple[str, ...]
) -> None:
    stage, reply, outcome = answer
    sink.extensions, sink.replies, sink.first = extensions, {stage: reply}, 1
    channel = make(sink)
    assert await channel.send(mail(), soon()) == outcome
    assert await channel.send(mail("next@example.org"), soon()) == Sent("250 queued")
    assert [kept.recipient for kept in sink.kept] == ["next@example.org"]


BEFORE = ["connect", "ehlo", "mail", "rcpt", "data", "body"]


@pytest.mark.parametrize("stage", [*BEFORE, "dot"])
@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
async def test_a_lost_connection_is_certain_until_the_final_dot(
    sink: Sink, make: Make, stage: str, extensions: tuple[str, ...]
) -> None:
    sink.extensions, sink.replies = extensions, {stage: "drop"}
    outcome = await make(sink).send(mail(payload=b"x" * 70 + b"\r\n"), soon())
    if stage in BEFORE[:-1]:
        assert isinstance(outcome, Unavailable)
        assert outcome.safe
    else:  # a small mail leaves together with its dot, so a cut while it is read is uncertain too
        assert isinstance(outcome, Uncertain)
    assert len(sink.kept) == (stage == "dot")


async def test_a_big_mail_cut_before_its_dot_was_written_is_certain(sink: Sink, make: Make) -> None:
    sink.replies = {"body": "drop"}
    outcome = await make(sink).send(mail(payload=b"x" * 70 + b"\r\n" * 10_000_000), soon())
    assert isinstance(outcome, Unavailable)


@pytest.mark.parametrize("stage", [*BEFORE[2:5], "dot"])
async def test_silence_is_certain_until_the_final_dot(sink: Sink, make: Make, stage: str) -> None:
    sink.replies = {stage: "hang"}
    outcome = await make(sink, timeout=0.05).send(mail(), soon())
    expected = Uncertain if stage == "dot" else Unavailable
    assert outcome == expected("Connection ended: no answer within 0.05 s")


async def test_a_big_mail_that_nobody_reads_is_cut_and_certain(sink: Sink, make: Make) -> None:
    channel = make(sink, timeout=0.3)
    task = asyncio.create_task(channel.send(mail(payload=b"x\r\n" * 5_000_000), soon()))
    await sink.reached["data"].wait()
    for session in sink.sessions:
        session.transport.pause_reading()
    assert isinstance(await task, Unavailable)
    assert sink.kept == []


async def test_a_slow_answer_is_waited_for(sink: Sink, make: Make) -> None:
    sink.delays = {"connect": 0.02, "mail": 0.02, "rcpt": 0.02, "data": 0.02, "dot": 0.05}
    assert await make(sink).send(mail(), soon()) == Sent("250 queued")


async def test_without_a_name_of_its_own_it_greets_by_the_name_of_the_machine(sink: Sink) -> None:
    channel = EmailChannel(Server(host="127.0.0.1", port=sink.port))
    assert isinstance(await channel.send(mail(), soon()), Sent)
    await channel.close()


async def test_nobody_there_is_unavailable(make: Make) -> None:
    async with Sink() as gone:
        port = gone.port
    outcome = await make(port).send(mail(), soon())
    assert isinstance(outcome, Unavailable)
    assert outcome.safe
    assert str(port) in outcome.detail


@pytest.mark.parametrize("greeting", ["554 no service", "421 busy", "nonsense"])
async def test_a_server_that_does_not_want_us_is_unavailable(sink: Sink, make: Make, greeting: str) -> None:
    sink.replies = {"connect": greeting}
    assert isinstance(await make(sink).send(mail(), soon()), Unavailable)


async def test_too_late_sends_nothing(sink: Sink, make: Make) -> None:
    channel = make(sink)
    assert await channel.send(mail(), time.monotonic() - 1) == TooLate()
    assert isinstance(await channel.send(mail(), soon()), Sent)
    assert await channel.send(mail(), time.monotonic() - 1) == TooLate()
    assert sink.counters.messages == 1


async def test_the_clock_is_read_immediately_before_the_hand_over(sink: Sink, make: Make) -> None:
    instant = 100.0

    def now() -> float:
        return instant

    channel = make(sink, now=now)
    sink.delays = {"connect": 0.02}
    task = asyncio.create_task(channel.send(mail(), 105.0))
    await sink.reached["connect"].wait()
    instant = 105.1  # the connection is still being opened
    assert await task == TooLate()
    instant = 105.0
    assert await channel.send(mail(), 105.0) == Sent("250 queued")
    assert (sink.counters.connections, sink.counters.messages) == (1, 1)


async def test_a_connection_that_takes_too_long_to_open_serves_the_next(sink: Sink, make: Make) -> None:
    channel = make(sink)
    sink.delays = {"connect": 0.1}
    assert await channel.send(mail(), time.monotonic() + 0.02) == TooLate()
    assert await channel.send(mail(), soon()) == Sent("250 queued")
    assert sink.counters.connections == 1


async def test_connections_are_kept_shared_and_never_more_than_allowed(sink: Sink, make: Make) -> None:
    channel = make(sink, connections=3)
    sink.delays = {"dot": 0.005}
    outcomes = await asyncio.gather(*(channel.send(mail(f"p{n}@x.se"), soon()) for n in range(30)))
    assert set(outcomes) == {Sent("250 queued")}
    assert sink.counters.connections == 3
    assert sorted(kept.recipient for kept in sink.kept) == sorted(f"p{n}@x.se" for n in range(30))


async def test_a_connection_is_replaced_after_its_share_of_mails(sink: Sink, make: Make) -> None:
    channel = make(sink, max_messages=2)
    for _ in range(5):
        assert isinstance(await channel.send(mail(), soon()), Sent)
    assert sink.counters.connections == 3
    assert sink.counters.most_open == 1


async def test_a_connection_idle_for_too_long_is_replaced(sink: Sink, make: Make) -> None:
    instant = 100.0

    def now() -> float:
        return instant

    channel = make(sink, max_idle=60.0, now=now)
    for moment, connections in ((100.0, 1), (160.0, 1), (220.1, 2)):
        instant = moment
        assert isinstance(await channel.send(mail(), moment + FAR), Sent)
        assert sink.counters.connections == connections


@pytest.mark.parametrize("farewell", ["cut", "421 idle for too long", "unseen"])
async def test_a_connection_that_ended_while_idle_is_replaced_unnoticed(
    sink: Sink, make: Make, farewell: str
) -> None:
    channel = make(sink)
    assert isinstance(await channel.send(mail(), soon()), Sent)
    if farewell == "unseen":  # the end is met by the next command only
        sink.replies, sink.first = {"mail": "drop"}, 1
    elif farewell == "cut":
        sink.cut()
    else:
        sink.say(farewell)
    assert await channel.send(mail(), soon()) == Sent("250 queued")
    assert (sink.counters.connections, sink.counters.messages) == (2, 2)


async def test_a_refused_mail_leaves_no_trace_in_the_next(sink: Sink, make: Make) -> None:
    sink.replies = {"rcpt:nobody": "550 unknown"}
    channel = make(sink)
    assert await channel.send(mail("nobody@x.se"), soon()) == Rejected("550 unknown")
    assert await channel.send(mail("anna@x.se"), soon()) == Sent("250 queued")
    assert await channel.send(mail("bo@x.se"), soon()) == Sent("250 queued")
    assert (sink.counters.connections, sink.counters.resets) == (1, 1)


async def test_a_mail_larger_than_the_server_takes_is_rejected_unsent(sink: Sink, make: Make) -> None:
    sink.extensions = ("SIZE 1000",)
    assert isinstance(await make(sink).send(mail(payload=b"x\r\n" * 334), soon()), Rejected)
    assert sink.counters.messages == 0


@pytest.mark.parametrize("recipient", ["", "bo", "bo@x.se>\r\nRCPT TO:<all@x.se", "bo@x.se\0", "a b@x.se"])
async def test_what_is_no_address_never_reaches_the_server(sink: Sink, make: Make, recipient: str) -> None:
    assert isinstance(await make(sink).send(mail(recipient), soon()), Rejected)
    assert sink.counters.connections == 0


async def test_cutting_a_send_closes_its_connection(sink: Sink, make: Make) -> None:
    sink.replies, sink.first = {"rcpt": "hang"}, 1
    channel = make(sink)
    task = asyncio.create_task(channel.send(mail(), soon()))
    await sink.reached["rcpt"].wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert isinstance(await channel.send(mail(), soon()), Sent)
    assert (sink.counters.connections, sink.counters.messages) == (2, 1)


@pytest.mark.parametrize(("stage", "expected"), [("rcpt", Unavailable), ("dot", Uncertain)])
async def test_closing_the_channel_cuts_what_is_under_way(
    sink: Sink, make: Make, stage: str, expected: type[Outcome]
) -> None:
    sink.replies = {stage: "hang"}
    channel = make(sink)
    under_way = asyncio.create_task(channel.send(mail(), soon()))
    await sink.reached[stage].wait()
    in_line = asyncio.create_task(channel.send(mail(), soon()))
    await asyncio.sleep(0)  # so that it stands in line
    await channel.close()
    assert isinstance(await under_way, expected)
    assert await in_line == Unavailable("The channel is closed")
    assert await channel.send(mail(), soon()) == Unavailable("The channel is closed")


async def test_closing_says_goodbye(sink: Sink, make: Make) -> None:
    channel = make(sink)
    await channel.send(mail(), soon())
    await channel.close()
    assert (sink.counters.quits, sink.counters.open) == (1, 0)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    openssl = shutil.which("openssl")
    assert openssl, "the openssl program is needed to make a certificate"
    subprocess.run(
        [
            openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "2", "-subj", "/CN=sink",
            "-addext", "subjectAltName=IP:127.0.0.1",
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return folder


def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


@pytest.mark.parametrize("tls", ["tls", "starttls"])
async def test_tls_with_a_login(certificate: Path, make: Make, tls: str) -> None:
    key = "tls" if tls == "tls" else "starttls"
    trust = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    async with Sink(user="anna", password="secret", **{key: server_side(certificate)}) as sink:  # type: ignore[arg-type]
        options = {"tls": tls, "tls_context": trust, "user": "anna"}
        channel = make(sink, **options, password="secret")
        for _ in range(3):
            assert await channel.send(mail(payload=b"x\r\n" * 50_000), soon()) == Sent("250 queued")
        assert sink.counters.connections == 1
        wrong = await make(sink, **options, password="guess").send(mail(), soon())
        assert isinstance(wrong, Unavailable)
        assert "535" in wrong.detail
        assert "guess" not in wrong.detail
        await channel.close()


@pytest.mark.parametrize("tls", ["tls", "starttls"])
async def test_a_certificate_nobody_vouches_for_is_unavailable(
    certificate: Path, make: Make, tls: str
) -> None:
    key = "tls" if tls == "tls" else "starttls"
    async with Sink(**{key: server_side(certificate)}) as sink:  # type: ignore[arg-type]
        outcome = await make(sink, tls=tls).send(mail(), soon())
        assert isinstance(outcome, Unavailable)
        assert "certificate" in outcome.detail.lower()
        assert sink.counters.messages == 0


async def test_without_starttls_nothing_leaves_in_the_clear(sink: Sink, make: Make) -> None:
    assert isinstance(await make(sink, tls="starttls").send(mail(), soon()), Unavailable)
    assert sink.counters.messages == 0
