"""The built-in mailbox: what arrives by SMTP is kept, listed and shown."""

from __future__ import annotations

import smtplib
import time
from asyncio import to_thread
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from parcours.channels.attachment import attach
from parcours.channels.channel import Outgoing, Sent
from parcours.channels.email import EmailChannel
from parcours.channels.mailbox import KeptFile, Mailbox
from parcours.channels.mime import build
from parcours.channels.smtp import Server
from parcours.clock import FixedClock
from parcours.domain.errors import ParcoursError

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def letter(number: int, subject: str = "Välkommen") -> bytes:
    return build(
        message_id=UUID(int=number),
        date=NOW,
        sender="Åsa <asa@example.com>",
        to=f"p{number}@example.org",
        subject=f"{subject} {number}",
        text=f"Hej {number}\n.\n",
        html=f"<p>Hej {number}</p>\n",
    )


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
async def mailbox(tmp_path: Path, clock: FixedClock) -> AsyncIterator[Mailbox]:
    box = Mailbox(tmp_path / "mail", clock)
    await box.start()
    yield box
    await box.stop()


def port_of(mailbox: Mailbox) -> int:
    assert mailbox._server is not None
    port: int = mailbox._server.sockets[0].getsockname()[1]
    return port


async def test_files_that_a_mail_carries_are_shown(mailbox: Mailbox) -> None:
    attached = attach([("Köpvillkor.pdf", b"%PDF-"), ("logo.png", b"\x89PNG")])
    head = build(
        message_id=UUID(int=1), date=NOW, sender="a@example.com", to="b@example.org", subject="Terms", text="See below.\n",
        mixed=attached.mark,
    )  # fmt: skip
    mailbox.keep(["b@example.org"], head + attached.tail)
    mail = mailbox.show(1)
    assert mail.text == "See below.\n"
    assert mail.files == (
        KeptFile("Köpvillkor.pdf", "application/pdf", 5),
        KeptFile("logo.png", "image/png", 4),
    )


async def test_a_sent_mail_is_kept_listed_and_shown(
    mailbox: Mailbox, clock: FixedClock, tmp_path: Path
) -> None:
    channel = EmailChannel(
        Server(host="127.0.0.1", port=port_of(mailbox), ehlo_name="test.example"), connections=1
    )
    for number in (1, 2):
        message = Outgoing(UUID(int=number), "asa@example.com", f"p{number}@example.org", letter(number))
        assert await channel.send(message, time.monotonic() + 60) == Sent(f"250 kept as {number}")
        clock.advance(timedelta(minutes=1))
    await channel.close()
    assert mailbox.count() == 2
    newest, oldest = mailbox.list()
    assert (newest.number, newest.at) == (2, NOW + timedelta(minutes=1))
    assert (oldest.number, oldest.at, oldest.to) == (1, NOW, ("p1@example.org",))
    assert (oldest.sender, oldest.subject) == ("Åsa <asa@example.com>", "Välkommen 1")
    kept = mailbox.show(1)
    assert kept.summary == oldest
    assert kept.source == letter(1)
    assert kept.text == "Hej 1\n.\n"
    assert kept.html == "<p>Hej 1</p>\n"
    assert dict(kept.headers)["Subject"] == "Välkommen 1"
    assert (tmp_path / "mail").stat().st_mode & 0o077 == 0


async def test_any_client_and_any_recipient_is_welcome(mailbox: Mailbox) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port_of(mailbox)) as client:
            client.sendmail("a@x", ["b@y", "c@z"], b"no header at all\r\n" + b"x" * 5000)
            client.mail("a@x")
            client.rcpt("b@y")
            client.docmd("DATA")
            client.send(".\r\n")
            assert client.getreply()[0] == 250
            client.sendmail("a@x", ["b@y"], b".\r\na.\r\n..\r\n.b\r\n\r\n")
            with pytest.raises(smtplib.SMTPDataError):
                client.data(b"before any recipient")
            client.sendmail("", ["b@y"], b"Subject: =?nonsense?b?=?=\r\nFrom: \xff\xfe\r\n\r\n\xff")

    await to_thread(send)
    last, *others, first = mailbox.list()
    assert (first.to, first.sender, first.subject) == (("b@y", "c@z"), "", "")
    assert last.number == 4
    assert [mailbox.show(mail.number).source for mail in others] == [b".\r\na.\r\n..\r\n.b\r\n\r\n", b""]
    assert mailbox.show(1).source.endswith(b"xxx\r\n")
    assert mailbox.show(4).headers


def test_the_newest_come_first_in_pages(tmp_path: Path, mailbox: Mailbox) -> None:
    for number in range(1, 1501):
        mailbox.keep([f"p{number}@example.org"], letter(number))
    assert [mail.number for mail in mailbox.list(3)] == [1500, 1499, 1498]
    assert [mail.number for mail in mailbox.list(2, before=1000)] == [999, 998]
    assert [mail.number for mail in mailbox.list(9999)] == [*range(1500, 0, -1)]
    assert [mail.number for mail in mailbox.list(search="P1234@")] == [1234]
    assert [mail.number for mail in mailbox.list(search="kommen 77")] == [*range(779, 769, -1), 77]
    assert mailbox.list(search="nobody") == []
    reader = Mailbox(tmp_path / "mail")  # as another process reads it
    assert reader.count() == 1500
    assert reader.show(1000).text == "Hej 1000\n.\n"


def test_clearing_begins_anew(mailbox: Mailbox, tmp_path: Path) -> None:
    mailbox.keep(["a@example.org"], letter(1))
    Mailbox(tmp_path / "mail").clear()
    assert (mailbox.count(), mailbox.list()) == (0, [])
    with pytest.raises(ParcoursError) as caught:
        mailbox.show(1)
    assert caught.value.code == "mail_unknown"
    assert mailbox.keep(["a@example.org"], letter(5)) == 1
    assert mailbox.show(1).summary.subject == "Välkommen 5"


def test_a_folder_that_does_not_exist_is_an_empty_mailbox(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "nowhere")
    assert (mailbox.count(), mailbox.list()) == (0, [])
    mailbox.clear()


async def test_a_line_cut_short_is_forgotten_and_its_number_used_again(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    await mailbox.start()
    for number in (1, 2):
        mailbox.keep(["a@example.org"], letter(number))
    await mailbox.stop()
    index = tmp_path / "index.jsonl"
    index.write_bytes(index.read_bytes()[:-5])
    assert [mail.number for mail in mailbox.list()] == [1]
    await mailbox.start()
    assert mailbox.keep(["a@example.org"], letter(3)) == 2
    assert [mail.subject for mail in mailbox.list()] == ["Välkommen 3", "Välkommen 1"]
    await mailbox.stop()


async def test_two_processes_do_not_fill_one_folder(mailbox: Mailbox, tmp_path: Path) -> None:
    with pytest.raises(ParcoursError) as caught:
        await Mailbox(tmp_path / "mail").start()
    assert caught.value.code == "mailbox_in_use"


async def test_a_folder_or_a_port_that_cannot_be_had_is_told(mailbox: Mailbox, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ParcoursError) as caught:
        await Mailbox(tmp_path / "file" / "mail").start()
    assert (caught.value.code, caught.value.place) == ("mailbox_unavailable", str(tmp_path / "file" / "mail"))
    assert mailbox._server is not None
    port = mailbox._server.sockets[0].getsockname()[1]
    with pytest.raises(ParcoursError) as caught:
        await Mailbox(tmp_path / "other").start(port)
    assert (caught.value.code, caught.value.place) == ("mailbox_unavailable", f"127.0.0.1:{port}")


async def test_it_listens_on_loopback_only(mailbox: Mailbox) -> None:
    assert mailbox._server is not None
    assert [socket.getsockname()[0] for socket in mailbox._server.sockets] == ["127.0.0.1"]
