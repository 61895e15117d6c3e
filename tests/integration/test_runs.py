"""Scheduled runs beside running workers: everybody is suggested once, whoever dies meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from parcours.engine.unit import Limits
from support.postgres import BUCKETS
from support.runner import journey
from support.worker import Document, Installation, installed
from support.worker_process import process

PEOPLE = 12_000
WAITING: Document = {"rest": {"wait_for": [{"event": "On", "next": "end"}]}, "end": {"end": {}}}
ADMITTED = "SELECT count(*) FROM parcours.participant"
# Buckets of the process that was killed, in which the run has not come to everybody.
LEFT_OPEN = """SELECT count(*) FROM parcours.fence f JOIN parcours.lease l USING (bucket)
    WHERE l.holder = 'doomed' AND f.runs <> '[]'"""
MAKE_PEOPLE = """INSERT INTO parcours.profile (bucket, profile_id, user_id, attributes, created_at, updated_at)
    SELECT parcours.bucket_of(parcours.profile_id('u' || n), %(buckets)s), parcours.profile_id('u' || n), 'u' || n,
        jsonb_build_object('even', n %% 2 = 0), clock_timestamp(), clock_timestamp()
    FROM generate_series(1, %(people)s) n RETURNING 1"""


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Installation]:
    async with installed(database_url) as installation:
        await installation.rows(MAKE_PEOPLE, people=PEOPLE, buckets=BUCKETS)
        await installation.rows(
            """INSERT INTO parcours.audience (audience_key, definition, created_at) VALUES
            ('even', '{"audience": "even", "where": {"field": "profile.even", "is": true}}', clock_timestamp()),
            ('all', '{"audience": "all", "where": {"all": []}}', clock_timestamp()) RETURNING 1"""
        )
        yield installation


def running(schedule: object, audience: str = "even", **more: object) -> Document:
    return journey(WAITING, "j", triggers=[{"audience": audience, "schedule": schedule}], **more)


async def test_a_run_suggests_those_who_match(here: Installation) -> None:
    await here.start("one")
    await here.publish(running("now"))
    await here.until(ADMITTED, PEOPLE // 2)
    await here.until("SELECT count(*) FROM parcours.run WHERE done_at IS NOT NULL", 1)
    assert await here.one("SELECT count(*) FROM parcours.participant p JOIN parcours.profile pr USING (bucket, profile_id)"
                          " WHERE pr.attributes -> 'even' = 'true'") == PEOPLE // 2  # fmt: skip
    (ledger,) = await here.ledgers()
    assert ledger.balances, ledger.mismatches
    assert await here.one("SELECT count(*) FROM parcours.audit WHERE command = 'run'") == 1


async def test_a_run_is_finished_by_whoever_is_left(here: Installation) -> None:
    """One process is killed amid the run, the other one goes on from where each bucket stands."""
    async with process(here, "doomed") as doomed:
        await here.start("left", limits=Limits(people=20, rows=20))
        await here.until("SELECT count(*) FROM parcours.lease WHERE holder = 'doomed'", BUCKETS // 2)
        await here.publish(running("now", "all"))
        await here.until(
            "SELECT count(*) > 0 FROM parcours.participant p JOIN parcours.lease l USING (bucket)"
            " WHERE l.holder = 'doomed'"
        )
        doomed.kill()
        await doomed.wait()
    assert await here.one(LEFT_OPEN) > 0, "the run was over before the kill"
    await here.until(ADMITTED, PEOPLE, within=60)
    await here.until("SELECT count(*) FROM parcours.run WHERE done_at IS NOT NULL", 1)
    assert await here.one("SELECT count(DISTINCT profile_id) FROM parcours.participant") == PEOPLE
    assert await here.one("SELECT count(*) FROM parcours.refusal") == 0
    (ledger,) = await here.ledgers()
    assert (ledger.entered, ledger.active) == (PEOPLE, PEOPLE)
    assert ledger.balances, ledger.mismatches


async def test_missed_occurrences_run_once_for_the_newest(here: Installation) -> None:
    await here.publish(running("* * * * *"))
    # Nobody worked for ten minutes, ten occurrences long.
    await here.rows("UPDATE parcours.schedule SET next_at = next_at - interval '10 min' RETURNING 1")
    await here.start("one")
    await here.until(ADMITTED, PEOPLE // 2)
    runs = await here.rows(
        "SELECT occurrence > clock_timestamp() - interval '75 s' FROM parcours.run WHERE begun_at IS NOT NULL"
    )
    assert runs[0] == (True,)
    assert len(runs) <= 2, "one for the past, and perhaps the one that comes on the minute"


async def test_a_close_amid_a_run_ends_it(here: Installation) -> None:
    await here.start("one", limits=Limits(people=10, rows=10))
    await here.publish(running("now", "all"))
    await here.until("SELECT count(*) > 50 FROM parcours.participant")
    await here.command("j", "close")
    admitted = await here.one(ADMITTED)
    assert admitted < PEOPLE
    await here.until("SELECT count(*) FROM parcours.fence WHERE runs <> '[]'", 0)
    await here.until("SELECT count(*) FROM parcours.inbox", 0)
    assert await here.one(ADMITTED) == admitted
    assert await here.one("SELECT count(*) FROM parcours.refusal") == 0


async def test_a_recurring_run_counts_people_inside_in_silence(here: Installation) -> None:
    await here.start("one")
    await here.publish(running("0 0 1 1 *"))
    for times in (1, 2):
        await here.rows("UPDATE parcours.schedule SET next_at = clock_timestamp() RETURNING 1")
        await here.until("SELECT count(*) FROM parcours.run WHERE done_at IS NOT NULL", times)
        await here.until("SELECT count(*) FROM parcours.inbox", 0)
    await here.until(
        "SELECT coalesce(sum(n), 0)::integer FROM parcours.counter WHERE kind = 'refused'", PEOPLE // 2
    )
    assert await here.one("SELECT count(*) FROM parcours.refusal") == 0
    assert await here.one(ADMITTED) == PEOPLE // 2
