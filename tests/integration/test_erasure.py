"""One person is forgotten while workers run: exactly, once, and the ledger goes on to balance."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from parcours.domain.errors import ParcoursError
from parcours.domain.identity import profile_id
from parcours.engine.erasure import erase_one
from parcours.service.consent.suppression import read_suppressed
from parcours.service.privacy.erasing import Erasure, erase_person
from parcours.service.privacy.export import export_person
from parcours.service.watch.reports import show_journey
from parcours.store.database import Database
from support.postgres import BUCKETS
from support.runner import email, journey
from support.worker import Installation, installed, line, people

# What is left of somebody: the tombstone, that it was asked for, and refusals of what comes in later.
LEFT = {"profile", "erasure"}
STEPS: dict[str, Any] = {
    "mail": email(transactional=False, subscription="news", on_skip="next"),
    "mark": {"update_profile": {"set": {"seen": True}, "add_to": ["seen"]}},
    "rest": {"wait_for": [{"event": "Go On", "next": "mail"}, {"timeout": "1d", "next": "end"}]},
    "end": {"end": {}},
}


async def erase(here: Installation, user: str, **more: Any) -> Erasure:
    async with here.database.transaction() as connection:
        return await erase_person(
            connection, user, buckets=BUCKETS, at=here.clock.now(), actor="cli:test", **more
        )


async def traces(here: Installation, user: str) -> dict[str, int]:
    """Count the rows about a person in every table that has people in it."""
    tables = await here.rows(
        """SELECT c.table_name
        FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
        WHERE c.table_schema = 'parcours' AND c.column_name = 'profile_id' AND t.table_type = 'BASE TABLE'"""
    )
    found = {}
    for (table,) in tables:
        text = f"SELECT count(*) FROM parcours.{table} WHERE profile_id = %(p)s"
        found[table] = await here.one(text, p=profile_id(user))
    return {table: n for table, n in found.items() if n}


async def done(here: Installation, user: str) -> None:
    text = "SELECT done_at IS NOT NULL FROM parcours.erasure WHERE profile_id = %(p)s"
    await here.until(text, within=90, p=profile_id(user))


async def test_people_are_forgotten_in_a_race_with_everything_else(database_url: str) -> None:
    async with installed(database_url, "one", "two") as here:
        users = [f"u{n}" for n in range(12)]
        going, dice = users[:5], random.Random(5)
        await here.publish(journey(STEPS, "j"))
        await here.publish(journey(STEPS, "k"))
        await here.feed(*people("u", range(12)), *(line("track", user, "Go") for user in users))
        await here.until("SELECT count(*) FROM parcours.participant", 2 * len(users), within=90)

        async def keep_coming() -> None:
            for _ in range(20):
                user = dice.choice(users)
                await here.feed(
                    line("track", user, dice.choice(("Go", "Go On", "Look")), total=1),
                    line("identify", user, plan=dice.choice(("a", "b"))),
                    {
                        "type": "audience",
                        "userId": user,
                        "audience": "vip",
                        "op": "add",
                        "messageId": str(dice.random()),
                    },
                    {"type": "consent", "userId": user, "state": "in", "messageId": str(dice.random())},
                )

        traffic = [asyncio.create_task(keep_coming()) for _ in range(3)]
        try:
            asked = await asyncio.gather(*(erase(here, user) for user in (*going, *going)))
            assert sum(one.new for one in asked) == len(going), "asked twice, done once"
        finally:
            await asyncio.gather(*traffic)
        for user in going:
            await done(here, user)
        await here.until("SELECT count(*) = 0 FROM parcours.pending")
        await here.until("SELECT count(*) = 0 FROM parcours.inbox", within=90)
        for user in going:
            # Lines that came in behind were refused, and are known by their hashes.
            assert (await traces(here, user)).keys() - {"refusal", "seen"} == LEFT
            assert await here.rows(
                "SELECT attributes, user_id FROM parcours.profile WHERE profile_id = %(p)s",
                p=profile_id(user),
            ) == [({}, f"erased:{profile_id(user)}")]
        assert all(one.balances for one in await here.ledgers()), await here.ledgers()
        # Whoever was inside dropped out: in both journeys.
        assert sum(one.reasons["profile_deleted"] for one in await here.ledgers()) == 2 * len(going)
        text = "SELECT count(*) FROM parcours.profile WHERE deleted_at IS NULL"
        assert await here.one(text) == len(users) - len(going)
        assert [one.log.troubles for one in here.workers.values()] == [[], []]


async def test_totals_stay_and_the_address_is_kept_as_a_hash(database_url: str) -> None:
    async with installed(database_url, "one") as here:
        await here.publish(journey({**STEPS, "rest": {"wait": {"for": "1d"}}}, "j"))
        await here.feed(*people("u", range(2)), line("track", "u0", "Go"), line("track", "u1", "Go"))
        await here.until("SELECT count(*) FROM parcours.participant WHERE step = 'rest'", 2)

        async def report() -> Any:
            async with here.database.transaction() as connection:
                return (await show_journey(connection, "j")).messages

        before = await report()
        async with here.database.transaction() as connection:
            exported = await export_person(connection, "u0", buckets=BUCKETS, at=here.clock.now())
        assert [one["step"] for one in exported["messages"]] == ["mail"]
        assert exported["profile"]["attributes"]["seen"] is True
        assert exported["passages"][0]["status"] == "active"
        assert {one["name"] for one in exported["events"]} == {"Go"}
        dry = await erase(here, "u0", dry_run=True)
        assert dry.counts == {"events": 1, "passages": 1, "inside": 1, "messages": 1, "names": 0}
        assert (await traces(here, "u0"))["participant"] == 1
        await erase(here, "u0")
        with pytest.raises(ParcoursError, match="u0"):
            async with here.database.transaction() as connection:
                await export_person(connection, "u0", buckets=BUCKETS, at=here.clock.now())
        await done(here, "u0")
        assert (await traces(here, "u0")).keys() == LEFT
        assert await report() == before
        [ledger] = await here.ledgers()
        assert ledger.balances
        assert (ledger.entered, ledger.active, ledger.dropped_out) == (2, 1, 1)
        async with here.database.transaction() as connection:
            [listed] = await read_suppressed(connection, address="U0@example.com")
        assert (listed.address, listed.reason) == (None, "erased")
        # Who comes again under the key is nobody; who comes with the address is not written to.
        await here.feed(line("identify", "u0", email="u0@example.com"), line("track", "u0", "Go"))
        await here.feed(line("identify", "new", email="u0@example.com"), line("track", "new", "Go"))
        await here.until(
            """SELECT m.reason FROM parcours.message m JOIN parcours.profile p USING (bucket, profile_id)
            WHERE p.user_id = 'new'""",
            "suppressed",
        )
        assert not await here.one("SELECT EXISTS (SELECT 1 FROM parcours.profile WHERE user_id = 'u0')")
        await here.until("SELECT count(*) FROM parcours.refusal WHERE reason = 'profile_deleted'", 1)


async def test_nobody_is_forgotten_while_a_transaction_may_still_write(database_url: str) -> None:
    async with await Database.connect(database_url, connections=4) as database:
        here = Installation(database_url, database, None)  # type: ignore[arg-type]
        await here.feed(*people("u", range(1)))
        bucket = await here.one("SELECT bucket FROM parcours.profile")
        await here.rows("DELETE FROM parcours.pending RETURNING 1")

        async def step() -> bool:
            async with database.transaction() as connection:
                return await erase_one(connection, bucket, profile_id("u0"), here.clock.now())

        async with database.transaction() as slow:  # began before, writes after
            await slow.execute("INSERT INTO parcours.setting (key, value) VALUES ('test', 'true')")
            await erase(here, "u0")
            await here.rows("DELETE FROM parcours.pending RETURNING 1")
            assert not await step()
            assert not await step()
            await slow.execute(
                """INSERT INTO parcours.event (bucket, profile_id, name, happened_at, feed_no, received_at)
                VALUES (%s, %s, 'Late', %s, 1, %s)""",
                [bucket, profile_id("u0"), here.clock.now(), here.clock.now()],
            )
        while not await step():
            pass
        assert (await traces(here, "u0")).keys() == LEFT
        assert await step(), "once more changes nothing"
