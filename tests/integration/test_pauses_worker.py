"""Pause choices beside two real workers: hold, discard, the end by itself, the pace behind a resume."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from parcours.clock import SystemClock
from parcours.domain.timing import format_instant
from parcours.engine.catch_up import set_people_free
from parcours.engine.unit import Limits, Unit
from parcours.engine.versions import Versions
from parcours.service.explaining.why import read_why
from parcours.service.watch.gauges import read_load
from parcours.service.watch.upcoming import what_happens_next
from support.postgres import BUCKETS
from support.runner import email, journey
from support.worker import Installation, eventually, installed, line, people

NUMBER = 40
HEARS: dict[str, Any] = {
    "rest": {"wait_for": [{"event": "On", "next": "mail"}]}, "mail": email("Hello"), "end": {"end": {}}
}  # fmt: skip
AT = "SELECT count(*) FROM parcours.participant WHERE finished_at IS NULL AND step = %(step)s"
ENDED = "SELECT count(*) FROM parcours.participant WHERE status = 'completed'"
STATUS = "SELECT status FROM parcours.version WHERE version_no = 1"
LIMITS = Limits(task_people=3)


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Installation]:
    async with installed(database_url) as installation:
        await installation.start("one", limits=LIMITS)
        await installation.start("two", limits=LIMITS)
        await installation.feed(*people("u", range(NUMBER)))
        await installation.publish(journey(HEARS, "j"))
        await installation.feed(*(line("track", f"u{n}", "Go") for n in range(NUMBER)))
        await installation.until("SELECT count(*) FROM parcours.participant WHERE step = 'rest'", NUMBER)
        yield installation


async def balances(here: Installation) -> None:
    (ledger,) = await here.ledgers()
    assert ledger.balances, ledger.mismatches


async def test_hold_lets_people_come_to_the_message_and_no_further(here: Installation) -> None:
    await here.command("j", "pause", options={"inside": "hold"})
    await here.feed(*(line("track", f"u{n}", "On") for n in range(NUMBER)))
    await here.until("SELECT count(*) FROM parcours.participant WHERE step = 'mail'", NUMBER)
    await here.feed(*people("v", range(3)))
    await here.feed(*(line("track", f"v{n}", "Go") for n in range(3)))
    await here.until("SELECT count(*) FROM parcours.participant WHERE step IS NULL", 3)
    assert here.sink.arrivals == []
    await here.command("j", "resume")
    await here.until(ENDED, NUMBER)
    await here.until("SELECT count(*) FROM parcours.participant WHERE step = 'rest'", 3)
    assert len(here.sink.arrivals) == NUMBER
    await balances(here)


async def test_discard_drops_people_out_at_the_message(here: Installation) -> None:
    await here.command("j", "pause", options={"inside": "discard"})
    await here.feed(*(line("track", f"u{n}", "On") for n in range(NUMBER)))
    dropped = "SELECT count(*) FROM parcours.participant WHERE reason = 'pause_discard'"
    await here.until(dropped, NUMBER)
    assert await here.one("SELECT count(*) FROM parcours.message WHERE state = 'skipped'") == NUMBER
    assert here.sink.arrivals == []
    await balances(here)


@pytest.mark.parametrize(
    ("then", "status", "ended"),
    [("resume", "live", NUMBER), ("close", "finished", NUMBER), ("stop", "stopped", 0)],
)
async def test_a_pause_ends_by_itself(here: Installation, then: str, status: str, ended: int) -> None:
    until = format_instant(SystemClock().now() + timedelta(seconds=2))
    await here.command("j", "pause", options={"until": until, "then": then})
    await here.feed(*(line("track", f"u{n}", "On") for n in range(NUMBER)))
    await here.until("SELECT count(*) FROM parcours.pending", 0)
    await here.until(STATUS, status)
    await here.until("SELECT count(*) FROM parcours.participant WHERE finished_at IS NULL", 0)
    assert await here.one(ENDED) == ended
    assert len(here.sink.arrivals) == ended
    early = "SELECT count(*) FROM parcours.passage WHERE from_step = 'rest' AND at < %(until)s::timestamptz"
    assert await here.one(early, until=until) == 0
    by_itself = "SELECT command FROM parcours.audit WHERE actor = 'engine' AND from_status = 'paused'"
    assert await here.one(by_itself) == then
    await balances(here)


async def test_catch_up_keeps_pace_and_order_over_all_buckets(here: Installation) -> None:
    """The events were kept in the order of the numbers; so people go, one each twentieth of a second."""
    await here.command("j", "pause", options={"catch_up": 20})
    for n in range(NUMBER):
        await here.feed(line("track", f"u{n}", "On"))
    await here.until("SELECT count(*) FROM parcours.kept", NUMBER)
    resumed = SystemClock().now()
    await here.command("j", "resume")
    await here.until(ENDED, NUMBER)
    assert await here.one("SELECT count(*) FROM parcours.waiting") == 0
    await here.until("SELECT count(*) FROM parcours.catch_up", 0)
    turns = """
        SELECT array_agg(m.at ORDER BY substr(p.user_id, 2)::integer)
        FROM parcours.passage m JOIN parcours.profile p USING (bucket, profile_id) WHERE m.from_step = 'rest'
    """
    went = await here.one(turns)
    # A busy machine makes people late, and nothing makes them early.
    early = [n for n, at in enumerate(went) if at < resumed + timedelta(seconds=n / 20 - 0.5)]
    assert early == []
    await balances(here)


async def test_messages_wait_for_their_turn_and_hold_up_nobody(here: Installation) -> None:
    """Until it, a message has no instant at which it is due; whoever asks for the next one finds the others."""
    await here.command("j", "pause", options={"inside": "hold"})
    await here.feed(*(line("track", f"u{n}", "On") for n in range(NUMBER)))
    await here.until("SELECT count(*) FROM parcours.participant WHERE step = 'mail'", NUMBER)
    await here.command("j", "pause", options={"inside": "hold", "catch_up": 10})
    await here.command("j", "resume")
    await here.until(
        "SELECT count(*) > 0 FROM parcours.message WHERE state = 'queued' AND due_at = 'infinity'"
    )
    async with here.database.transaction() as connection:
        await what_happens_next(connection, "j", SystemClock().now())
    async with here.database.transaction() as connection:
        await read_why(connection, f"u{NUMBER - 1}", "j", buckets=BUCKETS, now=SystemClock().now())
    async with here.database.transaction() as connection:
        await read_load(connection, SystemClock().now())
    await here.until(ENDED, NUMBER)
    assert len(here.sink.arrivals) == NUMBER
    assert [trouble for one in here.workers.values() for trouble in one.log.troubles] == []
    await balances(here)


async def test_a_pause_amid_a_catch_up_loses_nobody(here: Installation) -> None:
    await here.command("j", "pause", options={"catch_up": 10})
    await here.feed(*(line("track", f"u{n}", "On") for n in range(NUMBER)))
    await here.until("SELECT count(*) FROM parcours.kept", NUMBER)
    await here.command("j", "resume")
    await eventually(lambda: some_ended(here))
    await here.command("j", "pause")
    gone = await here.one(ENDED)
    assert 0 < gone < NUMBER
    await here.command("j", "resume")
    await here.until(ENDED, NUMBER)
    assert len(here.sink.arrivals) == NUMBER
    assert await here.one("SELECT count(*) FROM parcours.waiting") == 0
    await balances(here)


async def test_a_pause_that_overtakes_the_turns_loses_nobody(here: Installation) -> None:
    """Everybody's turn has come, and a pause comes before a unit sees it: the next resume sets them free."""
    await here.command("j", "pause", options={"catch_up": 1000})
    await here.feed(*(line("track", f"u{n}", "On") for n in range(NUMBER)))
    await here.until("SELECT count(*) FROM parcours.kept", NUMBER)
    for one in here.workers.values():
        await one.end()
    resumed = await here.command("j", "resume")
    version_id = await here.one("SELECT version_id FROM parcours.version")
    journey_id = await here.one("SELECT journey_id FROM parcours.journey")
    versions = Versions()
    for bucket in range(BUCKETS):
        async with here.database.transaction() as connection:
            await Unit(connection, versions, bucket, journey_id, resumed.at, resumed.at).run()
    freed = []
    for turn in (0.5, 0.6):
        async with here.database.transaction() as connection:
            passed = await set_people_free(connection, version_id, resumed.at + timedelta(seconds=turn))
        freed.append(passed.people)
    assert freed == [NUMBER, 0]
    await here.command("j", "pause", wait=False)
    await here.start("three", limits=LIMITS)
    await here.until(
        "SELECT (SELECT count(*) FROM parcours.pending) + (SELECT count(*) FROM parcours.inbox)", 0
    )
    assert await here.one(ENDED) == 0
    await here.command("j", "resume")
    await here.until(ENDED, NUMBER)
    assert len(here.sink.arrivals) == NUMBER
    assert await here.one("SELECT count(*) FROM parcours.waiting") == 0
    await here.until("SELECT count(*) FROM parcours.catch_up", 0)
    await balances(here)


async def some_ended(here: Installation) -> bool:
    return int(await here.one(ENDED)) > 3
