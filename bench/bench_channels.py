"""The way of one mail, part by part: rendering, MIME, SMTP, the mailbox; per second of this process's processor."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiosmtplib
from liquid import Environment

from house import arguments, median, ratio, say, sink, step
from parcours.channels.channel import Outgoing, Sent
from parcours.channels.email import EmailChannel
from parcours.channels.mailbox import Mailbox
from parcours.channels.mime import build
from parcours.channels.smtp import Server
from parcours.channels.template import Source, compile_template

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SENDER, RECIPIENT, CONNECTIONS = "anna@example.com", "bo@example.org", 8
SUBJECT = "Välkommen, {{ profile.first_name | default: 'du' }}"
HTML = (
    "<html><body><h1>Hej {{ profile.first_name | default: 'du' }},</h1>"
    "{% if profile.plan == 'pro' %}<p>Tack för att du är med.</p>{% else %}<p>Prova pro.</p>{% endif %}<table>"
    "{% for item in event.items %}<tr><td>{{ forloop.index }}. <a href='https://example.com/{{ item.id }}'>"
    "{{ item.name }}</a></td><td>{{ item.price }}</td></tr>{% endfor %}</table>"
    + "<p style='font-family:Arial,sans-serif;color:#333'>Ett stycke med så många ord som brev brukar ha.</p>\n"
    * 40
    + "</body></html>"
)
TEXT = "Hej {{ profile.first_name | default: 'du' }}, läs mer på https://example.com/\n"
VALUES: dict[str, object] = {
    "profile": {"first_name": "Åsa & Bo", "plan": "pro"},
    "event": {"items": [{"id": n, "name": f"Sak {n}", "price": 9.5 * n} for n in range(8)]},
}


def seconds(times: int, work: Callable[[], object]) -> float:
    """Return the seconds of processor time that one call takes, over so many."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times


def report(what: str, ours: list[float], other: str = "", others: list[float] | None = None) -> None:
    """Print a rate, and the ratio to another way."""
    against = f", {ratio(others, ours):.1f} times {other} ({1 / median(others):,.0f}/s)" if others else ""
    say(f"{what}: {1 / median(ours):,.0f}/s{against}")


def compare(
    times: int, ours: Callable[[], object], other: Callable[[], object]
) -> tuple[list[float], list[float]]:
    """Return the seconds of both, measured in turns."""
    rounds = [(seconds(times, ours), seconds(times, other)) for _ in range(5)]
    return [a for a, _ in rounds], [b for _, b in rounds]


def rendering(times: int) -> None:
    """Measure templates of one mail of about 5 kB with a loop of eight rows."""
    whole = compile_template(Source(subject=SUBJECT, html=HTML, text=TEXT))
    derived = compile_template(Source(subject=SUBJECT, html=HTML))
    escaping, plain = Environment(autoescape=True), Environment()
    theirs = [plain.from_string(SUBJECT), escaping.from_string(HTML), plain.from_string(TEXT)]
    ours, others = compare(
        times, lambda: whole.render(VALUES, NOW), lambda: [one.render(VALUES) for one in theirs]
    )
    report("rendered, subject and html and text", ours, "python-liquid without limits", others)
    report(
        "rendered, the text made of the html",
        [seconds(times, lambda: derived.render(VALUES, NOW)) for _ in range(5)],
    )


def writer() -> Callable[[], bytes]:
    """Return what writes a mail of about 10 kB, its content rendered already."""
    content = compile_template(Source(subject=SUBJECT, html=HTML * 2, text=TEXT)).render(VALUES, NOW)
    return lambda: build(
        message_id=uuid4(), date=NOW, sender=f"Åsa <{SENDER}>", to=RECIPIENT,
        subject=content.subject, text=content.text, html=content.html,
    )  # fmt: skip


def email_message() -> bytes:
    """Return the same mail, written by the standard library."""
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"], message["To"] = f"Åsa <{SENDER}>", RECIPIENT
    message["Subject"], message["Message-ID"] = "Välkommen, Åsa & Bo", f"<{uuid4()}@example.com>"
    message.set_content(TEXT)
    message.add_alternative(HTML * 2, subtype="html")
    return message.as_bytes()


async def send_by_channel(port: int, payload: bytes, times: int) -> None:
    """Send so many mails, at most eight at a time."""
    channel = EmailChannel(
        Server(host="127.0.0.1", port=port, ehlo_name="bench.example"), connections=CONNECTIONS
    )

    async def some(number: int) -> None:
        for n in range(number):
            outcome = await channel.send(
                Outgoing(UUID(int=n), SENDER, RECIPIENT, payload), time.monotonic() + 60
            )
            assert isinstance(outcome, Sent), outcome

    await asyncio.gather(*(some(times // CONNECTIONS) for _ in range(CONNECTIONS)))
    await channel.close()


async def send_by_aiosmtplib(port: int, payload: bytes, times: int) -> None:
    """Do the same by aiosmtplib alone."""

    async def some(number: int) -> None:
        async with aiosmtplib.SMTP(
            hostname="127.0.0.1", port=port, local_hostname="bench.example", start_tls=False
        ) as client:
            for _ in range(number):
                await client.sendmail(SENDER, [RECIPIENT], payload)

    await asyncio.gather(*(some(times // CONNECTIONS) for _ in range(CONNECTIONS)))


async def timed(work: Awaitable[Any], times: int) -> float:
    """Return the seconds of processor time that one of so many takes; say those of the clock."""
    began, clock = time.process_time(), time.perf_counter()
    await work
    step(f"{times / (time.perf_counter() - clock):,.0f}/s by the clock")
    return (time.process_time() - began) / times


async def smtp(payload: bytes, times: int) -> None:
    """Measure the hand-over to a server of its own process, then to the mailbox in this one."""
    with sink() as port:
        ours, others = [], []
        for _ in range(3):
            ours.append(await timed(send_by_channel(port, payload, times), times))
            others.append(await timed(send_by_aiosmtplib(port, payload, times), times))
    report("handed over", ours, "aiosmtplib", others)
    with tempfile.TemporaryDirectory() as folder:
        mailbox = Mailbox(Path(folder))
        port = await mailbox.start()
        report(
            "into the mailbox, both in one process",
            [await timed(send_by_channel(port, payload, times), times)],
        )
        for _ in range(times * 10):
            mailbox.keep([RECIPIENT], payload)
        took = seconds(20, mailbox.list)
        say(f"the newest 50 of {mailbox.count():,} mails: {took * 1000:.1f} ms")
        await mailbox.stop()


def main() -> None:
    """Measure every part."""
    options = arguments(__doc__ or "", mails=(4000, 400, "mails of each measurement"))
    step("templates")
    rendering(options.mails // 10)
    step("MIME")
    write = writer()
    ours, others = compare(options.mails // 10, write, email_message)
    payload = write()
    report(f"written, {len(payload) / 1000:.0f} kB", ours, "email.message", others)
    step("SMTP")
    asyncio.run(smtp(payload, options.mails))


if __name__ == "__main__":
    main()
