"""The audit is append-only by privilege: PostgreSQL refuses to change it in connections of the application."""

from __future__ import annotations

import psycopg
import pytest

from parcours.settings import Settings
from parcours.store.database import Database
from parcours.store.roles import app_role_ready, give_rights
from parcours.wiring import Installation, installation
from support.worker import installed


async def opened(url: str) -> list[str]:
    """Open the installation as every command does, and try what it may not; return what PostgreSQL said."""
    said = []
    async with installation(Settings(database_url=url), migrate=True, say=print) as here:
        for statement in (
            "UPDATE parcours.audit SET actor = 'nobody'",
            "DELETE FROM parcours.audit",
            "TRUNCATE parcours.audit",
            "DROP TABLE parcours.audit",
            "ALTER TABLE parcours.audit DISABLE ROW LEVEL SECURITY",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
                async with here.database.transaction() as connection:
                    await connection.execute(statement)
            said.append(str(refused.value))
        await writes(here)
    return said


async def writes(here: Installation) -> None:
    async with here.database.transaction() as connection:
        await connection.execute(
            "INSERT INTO parcours.audit (at, actor, journey_key, command) VALUES ('2026-01-01', 'me', 'j', 'pause')"
        )
        await connection.execute("UPDATE parcours.lease SET holder = NULL")


async def test_what_the_application_may_not(database_url: str) -> None:
    assert len(await opened(database_url)) == 5


async def test_it_is_made_once_and_seen(database_url: str) -> None:
    async with await Database.connect(database_url) as database, database.dedicated() as connection:
        assert await give_rights(connection)
        assert await give_rights(connection)
        await connection.execute("CREATE TABLE parcours.later (n integer)")
        assert await app_role_ready(connection)  # later tables get their rights by themselves


async def test_a_worker_works_under_it(database_url: str) -> None:
    async with await Database.connect(database_url) as database, database.dedicated() as connection:
        assert await give_rights(connection)
    async with await Database.connect(database_url, role="parcours_app") as database:
        async with database.transaction() as connection:
            row = await (await connection.execute("SELECT current_user, session_user")).fetchone()
        assert row is not None
        assert row[0] == "parcours_app" != row[1]
    async with installed(database_url, "one") as here:
        assert here.workers["one"].log.troubles == []
