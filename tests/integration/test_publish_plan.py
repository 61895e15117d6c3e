"""The publish plan with people inside: who stays, who becomes due when, pauses that move deadlines, people of before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from parcours.service.commands.answering import Order
from parcours.service.commands.publish_plan import PublishPlan, publish_plan
from support.postgres import BUCKETS
from support.runner import journey
from support.worker import Document, Installation, installed, line

FIRST: Document = {
    "rest": {"wait": {"for": "2h"}}, "ask": {"wait_for": [{"event": "Order", "next": "end"}]},
    "old": {"wait": {"for": "2h"}}, "end": {"end": {}},
}  # fmt: skip
NEXT: Document = {step: FIRST[step] for step in ("rest", "ask", "end")}
INSIDE = """
    WITH new AS (
        INSERT INTO parcours.profile (bucket, profile_id, user_id, attributes, created_at, updated_at)
        SELECT parcours.bucket_of(k.id, %(buckets)s::integer), k.id, %(who)s || i, '{}', %(at)s, %(at)s
        FROM generate_series(1, %(n)s::integer) i
        CROSS JOIN LATERAL (SELECT parcours.profile_id(%(who)s || i) AS id OFFSET 0) k RETURNING bucket, profile_id)
    INSERT INTO parcours.participant (bucket, journey_id, profile_id, entry_no, version_id, status, step, seq, entered_at,
        entered_step_at, cause_at, cause_no, since_at, since_no, wake_at)
    SELECT p.bucket, v.journey_id, p.profile_id, 1, v.version_id, 'active', %(step)s, 1, t.at, t.at, t.at, 1, t.at, 1,
        coalesce(t.at + %(wakes)s::interval, 'infinity')
    FROM new p, parcours.version v, (SELECT %(at)s::timestamptz AS at) t WHERE v.version_no = 1"""


async def stand(here: Installation, step: str, n: int, wakes: timedelta | None) -> None:
    """Put people at a step, due some time from now, or only by an event."""
    given = {"buckets": BUCKETS, "who": f"{step}{wakes}-", "n": n, "step": step, "wakes": wakes}
    async with here.database.transaction() as connection:
        await connection.execute(INSIDE.encode(), {**given, "at": here.clock.now()})


async def planned(here: Installation, after: timedelta, **options: Any) -> PublishPlan:
    async with here.database.transaction() as connection:
        return await publish_plan(
            connection, Order("j", "publish", options=options), here.clock.now() + after
        )


def standing(plan: PublishPlan) -> dict[str, tuple[int, int, int, int]]:
    return {one.step: (one.here, one.goes_on, one.keeps_timer, one.waits) for one in plan.steps}


async def test_the_plan_tells_of_each_step_who_stays_or_goes_and_when_they_are_due(database_url: str) -> None:
    minutes, now = timedelta(minutes=1), timedelta()
    async with installed(database_url) as here:
        await here.publish(journey(FIRST, "j", triggers=[{"event": "Go"}]))
        await stand(here, "rest", 4, 30 * minutes)
        await stand(here, "rest", 3, 200 * minutes)
        await stand(here, "rest", 2, 3000 * minutes)
        await stand(here, "ask", 5, None)
        await stand(here, "old", 6, 30 * minutes)
        await here.apply(journey(NEXT, "j", triggers=[{"event": "Go"}]))

        stays = await planned(here, now)
        assert standing(stays) == {"rest": (9, 0, 9, 0), "ask": (5, 0, 0, 5), "old": (6, 0, 6, 0)}
        assert (stays.unanswered, stays.refused, stays.later) == ([], None, [])

        moves = await planned(here, 60 * minutes, people="move", answers={"old": {"drop_out": True}})
        assert standing(moves) == {"rest": (9, 4, 5, 0), "ask": (5, 0, 0, 5), "old": (6, 0, 0, 0)}
        assert list(moves.later) == [{"step": "rest", "hour": 2, "people": 3, "messages": 0}]

        # A pause that makes waits longer sets nobody free who was not due when it began.
        await here.command("j", "pause", options={"timers": "extend"})
        paused = await planned(here, 60 * minutes, people="move", answers={"old": {"to": "rest"}})
        assert standing(paused)["rest"] == (9, 0, 9, 0)
        assert [(row["hour"], row["people"]) for row in paused.later] == [(0, 4), (3, 3)]


async def test_a_resume_with_changes_takes_in_who_did_it_meanwhile_where_that_is_asked(
    database_url: str,
) -> None:
    async with installed(database_url) as here:
        await here.start("one")
        await here.publish(journey(FIRST, "j", triggers=[{"event": "Go"}]))
        await here.command("j", "pause", options={"entrants": "drop"})
        await here.feed(line("identify", "anna"), line("track", "anna", "Go"))
        await here.until("SELECT count(*) FROM parcours.refusal WHERE reason = 'journey_paused'", 1)
        await here.apply(journey(NEXT, "j", triggers=[{"event": "Go"}]))
        options = {"with_changes": True, "backfill": "1h"}
        asked = (await here.command("j", "resume", options=options, dry_run=True)).result
        assert (asked.refused, asked.counts["backfill"]) == (None, 1)
        await here.command("j", "resume", options=options)
        await here.until("SELECT count(*) FROM parcours.participant WHERE step = 'rest'", 1)
