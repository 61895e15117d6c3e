"""The database owner: sessions as agreed, transactions whole or not at all, troubles with a code."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from parcours.domain.errors import ParcoursError
from parcours.store import embedded
from parcours.store.database import Database
from support.folders import open_folder


@pytest.mark.both_servers
async def test_a_session_speaks_utc_and_sees_only_our_schema(database: Database) -> None:
    async with database.transaction() as connection:
        found = await connection.execute("SHOW search_path")
        assert await found.fetchone() == ("parcours,pg_temp",)
        found = await connection.execute(
            "SELECT timestamptz '2026-05-01 12:00+02', current_setting('TimeZone')"
        )
        assert await found.fetchone() == (datetime(2026, 5, 1, 10, tzinfo=UTC), "UTC")


@pytest.mark.both_servers
async def test_a_transaction_is_whole_or_not_at_all(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO setting VALUES ('kept', '1')")
    with pytest.raises(RuntimeError, match="changed my mind"):
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO setting VALUES ('lost', '1')")
            raise RuntimeError("changed my mind")
    async with database.transaction() as connection:
        found = await connection.execute("SELECT key FROM setting WHERE key IN ('kept', 'lost')")
        assert await found.fetchall() == [("kept",)]


async def test_a_threshold_of_one_prepares_at_once(database_url: str) -> None:
    async with (
        await Database.connect(database_url, prepare_threshold=0) as database,
        database.transaction() as connection,
    ):
        await connection.execute("SELECT %(number)s::integer", {"number": 1})
        found = await connection.execute("SELECT count(*) FROM pg_prepared_statements", prepare=False)
        assert await found.fetchone() == (1,)


@pytest.mark.both_servers
async def test_a_lost_connection_is_told_and_the_next_one_works(database: Database) -> None:
    async with database.dedicated() as other:
        with pytest.raises(ParcoursError) as raised:
            async with database.transaction() as connection:
                await other.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
                await connection.execute("SELECT 1")
    assert raised.value.code == "database_unreachable"
    async with database.transaction() as connection:
        found = await connection.execute("SELECT 1")
        assert await found.fetchone() == (1,)


@pytest.mark.parametrize(
    ("state", "code"),
    [("53100", "disk_full"), ("25006", "database_read_only"), ("08006", "database_unreachable")],
)
async def test_troubles_of_the_server_have_a_code(database: Database, state: str, code: str) -> None:
    with pytest.raises(ParcoursError) as raised:
        async with database.transaction() as connection:
            await connection.execute(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$")
    assert raised.value.code == code


async def test_waits_for_a_server_that_is_away_then_connects() -> None:
    lines: list[str] = []
    with open_folder() as folder:
        running = embedded.start(folder, durable=False)
        embedded.stop(folder)

        def begin(line: str) -> None:
            lines.append(line)
            embedded.start(folder, durable=False)

        async with (
            await Database.connect(running.url, on_wait=begin) as database,
            database.transaction() as connection,
        ):
            await connection.execute("SELECT 1")
        embedded.stop(folder)
    assert len(lines) == 1
    assert lines[0].startswith("Waiting for the database, ")


async def test_gives_up_when_its_patience_ends(tmp_path: Path) -> None:
    with pytest.raises(ParcoursError, match="cannot be reached") as raised:
        await Database.connect(f"postgresql://nobody@/x?host={quote(str(tmp_path))}", patience=0)
    assert raised.value.code == "database_unreachable"


@pytest.mark.both_servers
async def test_does_not_wait_for_a_refusal(database_url: str) -> None:
    url = database_url.replace("/test_", "/no_such_")
    async with asyncio.timeout(10):
        with pytest.raises(ParcoursError) as raised:
            await Database.connect(url, patience=3600)
    assert raised.value.code == "database_refused"
    assert 'database "no_such_' in raised.value.message


async def test_an_unreadable_address_is_refused_without_repeating_it() -> None:
    with pytest.raises(ParcoursError) as raised:
        await Database.connect("postgresql://ann:s3cret@host:port/x y")
    assert raised.value.code == "database_url"
    assert "s3cret" not in str(raised.value)
