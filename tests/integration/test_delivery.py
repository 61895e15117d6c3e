"""What becomes of a mail, and of its person: every answer a mail server gives, every gate in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from parcours.observe import MessageSettled
from support.runner import email, journey
from support.worker import Document, Installation, RecordingSink, eventually, installed, line, people

PERSON = """SELECT p.status || coalesce(':' || p.reason, '') || ' ' || coalesce(p.step, '-')
    FROM parcours.participant p JOIN parcours.profile pr USING (bucket, profile_id) WHERE pr.user_id = %(user)s"""
MESSAGE = """SELECT m.state || coalesce(':' || m.reason, '')
    FROM parcours.message m JOIN parcours.profile pr USING (bucket, profile_id) WHERE pr.user_id = %(user)s"""
NEXT: Document = {"rest": {"wait_for": [{"event": "Never", "next": "end"}]}, "end": {"end": {}}}


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Installation]:
    async with installed(database_url, "one") as installation:
        await installation.feed(*people("u", range(20)))
        yield installation


def steps(**more: Any) -> Document:
    return {"mail": email(**more), **NEXT}


async def send(here: Installation, document: Document, *users: str) -> None:
    await here.publish(document)
    await here.feed(*(line("track", user, "Go") for user in users))


async def ended(here: Installation, user: str, message: str, person: str) -> None:
    await here.until(MESSAGE, message, user=user)
    await here.until(PERSON, person, user=user)


async def test_a_mail_that_is_taken_moves_its_person_on(here: Installation) -> None:
    await send(here, journey(steps(), "j"), "u1")
    await ended(here, "u1", "sent", "active rest")


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
async def test_a_temporary_refusal_is_tried_later(here: Installation, stage: str) -> None:
    here.sink.replies[stage] = "450 later"
    await send(here, journey(steps(), "j"), "u1")
    await here.until("SELECT max(attempts) FROM parcours.message", 1)
    rows = await here.rows(
        "SELECT state, due_at - settled_at >= '59 seconds', detail LIKE '%%450%%' FROM parcours.message"
    )
    assert rows == [("queued", True, True)]
    assert await here.one(PERSON, user="u1") == "active mail"
    here.sink.replies.clear()
    # The minute is over.
    await here.rows("UPDATE parcours.message SET due_at = clock_timestamp() RETURNING 1")
    await here.command("j", "close")  # a command makes workers ask everywhere again
    await ended(here, "u1", "sent", "active rest")
    assert len(here.sink.arrivals) == 1


async def test_the_fifth_failure_is_the_last(here: Installation) -> None:
    here.sink.replies["rcpt"] = "450 later"
    await send(here, journey(steps(), "j"), "u1")
    for number in range(1, 5):
        await here.until("SELECT max(attempts) FROM parcours.message WHERE state = 'queued'", number)
        await here.rows("UPDATE parcours.message SET due_at = clock_timestamp() RETURNING 1")
        await here.feed(line("track", "u1", "Go"))
    await ended(here, "u1", "rejected:send_failed", "dropped_out:send_failed mail")
    assert here.sink.arrivals == []


@pytest.mark.parametrize(
    ("on_error", "person"),
    [(None, "dropped_out:send_failed mail"), ("next", "active rest"), ("drop_out", "dropped_out:send_failed mail"),
     ("end", "completed end")],
)  # fmt: skip
async def test_a_final_refusal_takes_the_way_of_an_error(
    here: Installation, on_error: str | None, person: str
) -> None:
    here.sink.replies["rcpt:u1@"] = "550 unknown"
    await send(here, journey(steps(**({"on_error": on_error} if on_error else {})), "j"), "u1", "u2")
    await ended(here, "u1", "rejected:send_failed", person)
    await ended(here, "u2", "sent", "active rest")


async def test_an_answer_that_no_database_can_keep_is_settled_too(here: Installation) -> None:
    here.sink.replies["rcpt:u1@"] = "550 un\0known"
    await send(here, journey(steps(), "j"), "u1", "u2")
    await ended(here, "u1", "rejected:send_failed", "dropped_out:send_failed mail")
    await ended(here, "u2", "sent", "active rest")
    assert await here.one("SELECT detail FROM parcours.message WHERE state = 'rejected'") == "550 unknown"


async def test_a_mail_whose_fate_is_unknown_goes_on_as_sent(here: Installation) -> None:
    here.sink.replies["dot:u1@"] = "drop"
    await send(here, journey(steps(), "j"), "u1", "u2")
    await ended(here, "u1", "uncertain", "active rest")
    await ended(here, "u2", "sent", "active rest")
    assert sorted(arrival.recipient for arrival in here.sink.arrivals) == ["u1@example.com", "u2@example.com"]


async def test_a_server_that_is_silent_behind_the_dot_leaves_it_uncertain(database_url: str) -> None:
    async with installed(database_url, "one", answer_within=0.5) as here:
        await here.feed(*people("u", range(3)))
        here.sink.replies["dot:u1@"] = "hang"
        await send(here, journey(steps(), "j"), "u1", "u2")
        await ended(here, "u1", "uncertain", "active rest")
        await ended(here, "u2", "sent", "active rest")


async def test_a_template_that_fails_for_one_person_drops_that_one_out(here: Installation) -> None:
    failing = "{{ 10 | divided_by: profile.n }}"
    await here.feed(*(line("identify", f"u{n}", n=n) for n in range(5)))
    await send(here, journey(steps(text=failing, on_error="next"), "j"), *(f"u{n}" for n in range(5)))
    await ended(here, "u0", "rejected:step_failed", "dropped_out:step_failed mail")
    for number in range(1, 5):
        await ended(here, f"u{number}", "sent", "active rest")
    detail = await here.one("SELECT detail FROM parcours.message WHERE state = 'rejected'")
    assert "divi" in detail.lower() or "zero" in detail.lower()
    seen = await here.one("SELECT seen ->> 'detail' FROM parcours.passage WHERE reason = 'step_failed'")
    assert seen == detail


@pytest.mark.parametrize("address", [None, "", "no address", 7, "a@b@c"])
async def test_whoever_has_no_address_is_skipped(here: Installation, address: Any) -> None:
    await here.feed(line("identify", "u1", email=address))
    await send(here, journey(steps(), "j"), "u1", "u2")
    await ended(here, "u1", "skipped:no_address", "active rest")
    await ended(here, "u2", "sent", "active rest")
    assert [arrival.recipient for arrival in here.sink.arrivals] == ["u2@example.com"]


@pytest.mark.parametrize(
    ("on_skip", "person"),
    [("next", "active rest"), ("drop_out", "dropped_out:no_address mail"), ("end", "completed end")],
)
@pytest.mark.parametrize("place", ["step", "journey"])
async def test_a_skip_takes_its_way(here: Installation, on_skip: str, person: str, place: str) -> None:
    await here.feed(line("identify", "u1", email=None))
    if place == "step":
        document = journey(steps(on_skip=on_skip), "j")
    else:
        document = journey(steps(), "j", email={"on_skip": on_skip})
    await send(here, document, "u1")
    await ended(here, "u1", "skipped:no_address", person)


async def test_a_queued_mail_of_somebody_who_left_is_cancelled(here: Installation) -> None:
    here.sink.replies["rcpt"] = "450 later"
    await send(here, journey(steps(), "j", exit=[{"event": "Bye"}]), "u1")
    await here.until("SELECT max(attempts) FROM parcours.message", 1)
    await here.feed(line("track", "u1", "Bye"))
    await here.until(PERSON, "dropped_out:exit_rule mail", user="u1")
    here.sink.replies.clear()
    await here.rows("UPDATE parcours.message SET due_at = clock_timestamp() RETURNING 1")
    await here.feed(line("track", "u2", "Go"))  # makes work
    await here.until("SELECT count(*) FROM parcours.message WHERE state = 'sent'", 1)
    await here.command("j", "close")
    await here.until(MESSAGE, "cancelled:left", user="u1")
    assert [arrival.recipient for arrival in here.sink.arrivals] == ["u2@example.com"]


async def test_a_stop_cancels_what_is_queued(here: Installation) -> None:
    here.sink.replies["rcpt"] = "450 later"
    await send(here, journey(steps(), "j"), "u1")
    await here.until("SELECT max(attempts) FROM parcours.message", 1)
    await here.command("j", "stop")
    await ended(here, "u1", "cancelled:stop", "cancelled:journey_stopped mail")


async def test_a_hand_over_that_comes_too_late_leaves_the_mail_untouched(database_url: str) -> None:
    """One connection that answers slowly: behind it, time runs out before a hand-over can begin."""
    async with installed(database_url) as here:
        here.sink.delays["connect"] = 2.5
        await here.start("one")
        await here.feed(*people("u", range(4)))
        await send(here, journey(steps(), "j"), "u1")
        await here.until("SELECT count(*) FROM parcours.message WHERE state = 'claimed'", 1)
        await here.until(
            """SELECT count(*) FROM parcours.message WHERE state = 'queued' AND attempts = 0
            AND claimed_at IS NULL AND handed_at IS NULL AND detail IS NULL""",
            1,
        )
        assert await here.one(PERSON, user="u1") == "active mail"
        assert sink_is_untouched(here.sink)
        here.sink.delays.clear()
        await ended(here, "u1", "sent", "active rest")
        assert len(here.sink.arrivals) == 1


def sink_is_untouched(sink: RecordingSink) -> bool:
    return sink.counters.messages == 0


async def test_what_waits_behind_connections_that_hang_is_put_back_in_time(database_url: str) -> None:
    """Four mails hang behind their final dot; the others go back within the two seconds of a claim."""
    async with installed(database_url, "one", answer_within=30.0) as here:
        await here.feed(*people("u", range(20)))
        here.sink.replies["dot"] = "hang"
        await send(here, journey(steps(), "j"), *(f"u{n}" for n in range(20)))
        settled = here.workers["one"].log.of
        await eventually(
            lambda: sum(e.n for e in settled(MessageSettled) if e.outcome == "queued") >= 16, within=10.0
        )
        assert {e.outcome for e in settled(MessageSettled)} == {"queued"}
        assert await here.one("SELECT sum(attempts) FROM parcours.message") == 0
        here.sink.replies.clear()
        here.sink.cut()
        await here.until("SELECT count(*) FROM parcours.message WHERE state = 'uncertain'", 4)
        await here.until("SELECT count(*) FROM parcours.message WHERE state = 'sent'", 16)
        assert len({arrival.recipient for arrival in here.sink.arrivals}) == len(here.sink.arrivals) == 16


async def test_ledgers_balance_whatever_becomes_of_mails(here: Installation) -> None:
    here.sink.replies |= {"rcpt:u1": "550 no", "dot:u2": "drop", "rcpt:u3": "450 later"}
    await here.feed(line("identify", "u4", email=None))
    await send(here, journey(steps(), "j"), *(f"u{n}" for n in range(20)))
    await here.until("SELECT count(*) FROM parcours.participant", 20)
    await here.until(
        "SELECT count(*) FROM parcours.message WHERE state IN ('queued', 'claimed') AND attempts = 0", 0
    )
    await here.until(
        "SELECT count(*) FROM parcours.participant WHERE step = 'mail' AND finished_at IS NULL", 1
    )
    (ledger,) = await here.ledgers()
    assert ledger.balances
    assert (ledger.entered, ledger.active, ledger.dropped_out) == (20, 9, 11)
    assert ledger.reasons == {"send_failed": 11}
