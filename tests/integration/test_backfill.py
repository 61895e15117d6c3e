"""Backfill beside a running worker: in sets, each person once, with the event that it is suggested by."""

from __future__ import annotations

import json
from datetime import timedelta

from parcours.domain.timing import format_instant
from parcours.engine.unit import Limits
from parcours.service.intake.feed import parse_line
from parcours.service.intake.taking import take
from support.postgres import BUCKETS
from support.runner import journey
from support.worker import Document, Installation, installed, line, people

WAITING: Document = {"rest": {"wait": {"for": "1d"}}}
EVENT = "SELECT count(*) FROM parcours.participant WHERE event ->> 'n' = '2' AND step = 'rest'"


async def imported(here: Installation, user: str, days: int, n: int) -> None:
    """Import an event of some days ago as history."""
    at = format_instant(here.clock.now() - timedelta(days=days))
    document = {"type": "track", "userId": user, "event": "Go", "timestamp": at, "properties": {"n": n}}
    text = json.dumps(document)
    async with here.database.transaction() as connection:
        await take(connection, [parse_line(text.encode(), "line 1", 1)], buckets=BUCKETS,
                   received_at=here.clock.now(), mode="history")  # fmt: skip


async def test_everybody_of_the_last_days_comes_once_however_small_the_sets(database_url: str) -> None:
    async with installed(database_url) as here:
        await here.start("one", limits=Limits(people=2))
        await here.feed(*people("u", range(40)), *people("old", range(3)))
        for number in range(40):
            await imported(here, f"u{number}", 5, 1)
            await imported(here, f"u{number}", 3, 2)
        for number in range(3):
            await imported(here, f"old{number}", 8, 1)
        await here.apply(journey(WAITING, "j", reentry={"mode": "once"}))
        would = (await here.command("j", "publish", options={"backfill": "7d"}, dry_run=True)).result
        assert would.counts["backfill"] == 40
        assert await here.one("SELECT count(*) FROM parcours.run") == 0
        result = (await here.command("j", "publish", options={"backfill": "7d"})).result
        assert (result.refused, result.counts["backfill"]) == (None, 40)
        # A worker goes and another one comes in the middle of it.
        await here.until("SELECT count(*) > 3 FROM parcours.participant")
        await here.workers["one"].end()
        await here.start("two", limits=Limits(people=3))
        await here.until(EVENT, 40)
        await here.until("SELECT done_at IS NOT NULL FROM parcours.run")
        assert await here.one("SELECT count(*) FROM parcours.participant") == 40
        assert await here.one("SELECT count(*) FROM parcours.refusal") == 0
        (ledger,) = await here.ledgers()
        assert (ledger.entered, ledger.balances) == (40, True)
        # From then on the trigger counts as always.
        await here.feed(line("track", "old1", "Go", n=3))
        await here.until("SELECT count(*) FROM parcours.participant", 41)
