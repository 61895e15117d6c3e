"""A real PostgreSQL for tests: one server per test run, one database per test, cloned from a migrated one."""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from parcours.store import embedded
from parcours.store.database import Database
from parcours.store.migrate import migrate

__all__ = ["BUCKETS", "SERVER_VARIABLE", "Server", "remove_server", "run_folder", "start_server"]

BUCKETS: Final = 8
SERVER_VARIABLE: Final = "PARCOURS_TEST_SERVER"
RUN_VARIABLE: Final = "PARCOURS_TEST_RUN"
PROGRAMS: Final = {"embedded": None, "debian": Path("/usr/lib/postgresql/15/bin")}
MEMORY: Final = Path("/dev/shm")
ROOM: Final = 4 * 2**30
TEMPLATE: Final = "template_parcours"


class Server:
    """The server of this test run; every process of the run has one of these."""

    def __init__(self, running: embedded.Running) -> None:
        self.running = running
        self._numbers = itertools.count(1)

    @contextmanager
    def clone(self, template: str = TEMPLATE) -> Iterator[str]:
        """Yield the address of a fresh copy of a database, dropped afterwards whoever is connected."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        with self._administer() as connection:
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield self.address(name)
        finally:
            with self._administer() as connection:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def address(self, database: str) -> str:
        head, _, query = self.running.url.partition("?")
        return f"{head.rpartition('/')[0]}/{database}?{query}"

    def prepare_template(self, lock: Path) -> None:
        """Make the migrated template, once per run."""
        with lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with self._administer() as connection:
                found = connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]
                ).fetchone()
                if found is not None:
                    return
                connection.execute("CREATE DATABASE template_draft")
            asyncio.run(_migrate(self.address("template_draft")))
            with self._administer() as connection:
                rename = sql.SQL("ALTER DATABASE template_draft RENAME TO {}")
                connection.execute(rename.format(sql.Identifier(TEMPLATE)))

    @contextmanager
    def _administer(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            yield connection


def run_folder() -> Path:
    """Return the folder of this run's server: the same in every process of the run.

    In memory where there is room, which makes a test's database 12 times faster to clone.
    """
    name = f"parcours-test-{os.environ.setdefault(RUN_VARIABLE, str(os.getpid()))}"
    for folder in (MEMORY / name, Path(tempfile.gettempdir(), name)):
        if folder.exists():
            return folder
    roomy = MEMORY.exists() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return (MEMORY if roomy else Path(tempfile.gettempdir())) / name


def start_server() -> Server:
    """Start this run's server, or find it started by another process, with its template."""
    kind = os.environ.get(SERVER_VARIABLE, "embedded")
    folder = run_folder()
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)  # as root, the server's user has to come in
    server = Server(embedded.start(folder, durable=False, programs=PROGRAMS[kind]))
    server.prepare_template(folder / "template.lock")
    return server


def remove_server() -> None:
    """Stop this run's server, if there was one, and remove its data."""
    folder = run_folder()
    if folder.exists():
        embedded.stop(folder)
        shutil.rmtree(folder)


async def _migrate(url: str) -> None:
    async with await Database.connect(url) as database, database.dedicated() as connection:
        await migrate(connection, BUCKETS)
