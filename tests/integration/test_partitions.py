"""Months that retention has emptied: their partitions go, and nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg

from parcours.engine.upkeep import drop_emptied, keep_partitions
from parcours.service.privacy.retaining import Retention, save_retention
from parcours.store.database import Database
from support.worker import Installation, line

JANUARY = datetime(2026, 1, 10, tzinfo=UTC)
LATER = datetime(2026, 7, 1, tzinfo=UTC)


async def test_partitions_of_months_that_are_gone_go(database_url: str) -> None:
    async with await Database.connect(database_url, connections=2) as database:
        here = Installation(database_url, database, None)  # type: ignore[arg-type]

        async def months() -> list[str]:
            text = """SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                JOIN pg_class p ON p.oid = i.inhparent WHERE p.relkind = 'p' AND c.relkind = 'r'
                AND c.relname LIKE 'event%%2026%%' OR c.relname LIKE 'passage%%2026%%' AND c.relkind = 'r' ORDER BY 1"""
            return [name for (name,) in await here.rows(text)]

        made = ["?"]
        while made:
            async with database.transaction() as connection:
                made = await keep_partitions(connection, JANUARY)
        everything = [f"{table}_2026_0{n}" for table in ("event", "passage") for n in (1, 2, 3)]
        assert await months() == everything
        await here.feed({**line("track", "u1", "Go"), "timestamp": "2026-01-05T00:00:00Z"})
        assert await drop_emptied(database, LATER) == [], "for ever, unless settled"
        async with database.transaction() as connection:
            await save_retention(
                connection, Retention(events=timedelta(days=100)), at=LATER, actor="cli:test"
            )
        # March is not wholly older than that, January is not empty.
        assert await drop_emptied(database, LATER) == ["event_2026_02"]
        await here.rows("DELETE FROM parcours.event RETURNING 1")
        async with await psycopg.AsyncConnection.connect(database_url) as other:
            await other.execute("SELECT count(*) FROM parcours.event")
            assert await drop_emptied(database, LATER) == [], "somebody is at work there"
        assert await drop_emptied(database, LATER) == ["event_2026_01"]
        assert await months() == ["event_2026_03", *everything[3:]]
        # What comes late has a place.
        await here.feed({**line("track", "u1", "Go"), "timestamp": "2026-01-05T00:00:00Z"})
        assert await here.one("SELECT count(*) FROM parcours.event_default") == 1
