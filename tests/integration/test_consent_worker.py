"""Consent beside a clock that runs: links and one click in mails, addresses that bounced, what is too old to be kept."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from parcours.domain.identity import profile_id
from parcours.domain.links import read_token
from parcours.engine.retention import walk_on
from parcours.service.watch.reports import show_journey
from support.postgres import BUCKETS
from support.runner import email, journey
from support.worker import Installation, installed, line, people

PUBLIC = "https://mail.example.com"
LINKS = "Stop: {{ unsubscribe_url }} Choose: {{ preferences_url }}"
NEWS: dict[str, Any] = {"transactional": False, "subscription": "news", "text": LINKS}
REASON = """SELECT m.state || coalesce(':' || m.reason, '')
    FROM parcours.message m JOIN parcours.profile pr USING (bucket, profile_id) WHERE pr.user_id = %(user)s"""


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Installation]:
    async with installed(database_url) as installation:
        installation.sink.keep = True
        await installation.start("one", public_url=PUBLIC)
        await installation.feed(*people("u", range(6)))
        yield installation


async def test_advertising_carries_the_way_to_stop_it_by_one_click(here: Installation) -> None:
    await here.publish(journey({"news": email(**NEWS)}, "ad"))
    await here.publish(journey({"receipt": email(text=LINKS)}, "plain", triggers=[{"event": "Buy"}]))
    await here.feed(line("track", "u0", "Go"), line("track", "u1", "Buy"))
    await here.until("SELECT count(*) FROM parcours.message WHERE state = 'sent'", 2)
    mails = {one.recipient: message_from_bytes(one.payload, policy=default) for one in here.sink.kept}
    ad, plain = mails["u0@example.com"], mails["u1@example.com"]
    assert ad["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [url] = re.findall(r"<(.+)>", "".join(ad["List-Unsubscribe"].split()))
    assert plain["List-Unsubscribe"] is None
    assert plain["List-Unsubscribe-Post"] is None
    [(number, secret)] = await here.rows("SELECT key_no, secret FROM parcours.signing_key")
    for mail, user, kind in ((ad, "u0", "news"), (plain, "u1", "")):
        text = mail.get_content()
        stop, choose = re.findall(rf"{PUBLIC}/(\w+)/([\w-]+)", text)
        assert (stop[0], choose[0]) == ("unsubscribe", "preferences")
        link = read_token(stop[1], {number: bytes(secret)})
        assert link is not None
        assert (link.person, link.subscription) == (profile_id(user), kind)
    assert url in ad.get_content()
    marked = """SELECT pr.user_id, m.transactional
        FROM parcours.message m JOIN parcours.profile pr USING (bucket, profile_id)"""
    assert dict(await here.rows(marked)) == {"u0": False, "u1": True}


async def test_what_somebody_says_counts_at_the_next_mail(here: Installation) -> None:
    await here.publish(journey({"news": email(**NEWS)}, "ad"))
    said = {"type": "consent", "userId": "u0", "subscription": "news", "state": "out", "messageId": "no"}
    await here.feed(said)
    await here.feed(line("track", "u0", "Go"), line("track", "u1", "Go"))
    await here.until(REASON, "skipped:not_subscribed", user="u0")
    await here.until(REASON, "sent", user="u1")


async def test_an_address_where_nobody_is_is_given_up(here: Installation) -> None:
    here.sink.replies["rcpt:u0"] = "550 5.1.1 no such mailbox"
    here.sink.replies["rcpt:u1"] = "550 5.7.1 we do not like you"
    await here.publish(journey({"receipt": email(on_error="next")}, "plain"))
    await here.feed(*(line("track", user, "Go") for user in ("u0", "u1", "u2")))
    for user, state in (("u0", "rejected:send_failed"), ("u1", "rejected:send_failed"), ("u2", "sent")):
        await here.until(REASON, state, user=user)
    listed = await here.rows("SELECT address, reason, detail, added_by FROM parcours.suppression")
    assert listed == [("u0@example.com", "bounce", "550 5.1.1 no such mailbox", "engine")]
    here.sink.replies.clear()
    await here.feed(line("identify", "u3", email="U0@Example.com"), line("track", "u3", "Go"))
    await here.until(REASON, "skipped:suppressed", user="u3")


async def test_what_is_too_old_goes_and_totals_stay(here: Installation) -> None:
    await here.publish(journey({"news": email(**NEWS)}, "ad", reentry={"mode": "once"}))
    await here.feed(*(line("track", f"u{n}", "Go") for n in range(3)))
    await here.until("SELECT count(*) FROM parcours.participant WHERE finished_at IS NOT NULL", 3)

    async def report() -> Any:
        async with here.database.transaction() as connection:
            return (await show_journey(connection, "ad")).messages

    before, day = await report(), timedelta(days=1)
    keep = dict.fromkeys(("events", "passages", "messages"), 30 * day)
    for later, left in ((29 * day, 3), (31 * day, 0), (31 * day, 0)):
        for bucket in range(BUCKETS):
            await here.rows("DELETE FROM parcours.retention_walk WHERE bucket = %(b)s RETURNING 1", b=bucket)
            more = True
            while more:
                async with here.database.transaction() as connection:
                    more = await walk_on(connection, bucket, here.clock.now() + later, keep, people=1)
        counts = [await here.one(f"SELECT count(*) FROM parcours.{table}") for table in ("message", "event")]
        assert counts == [left, left]
        assert (await here.one("SELECT count(*) FROM parcours.passage") == 0) == (left == 0)
    assert await report() == before
    assert [one.balances for one in await here.ledgers()] == [True]
    await here.feed(line("track", "u0", "Go"))
    await here.until("SELECT reason FROM parcours.refusal", "reentry_once")
