"""Mails a second: claimed, rendered, handed to an SMTP server and settled by a worker, against bare smtplib."""

from __future__ import annotations

import asyncio
import smtplib
import time
from datetime import UTC, datetime
from uuid import UUID

import uvloop

from house import (
    House,
    arguments,
    balanced,
    go,
    house,
    ledger_balances,
    median,
    publish,
    ratio,
    say,
    seed_inside,
    seed_people,
    sink,
    step,
    until,
    workers,
)  # fmt: skip
from parcours.channels.mime import build
from parcours.store.database import Database

TEXT = """Hello {{ profile.first_name | default: "friend" }},

{% if profile.plan == "pro" %}thank you for being a pro.{% else %}there is more to see with the pro plan.{% endif %}

You came in on {{ participant.entered_at }}.
"""
HTML = (
    "<h1>Hello {{ profile.first_name }}</h1>"
    + "<p>A paragraph of the kind that mails have, some words long.</p>" * 20
)
SENDER = "Shop <shop@example.com>"
JOURNEY = {
    "journey": "mail",
    "entry": {"triggers": [{"manual": True}]},
    "email": {"from": SENDER, "reply_to": "help@example.com", "subscription": "news"},
    "steps": {
        "mail": {"email": {"subject": "Hello {{ profile.first_name }}", "text": TEXT, "html": HTML}},
        "done": {"end": {}},
    },
}
# Asked every 20 ms beside the work, so by the indices alone; what was sent is counted when all is done.
DONE = """SELECT NOT EXISTS (SELECT 1 FROM parcours.message WHERE state = 'queued')
    AND NOT EXISTS (SELECT 1 FROM parcours.message WHERE state = 'claimed')"""
SENT = "SELECT count(*) FROM parcours.message WHERE state = 'sent'"


async def prepare(url: str) -> None:
    """Publish the journey, paused."""
    async with await Database.connect(url) as database:
        await publish(database, JOURNEY, paused=True)


async def engine(url: str, port: int, mails: int, number: int) -> float:
    """Return the seconds in which workers send every queued mail and write down that it was sent."""
    async with await Database.connect(url) as database:
        with workers(url, number, port):
            await balanced(database, number)
            began = await go(database, "mail")
            ended = await until(database, DONE, bool)
            await until(database, SENT, lambda n: n == mails)
            await until(
                database,
                "SELECT count(*) FROM parcours.participant WHERE finished_at IS NULL",
                lambda n: n == 0,
            )
        assert await ledger_balances(database)
    return ended - began


def bare(port: int, mails: int) -> float:
    """Return the seconds in which smtplib hands over ready-made bytes on one connection."""
    payload = build(
        message_id=UUID(int=1), date=datetime(2024, 6, 1, tzinfo=UTC), sender=SENDER, to="p1@example.com",
        subject="Hello Person 1", text=TEXT, html=HTML, reply_to="help@example.com",
    )  # fmt: skip
    with smtplib.SMTP("127.0.0.1", port) as client:
        began = time.monotonic()
        for number in range(mails):
            client.sendmail("shop@example.com", [f"p{number}@example.com"], payload)
        return time.monotonic() - began


def compare(ground: House, mails: int, repetitions: int) -> None:
    """Run all in turn and print."""
    ones, twos, bares = [], [], []
    with sink() as port:
        for number in range(1, repetitions + 1):
            bares.append(bare(port, mails))
            with ground.clone("mail") as url:
                ones.append(uvloop.run(engine(url, port, mails, 1)))
            with ground.clone("mail") as url:
                twos.append(uvloop.run(engine(url, port, mails, 2)))
            found = [mails / times[-1] for times in (ones, twos, bares)]
            step(
                "{} of {}: 1 worker {:,.0f}/s, 2 workers {:,.0f}/s, smtplib {:,.0f}/s".format(
                    number, repetitions, *found
                )
            )
    say(f"mails a second, 1 worker                     {mails / median(ones):>8,.0f}   aim 1,000")
    say(f"mails a second, 2 workers                    {mails / median(twos):>8,.0f}")
    say(f"mails a second, bare smtplib, one connection {mails / median(bares):>8,.0f}")
    say(f"1 worker : smtplib                           {ratio(bares, ones):>8.2f}")


def main() -> None:
    """Seed, compare, print."""
    given = arguments(__doc__ or "", mails=(6_000, 1_500, "mails to send"), repetitions=(3, 1, "times each"))
    with house() as ground:
        url = ground.create("mail")
        asyncio.run(prepare(url))
        step(f"seeding {given.mails:,} queued mails")
        seed_people(url, given.mails)
        seed_inside(url, "mail", "infinity", queued=True)
        compare(ground, given.mails, given.repetitions)


if __name__ == "__main__":
    main()
