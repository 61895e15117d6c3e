"""The gate beside two running workers: a cap is exact, a rate is kept, the oldest go first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from parcours.engine.gate import CATCH_UP
from support.postgres import BUCKETS
from support.runner import journey
from support.worker import Document, Installation, installed

PEOPLE = 600
WAITING: Document = {"rest": {"wait": {"for": "30d"}}}
ADMITTED = "SELECT count(*) FROM parcours.participant"
REFUSED = "SELECT count(*) FROM parcours.refusal WHERE reason = 'entry_cap'"
AT_THE_GATE = "SELECT count(*) FROM parcours.eligible"
SUGGEST = """WITH made AS (
        INSERT INTO parcours.profile (bucket, profile_id, user_id, created_at, updated_at)
        SELECT parcours.bucket_of(parcours.profile_id('u' || n), %(buckets)s), parcours.profile_id('u' || n), 'u' || n,
            clock_timestamp(), clock_timestamp()
        FROM generate_series(1, %(people)s) n RETURNING bucket, profile_id, user_id)
    INSERT INTO parcours.pending (bucket, profile_id, happened_at, feed_no, kind, name, arrived_at)
    SELECT bucket, profile_id, %(at)s::timestamptz + substr(user_id, 2)::integer * interval '1 us', 1, 'add', 'j', %(at)s
    FROM made RETURNING 1"""
ENTERED = """SELECT substr(pr.user_id, 2)::integer, p.entered_at FROM parcours.participant p
    JOIN parcours.profile pr USING (bucket, profile_id) ORDER BY 2, 1"""


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Installation]:
    async with installed(database_url) as installation:
        yield installation


async def suggest(here: Installation, **limits: object) -> None:
    await here.start("one")
    await here.start("two")
    await here.until("SELECT count(DISTINCT holder) FROM parcours.lease", 2)
    await here.publish(journey(WAITING, "j", triggers=[{"manual": True}], **limits))
    at = await here.one("SELECT clock_timestamp() - interval '1 minute'")
    await here.rows(SUGGEST, people=PEOPLE, buckets=BUCKETS, at=at)


async def test_a_cap_is_exact_over_all_buckets(here: Installation) -> None:
    await suggest(here, cap=250)
    await here.until(REFUSED, PEOPLE - 250)
    assert await here.one(ADMITTED) == 250
    assert await here.one(AT_THE_GATE) == 0
    (ledger,) = await here.ledgers()
    assert ledger.balances, ledger.mismatches


async def test_a_rate_is_kept(here: Installation) -> None:
    """Never more within a while than the rate and what may be made up; and all of them in the end."""
    await suggest(here, rate="200/s")
    await here.until(ADMITTED, PEOPLE)
    entered = [at for _, at in await here.rows(ENTERED)]
    for first in range(0, PEOPLE, 20):
        for last in range(first, PEOPLE, 20):
            allowed = (
                entered[last] - entered[first] + CATCH_UP + timedelta(seconds=0.5)
            ).total_seconds() * 200
            assert last - first <= allowed
    assert entered[-1] - entered[0] > timedelta(seconds=PEOPLE / 200 - 1.5)
    assert await here.one(AT_THE_GATE) == 0


async def test_a_new_version_without_limits_lets_everybody_in(here: Installation) -> None:
    await suggest(here, rate="1/d")
    await here.until(ADMITTED, 1)
    await here.until(AT_THE_GATE, PEOPLE - 1)
    await here.publish(journey(WAITING, "j", triggers=[{"manual": True}]))
    await here.until(ADMITTED, PEOPLE)


async def test_stopping_refuses_who_waits(here: Installation) -> None:
    await suggest(here, rate="1/d")
    await here.until(ADMITTED, 1)  # who was let through and is not inside yet would be refused, too
    await here.until(AT_THE_GATE, PEOPLE - 1)
    await here.command("j", "stop")
    await here.until("SELECT count(*) FROM parcours.refusal WHERE reason = 'journey_stopped'", PEOPLE - 1)
    assert await here.one(AT_THE_GATE) == 0
