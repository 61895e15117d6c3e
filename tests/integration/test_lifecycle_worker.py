"""The life of versions beside a running worker: what is written down behind a command, and what happens by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from parcours.engine.unit import Limits
from support.runner import journey
from support.worker import Document, Installation, installed, line, people

WAITING: Document = {"rest": {"wait_for": [{"event": "On", "next": "end"}]}, "end": {"end": {}}}
INSIDE = "SELECT count(*) FROM parcours.participant WHERE finished_at IS NULL AND step = 'rest'"
STATUS = "SELECT status FROM parcours.version WHERE version_no = 1"


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Installation]:
    async with installed(database_url, "one") as installation:
        await installation.feed(*people("u", range(10)))
        yield installation


async def go(here: Installation) -> None:
    await here.feed(*(line("track", f"u{n}", "Go") for n in range(10)))


async def test_the_ledger_balances_behind_a_stop(here: Installation) -> None:
    await here.publish(journey(WAITING, "j"))
    await go(here)
    await here.until(INSIDE, 10)
    await here.command("j", "stop")
    await here.until("SELECT count(*) FROM parcours.participant WHERE status = 'cancelled'", 10)
    await here.until("SELECT settling IS NULL FROM parcours.version")
    (ledger,) = await here.ledgers()
    assert (ledger.entered, ledger.cancelled, ledger.active) == (10, 10, 0)
    assert ledger.balances, ledger.mismatches


async def test_a_closed_version_finishes_when_the_last_one_leaves(here: Installation) -> None:
    await here.publish(journey(WAITING, "j"))
    await go(here)
    await here.until(INSIDE, 10)
    await here.command("j", "close")
    await here.feed(*(line("track", f"u{n}", "On") for n in range(9)))
    await here.until(INSIDE, 1)
    assert await here.one(STATUS) == "closed"
    await here.feed(line("track", "u9", "On"))
    await here.until(STATUS, "finished")
    (ledger,) = await here.ledgers()
    assert ledger.balances, ledger.mismatches


async def test_queued_people_are_let_in_at_the_start_date(here: Installation) -> None:
    start = await here.one(
        "SELECT to_char(clock_timestamp() + interval '2 s', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    )
    await here.publish(journey(WAITING, "j", start=start))
    await go(here)
    await here.until("SELECT count(*) FROM parcours.participant", 10)
    early = "SELECT count(*) FROM parcours.passage WHERE path <> '{}' AND at < %(start)s::timestamptz"
    await here.until(INSIDE, 10)
    assert await here.one(early, start=start) == 0


@pytest.mark.parametrize(("at_end", "status", "inside"), [("close", "closed", 10), ("stop", "stopped", 0)])
async def test_the_end_date_acts_by_itself(here: Installation, at_end: str, status: str, inside: int) -> None:
    end = await here.one(
        "SELECT to_char(clock_timestamp() + interval '2 s', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    )
    await here.publish(journey(WAITING, "j", end=end, at_end=at_end))
    await go(here)
    await here.until(STATUS, status)
    await here.until("SELECT count(*) FROM parcours.participant WHERE finished_at IS NULL", inside)
    await here.feed(*people("late", range(2)), line("track", "late1", "Go"))
    await here.until("SELECT count(*) FROM parcours.pending", 0)
    assert await here.one("SELECT count(*) FROM parcours.participant") == 10


async def test_a_sweep_of_many_parts_goes_on_by_itself(database_url: str) -> None:
    """A unit does a part of the task; nothing but the unit itself says that there is more."""
    async with installed(database_url) as here:
        await here.start("one", limits=Limits(task_people=2))
        await here.feed(*people("u", range(100)))
        await here.publish(journey(WAITING, "j"))
        await here.feed(*(line("track", f"u{n}", "Go") for n in range(100)))
        await here.until("SELECT count(*) FROM parcours.participant", 100)
        await here.command("j", "stop")
        await here.until("SELECT count(*) FROM parcours.participant WHERE status = 'cancelled'", 100)
