"""The first administrator over HTTP: by a code that the server printed, once, whoever else tries at the same moment."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from parcours.clock import SystemClock
from parcours.domain.errors import ParcoursError
from parcours.service.access.attempts import LIMITS
from parcours.service.access.setup import make_setup_link
from parcours.service.access.users import add_user
from parcours.store.database import Database
from support.api import Answer, ApiServer, api_server
from support.postgres import Server
from support.served import serving

PASSWORD = "correct horse battery staple"


def code(api: ApiServer) -> str:
    """Return a code as the server prints it."""

    async def work(database: Database) -> str:
        async with database.transaction() as connection:
            link, _ = await make_setup_link(connection, api.url, SystemClock().now())
        return link.partition("/setup#")[2]

    return api.within(work)


def set_up(api: ApiServer, code: str, email: str = "anna@example.com", **more: str) -> Answer:
    given = {"code": code, "email": email, "password": PASSWORD, "name": "Anna", "language": "sv", **more}
    return api.call("POST", "/api/setup", json=given)


def sql(api: ApiServer, statement: str) -> None:
    async def work(database: Database) -> None:
        async with database.transaction() as connection:
            await connection.execute(statement)

    api.within(work)


def test_who_has_the_code_becomes_the_administrator_and_nobody_after(postgres: Server) -> None:
    with api_server(postgres) as api:
        assert api.call("GET", "/api/setup").json == {"needed": True}
        first, second = code(api), code(api)  # of two servers
        guess = set_up(api, "a guess")
        assert (guess.status, guess.code) == (403, "wrong_setup_code")
        weak = set_up(api, first, password="aaaaaaaaaaaa")
        assert (weak.status, weak.code) == (422, "weak_password")
        made = set_up(api, second)
        assert (made.status, made.json["email"]) == (201, "anna@example.com")
        me = api.call("GET", "/api/me", cookie=made.cookie).json
        assert (me["role"], me["full_name"], me["language"]) == ("admin", "Anna", "sv")
        assert [one["way"] for one in api.call("GET", "/api/me/sessions", cookie=made.cookie).json] == [
            "setup"
        ]
        assert api.call("GET", "/api/setup").json == {"needed": False}
        for late in (first, second, "a guess"):
            over = set_up(api, late, "eve@example.com")
            assert (over.status, over.code) == (409, "already_set_up")
        with pytest.raises(ParcoursError, match="Somebody works here already"):
            code(api)
        signed = {"email": "anna@example.com", "password": PASSWORD}
        assert api.call("POST", "/api/session", json=signed).status == 201


def test_of_many_at_once_one_gets_there(postgres: Server) -> None:
    with api_server(postgres) as api:
        codes = [code(api), code(api)]
        with ThreadPoolExecutor(4) as pool:
            tries = [pool.submit(set_up, api, codes[n % 2], f"u{n}@example.com") for n in range(4)]
        answers = sorted((one.result().status, one.result().code) for one in tries)
        assert answers == [(201, ""), *[(409, "already_set_up")] * 3]
        admin = api.key("admin")
        assert len(api.call("GET", "/api/users", key=admin).json) == 1


def test_a_user_of_the_command_line_is_the_first_too(postgres: Server) -> None:
    with api_server(postgres) as api:
        held = code(api)

        async def work(database: Database) -> Answer:
            """The account is added, and not yet committed, while the browser asks."""
            with ThreadPoolExecutor(1) as pool:
                async with database.transaction() as connection:
                    now = SystemClock().now()
                    await add_user(connection, "cli@example.com", "viewer", at=now, actor="cli:test")
                    trying = pool.submit(set_up, api, held)
                    while not await _waits(connection):
                        pass
                return trying.result()

        late = api.within(work)
        assert (late.status, late.code) == (409, "already_set_up")


def test_guesses_are_counted_and_codes_end(postgres: Server) -> None:
    with api_server(postgres) as api:
        held = code(api)
        assert set_up(api, "a guess").code == "wrong_setup_code"
        sql(api, f"UPDATE parcours.attempt SET n = {LIMITS['address']}")
        over = set_up(api, held)
        assert (over.status, over.code) == (429, "too_many_tries")
        assert int(over.headers["Retry-After"]) > 0
        sql(api, "DELETE FROM parcours.attempt")
        sql(api, "UPDATE parcours.setup_code SET expires_at = created_at")
        assert set_up(api, held).code == "wrong_setup_code"
        assert set_up(api, code(api)).status == 201


def test_the_command_line_prints_a_link_while_nobody_works_here(postgres: Server, tmp_path: Path) -> None:
    with postgres.clone() as url, serving(url, tmp_path) as served:
        environment = {**os.environ, "PARCOURS_DATABASE_URL": url, "PARCOURS_DATA": str(tmp_path)}
        command = [sys.executable, "-m", "parcours", "user", "setup-link", "--url", served.url]
        printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        link, _, secret = printed.strip().partition("#")
        assert link == f"{served.url}/setup"
        # One from the start of the server, and this one.
        assert served.rows("SELECT count(*) FROM setup_code") == [(2,)]
        given = {"code": secret, "email": "anna@example.com", "password": PASSWORD}
        assert served.post("/api/setup", given, key=None).status == 201
        again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert again.returncode != 0
        assert "Somebody works here already" in again.stderr


async def _waits(connection: object) -> bool:
    row = await (
        await connection.execute(  # type: ignore[attr-defined]
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
            "AND classid = 7042 AND objid = 1 "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    ).fetchone()
    return bool(row[0])
