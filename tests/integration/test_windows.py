"""A worker and the clock on the wall: what waits for its window, and what has become too old."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from parcours.domain.timing import WEEKDAYS
from support.runner import email, journey
from support.worker import Document, Installation, installed, line, people

DUE = "SELECT state, due_at > clock_timestamp() + interval '1 day', extract(isodow FROM due_at)::int FROM parcours.message"
STATE = "SELECT state || coalesce(':' || reason, '') FROM parcours.message"
NEXT: Document = {"rest": {"wait_for": [{"event": "Never", "next": "end"}]}, "end": {"end": {}}}


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Installation]:
    async with installed(database_url, "one") as installation:
        await installation.feed(*people("u", range(2)))
        yield installation


async def make_due(here: Installation, queued: str) -> None:
    """Let the message be due now, as if the engine came late; a command makes workers ask everywhere again."""
    await here.rows(
        "UPDATE parcours.message SET due_at = clock_timestamp(), queued_at = clock_timestamp() - %(ago)s::interval"
        " RETURNING 1",
        ago=queued,
    )
    await here.command("j", "pause")
    await here.command("j", "resume")


async def test_whoever_is_late_waits_for_the_next_opening(here: Installation) -> None:
    day = here.clock.now() + timedelta(days=3)
    window = {"days": [WEEKDAYS[day.weekday()]], "from": "08:00", "to": "18:00"}
    await here.publish({**journey({"mail": email(), **NEXT}, "j"), "window": window})
    await here.feed(line("track", "u1", "Go"))
    await here.until(STATE, "queued")
    assert await here.rows(DUE) == [("queued", True, day.isoweekday())]
    await make_due(here, "1 hour")
    await here.until("SELECT due_at > clock_timestamp() FROM parcours.message")
    assert await here.rows(DUE) == [("queued", True, day.isoweekday())]
    assert here.sink.arrivals == []


async def test_what_is_too_old_is_not_sent(here: Installation) -> None:
    here.sink.replies["data"] = "450 later"
    await here.publish(journey({"mail": email(expires="1h"), **NEXT}, "j"))
    await here.feed(line("track", "u1", "Go"))
    await here.until("SELECT max(attempts) FROM parcours.message", 1)
    here.sink.replies.clear()
    await make_due(here, "61 minutes")
    await here.until(STATE, "skipped:expired")
    await here.until("SELECT step FROM parcours.participant", "rest")
    assert here.sink.arrivals == []
