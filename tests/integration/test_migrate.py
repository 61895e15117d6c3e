"""Migrations on a real database: once, in order, by whoever comes first, and never over an unknown schema."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from parcours.domain.errors import ParcoursError
from parcours.store.database import Database
from parcours.store.migrate import migrate, migrations, read_buckets, verify

pytestmark = pytest.mark.both_servers


async def test_a_second_time_changes_nothing(empty_database_url: str) -> None:
    async with await Database.connect(empty_database_url) as database, database.dedicated() as connection:
        assert await migrate(connection, 4) == [migration.name for migration in migrations()]
        assert await migrate(connection, 4) == []
        assert await verify(connection) == 4


async def test_several_at_once_apply_each_migration_once(empty_database_url: str) -> None:
    async def one() -> list[str]:
        async with await Database.connect(empty_database_url) as database, database.dedicated() as connection:
            return await migrate(connection, 8)

    applied = await asyncio.gather(*(one() for _ in range(5)))
    assert sorted(map(len, applied)) == [0, 0, 0, 0, len(migrations())]


async def test_a_failure_leaves_nothing_behind(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA parcours CREATE TABLE setting (in_the_way integer)")
    async with await Database.connect(empty_database_url) as database, database.dedicated() as connection:
        with pytest.raises(psycopg.errors.DuplicateTable):
            await migrate(connection, 8)
        found = await connection.execute(
            "SELECT to_regclass('parcours.migration'), to_regclass('parcours.journey')"
        )
        assert await found.fetchone() == (None, None)


async def test_every_bucket_has_a_lease(database: Database) -> None:
    async with database.transaction() as connection:
        buckets = await read_buckets(connection)
        found = await connection.execute("SELECT bucket FROM parcours.lease ORDER BY bucket")
        assert [bucket for (bucket,) in await found.fetchall()] == list(range(buckets))


async def test_an_empty_database_is_behind(empty_database_url: str) -> None:
    async with await Database.connect(empty_database_url) as database, database.dedicated() as connection:
        assert await code_of(verify(connection)) == "schema_behind"


@pytest.mark.parametrize(
    ("change", "verifying", "migrating"),
    [
        (
            "INSERT INTO parcours.migration VALUES (9999, 'from_the_future', 'x')",
            "schema_unknown",
            "schema_unknown",
        ),
        ("UPDATE parcours.migration SET checksum = 'x' WHERE number = 1", "schema_changed", "schema_changed"),
        ("DELETE FROM parcours.migration WHERE number = 2", "schema_behind", None),
    ],
)
async def test_refuses_a_schema_it_does_not_know(
    database: Database, change: str, verifying: str, migrating: str | None
) -> None:
    async with database.dedicated() as connection:
        await connection.execute(change)
        assert await code_of(verify(connection)) == verifying
        if migrating is not None:
            assert await code_of(migrate(connection, 8)) == migrating


async def test_the_number_of_buckets_is_settled_once(database: Database) -> None:
    async with database.dedicated() as connection:
        assert await code_of(migrate(connection, 16)) == "buckets_differ"
        assert await read_buckets(connection) == 8


async def code_of(call: object) -> str:
    with pytest.raises(ParcoursError) as raised:
        await call  # type: ignore[misc]
    return raised.value.code
