"""Transfer by real workers: killed in the middle, messages in a provider's hands, commands and events meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

from support.postgres import BUCKETS
from support.runner import email, journey
from support.worker import Document, Installation, eventually, installed, line, people
from support.worker_process import holds, process

WAIT: Document = {"pause": {"wait": {"for": "2h"}}, "old": {"wait": {"for": "2h"}}, "end": {"end": {}}}
NEXT: Document = {"pause": {"wait": {"for": "2h"}}, "new": {"wait": {"for": "2h"}}, "end": {"end": {}}}
ANSWER = {"people": "move", "answers": {"old": {"to": "new"}}}
IN_NEW = "SELECT count(*) FROM parcours.participant p JOIN parcours.version v USING (version_id) WHERE v.version_no = 2"
WHERE = """SELECT v.version_no || ' ' || coalesce(p.step, '-') || ' ' || p.status, count(*)
    FROM parcours.participant p JOIN parcours.version v USING (version_id) GROUP BY 1"""
VERSIONS = "SELECT version_no, status FROM parcours.version ORDER BY version_no"
SEED = """
    INSERT INTO parcours.profile (bucket, profile_id, user_id, attributes, created_at, updated_at)
    SELECT parcours.bucket_of(k.id, %(buckets)s::integer), k.id, 'p' || i, '{}', now(), now()
    FROM generate_series(1, %(people)s::integer) i
    CROSS JOIN LATERAL (SELECT parcours.profile_id('p' || i) AS id OFFSET 0) k"""
INSIDE = """
    INSERT INTO parcours.participant (bucket, journey_id, profile_id, entry_no, version_id, status, step, seq, entered_at,
        entered_step_at, cause_at, cause_no, since_at, since_no, wake_at)
    SELECT p.bucket, v.journey_id, p.profile_id, 1, v.version_id, 'active', s.step, 1, t.at, t.at, t.at, 1, t.at, 1,
        t.at + interval '100 years'
    FROM parcours.profile p, parcours.version v, (SELECT now() AS at) t
    CROSS JOIN LATERAL (VALUES ('pause'), ('old')) AS s (step)
    WHERE (right(p.user_id, 1) = '0') = (s.step = 'old')"""
COUNTED = """
    INSERT INTO parcours.counter (bucket, version_id, kind, name, n)
    SELECT p.bucket, p.version_id, c.kind, coalesce(c.name, p.step), count(*) FROM parcours.participant p
    CROSS JOIN (VALUES ('entered', ''), ('in', 'entry'), ('out', 'entry'), ('in', NULL)) c (kind, name)
    GROUP BY 1, 2, 3, 4"""


async def crowd(here: Installation, number: int) -> None:
    """Let many people be inside version 1, one in ten of them at the step `old`."""
    await here.publish(journey(WAIT, "j", triggers=[{"event": "Go"}]))
    async with here.database.transaction() as connection:
        for text in (SEED, INSIDE, COUNTED):
            await connection.execute(text.encode(), {"buckets": BUCKETS, "people": number})


async def change(here: Installation, document: Document, **options: Any) -> None:
    """Give the next version and publish it with everybody."""
    await here.apply(document)
    answer = await here.command("j", "publish", options={"people": "move", **options})
    assert answer.result.refused is None, answer.result


async def balanced(here: Installation) -> None:
    for ledger in await here.ledgers():
        assert ledger.balances, ledger.mismatches


async def statuses(here: Installation) -> dict[int, str]:
    return {number: status for number, status in await here.rows(VERSIONS)}  # noqa: C416 - rows are tuples


async def test_a_worker_killed_in_the_middle_loses_nobody_and_moves_nobody_twice(database_url: str) -> None:
    number = 30_000
    async with installed(database_url) as here, process(here, "one") as one, process(here, "other"):
        await crowd(here, number)
        await holds(here, one=BUCKETS // 2, other=BUCKETS // 2)
        await change(here, journey(NEXT, "j"), answers=ANSWER["answers"])

        async def under_way() -> bool:
            return bool(0 < await here.one(IN_NEW) < number)

        await eventually(under_way, within=60)
        one.kill()
        moved = await here.one(IN_NEW)
        assert moved < number
        await here.until(IN_NEW, number, within=60)
        assert await here.counts(WHERE) == {"2 pause active": number * 9 // 10, "2 new active": number // 10}
        await here.until("SELECT status FROM parcours.version WHERE version_no = 1", "finished")
        first, second = await here.ledgers()
        assert (first.transferred_out, first.active, first.settling) == (number, 0, 0)
        assert (second.transferred_in, second.active, second.entered) == (number, number, 0)
        assert await here.rows("SELECT code, message FROM parcours.trouble") == []
        await balanced(here)


async def test_people_go_over_when_their_message_is_out_of_the_providers_hands(database_url: str) -> None:
    mails: Document = {"mail": email("One"), "after": {"wait": {"for": "2h"}}, "end": {"end": {}}}
    later: Document = {"mail": email("Two"), "beyond": {"wait": {"for": "2h"}}, "end": {"end": {}}}
    async with installed(database_url, "one", delays={"dot": 1.5}) as here:
        await here.feed(*people("u", range(6)))
        await here.publish(journey(mails, "j"))
        await here.feed(*(line("track", f"u{n}", "Go") for n in range(6)))
        await here.until("SELECT count(*) FROM parcours.participant", 6)
        await here.until("SELECT count(*) > 0 FROM parcours.message WHERE state = 'claimed'")
        await change(here, journey(later, "j"), answers={"after": {"drop_out": True}})
        held = await here.one("SELECT count(*) FROM parcours.message WHERE state = 'claimed'")
        assert held > 0
        assert await statuses(here) == {1: "closed", 2: "live"}
        refused = await here.command("j", "close", wait=False)
        assert refused.result.refused == "still_settling"
        await here.until("SELECT count(*) FROM parcours.participant WHERE step = 'beyond'", 6, within=30)
        assert await here.counts("SELECT state, count(*) FROM parcours.message GROUP BY 1") == {"sent": 6}
        assert len(here.sink.arrivals) == 6
        await here.until("SELECT status FROM parcours.version WHERE version_no = 1", "finished")
        await balanced(here)


WHERE_ALL = f"SELECT string_agg(DISTINCT w.at, ', ') FROM ({WHERE}) w (at, n)"


async def test_the_answer_of_a_removed_step_counts_also_for_those_in_the_providers_hands(
    database_url: str,
) -> None:
    mails: Document = {"mail": email("One"), "after": {"wait": {"for": "2h"}}, "end": {"end": {}}}
    later: Document = {"other": {"wait": {"for": "2h"}}, "end": {"end": {}}}
    async with installed(database_url, "one", delays={"dot": 1.5}) as here:
        await here.feed(*people("u", range(3)))
        await here.publish(journey(mails, "j"))
        await here.feed(*(line("track", f"u{n}", "Go") for n in range(3)))
        await here.until("SELECT count(*) FROM parcours.message WHERE state = 'claimed'", 3)
        await change(here, journey(later, "j"), answers={"mail": {"to": "other"}})
        await here.until(WHERE_ALL, "2 other active", within=30)
        assert await here.counts("SELECT state, count(*) FROM parcours.message GROUP BY 1") == {"sent": 3}
        await here.until("SELECT count(*) FROM parcours.inbox", 0)
        await balanced(here)


async def test_what_happens_meanwhile_is_applied_behind_the_transfer(database_url: str) -> None:
    hear: Document = {
        "hear": {"wait_for": [{"event": "A", "next": "a"}, {"timeout": "2h", "next": "b"}]},
        "a": {"end": {}},
        "b": {"end": {}},
    }
    new = {**hear, "hear": {"wait_for": [{"event": "B", "next": "b"}, {"timeout": "2h", "next": "a"}]}}
    async with installed(database_url) as here:
        await here.start("one")
        await here.publish(journey(hear, "j"))
        await here.feed(*(line("track", f"u{n}", "Go") for n in range(4)))
        await here.until("SELECT count(*) FROM parcours.participant", 4)
        await here.workers["one"].end()
        await change(here, journey(new, "j", goal={"event": "Buy"}))
        # Nobody has been taken over yet: that is what the fence says, and everything waits for it.
        await here.feed(line("track", "u0", "A"), line("track", "u1", "B"), line("track", "u2", "Buy"))
        await here.feed(line("track", "u9", "Go"), line("track", "u3", "Go"))
        await here.start("two")
        await here.until(WHERE_ALL, "2 b completed, 2 hear active, 2 hear succeeded")
        assert await here.counts(WHERE) == {"2 hear active": 3, "2 b completed": 1, "2 hear succeeded": 1}
        await here.until("SELECT string_agg(reason, ' ') FROM parcours.refusal", "already_inside")
        first, second = await here.ledgers()
        assert (first.transferred_out, second.transferred_in, second.entered) == (4, 4, 1)
        await balanced(here)


async def test_a_pause_in_the_middle_freezes_people_as_they_arrive(database_url: str) -> None:
    async with installed(database_url) as here:
        await crowd(here, 100)
        await change(here, journey(NEXT, "j"), answers=ANSWER["answers"])
        answer = await here.command("j", "pause", wait=False)
        assert (answer.result.version, answer.result.to_status) == (2, "paused")
        for name in ("resume", "close", "publish"):
            await here.apply(journey(NEXT, "j"))
            assert (await here.command("j", name)).result.refused == "still_settling", name
        await here.rows("UPDATE parcours.participant SET wake_at = '2020-01-01 00:00:00+00' RETURNING 1")
        await here.start("one")
        await here.until(WHERE_ALL, "2 new active, 2 pause active")
        await here.until("SELECT status FROM parcours.version WHERE version_no = 1", "finished")
        assert (await statuses(here))[2] == "paused"
        await balanced(here)
        await here.command("j", "resume")
        await here.until("SELECT count(*) FROM parcours.participant WHERE step = 'pause'", 0)
        await balanced(here)


async def test_whom_no_statement_can_take_over_leaves_alone(database_url: str) -> None:
    async with installed(database_url) as here:
        await crowd(here, 300)
        later = journey({**NEXT, "new": email("New")}, "j")
        # A promise of the database that one person's message breaks: what no compiled SQL foresees.
        async with here.database.transaction() as connection:
            await connection.execute(
                "ALTER TABLE parcours.message ADD CHECK (profile_id <> parcours.profile_id('p10'))"
            )
        await change(here, later, answers=ANSWER["answers"])
        await here.start("one")
        await here.until("SELECT count(*) FROM parcours.participant WHERE version_id = 2", 299, within=60)
        failed = "SELECT pr.user_id, p.reason, p.version_id FROM parcours.participant p"
        failed += " JOIN parcours.profile pr USING (bucket, profile_id) WHERE p.reason = 'step_failed'"
        assert await here.rows(failed) == [("p10", "step_failed", 1)]
        await balanced(here)


async def test_a_stop_in_the_middle_cancels_those_on_the_way_too(database_url: str) -> None:
    async with installed(database_url) as here:
        await crowd(here, 100)
        await change(here, journey(NEXT, "j"), answers=ANSWER["answers"])
        answer = await here.command("j", "stop", version_no=2, wait=False)
        assert answer.result.counts["inside"] == 100
        await here.start("one")
        await here.until("SELECT count(*) FROM parcours.participant WHERE status = 'cancelled'", 100)
        assert await statuses(here) == {1: "stopped", 2: "stopped"}
        await here.until("SELECT count(*) FROM parcours.version WHERE settling IS NOT NULL", 0)
        await balanced(here)


async def test_commands_given_while_workers_transfer_find_one_truth(database_url: str) -> None:
    async with installed(database_url) as here, process(here, "one"), process(here, "other"):
        await crowd(here, 20_000)
        await holds(here, one=BUCKETS // 2, other=BUCKETS // 2)
        await change(here, journey(NEXT, "j"), answers=ANSWER["answers"])
        await asyncio.sleep(0.2)
        await here.command("j", "stop", wait=False)
        await here.until("SELECT count(*) FROM parcours.participant WHERE finished_at IS NULL", 0, within=60)
        await here.until("SELECT count(*) FROM parcours.version WHERE settling IS NOT NULL", 0)
        assert {status for _, status in await here.rows(VERSIONS)} <= {"stopped", "finished"}
        await balanced(here)
