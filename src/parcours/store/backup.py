"""The built-in database as one file, and back: a consistent copy while workers run, put in place as a whole."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from parcours.domain.errors import ParcoursError
from parcours.store.embedded_cluster import NAME, Cluster
from parcours.store.embedded_host import ENVIRONMENT, find_host
from parcours.store.queries import query

__all__ = ["Draft", "connect_to", "draft_of", "write_backup"]

DRAFT: Final = f"{NAME}_restored"  # what is restored, until it takes the database's place
BEFORE: Final = f"{NAME}_before"
POLL_SECONDS: Final = 0.2


async def write_backup(cluster: Cluster, file: Path, snapshot: str, written: Callable[[int], None]) -> int:
    """Write the database, as an exported snapshot shows it, to a file that others cannot read; return its size.

    The file appears when it is whole, and replaces one of that name. `written` is told the bytes so far.
    Raises ParcoursError `backup_failed`, `disk_full`.
    """
    part = file.with_name(f".{file.name}.part")
    try:
        part.touch(mode=0o600)
        part.chmod(0o600)
        failed = await _run(
            cluster, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
            f"--file={part}", f"--dbname={cluster.url()}", watch=lambda: written(part.stat().st_size),
        )  # fmt: skip
        if failed is not None:
            raise ParcoursError("backup_failed", failed, hint="Nothing was written; look at the reason.")
        with part.open("rb") as whole:
            os.fsync(whole.fileno())
            size = os.fstat(whole.fileno()).st_size
        part.replace(file)
    except OSError as error:
        raise ParcoursError(
            "backup_failed", f"{file} cannot be written: {error.strerror}", hint="Name another file."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return size


@dataclass(frozen=True, slots=True)
class Draft:
    """A restored database under another name."""

    cluster: Cluster

    @property
    def url(self) -> str:
        """Its address."""
        return self.cluster.url(DRAFT)

    async def take_place(self) -> None:
        """Become the database, and let the one before go. Raises ParcoursError `database_in_use`."""
        async with connect_to(self.cluster, DRAFT) as connection:
            await connection.execute(query("analyse_everything"))
        async with connect_to(self.cluster, "postgres") as connection:
            await _refuse_use(connection)
            await _drop(connection, BEFORE)
            await _rename(connection, NAME, BEFORE)
            try:
                await _rename(connection, DRAFT, NAME)
            except BaseException:
                await _rename(connection, BEFORE, NAME)
                raise
            await _drop(connection, BEFORE)


@asynccontextmanager
async def draft_of(cluster: Cluster, file: Path) -> AsyncIterator[Draft]:
    """Yield what a backup holds as a database of its own; it is dropped unless it took the place.

    Raises ParcoursError `not_a_backup`, `database_in_use`, `restore_failed`, `disk_full`.
    """
    await _see_backup(cluster, file)
    async with connect_to(cluster, "postgres") as connection:
        await _refuse_use(connection)
        await _drop(connection, DRAFT)
        await connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(DRAFT))
        )
    try:
        draft = Draft(cluster)
        failed = await _run(
            cluster, "pg_restore", "--exit-on-error", "--no-owner", "--no-privileges", "--jobs=2",
            f"--dbname={draft.url}", str(file),
        )  # fmt: skip
        if failed is not None:
            raise ParcoursError("restore_failed", failed, hint="Nothing was changed; look at the reason.")
        yield draft
    finally:
        async with connect_to(cluster, "postgres") as connection:
            await _drop(connection, DRAFT)


@asynccontextmanager
async def connect_to(cluster: Cluster, database: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """Yield a connection of its own, each statement a transaction."""
    connection = await psycopg.AsyncConnection.connect(cluster.url(database), autocommit=True)
    try:
        yield connection
    finally:
        await connection.close()


async def _see_backup(cluster: Cluster, file: Path) -> None:
    try:
        with file.open("rb") as head:
            magic = head.read(5)
    except OSError as error:
        raise ParcoursError(
            "unreadable_file", f"{file} cannot be read: {error.strerror}", hint="Check its name and rights."
        ) from error
    if magic != b"PGDMP":
        raise ParcoursError("not_a_backup", f"{file} is no backup", hint="Name a file of `parcours backup`.")
    failed = await _run(cluster, "pg_restore", "--list", str(file))
    if failed is not None:
        raise ParcoursError(
            "not_a_backup", failed, hint="The file is damaged, or was not written to its end."
        )


async def _refuse_use(connection: psycopg.AsyncConnection) -> None:
    cursor = await connection.execute(query("database_users"), {"name": NAME})
    users = [name for (name,) in await cursor.fetchall()]
    if users:
        raise ParcoursError(
            "database_in_use",
            f"The database is in use by {', '.join(users)}",
            hint="Stop servers and workers first, and look again.",
        )


async def _drop(connection: psycopg.AsyncConnection, name: str) -> None:
    await connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


async def _rename(connection: psycopg.AsyncConnection, old: str, new: str) -> None:
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    try:
        await connection.execute(rename.format(sql.Identifier(old), sql.Identifier(new)))
    except psycopg.errors.ObjectInUse as error:
        raise ParcoursError(
            "database_in_use",
            "The database is in use",
            hint="Stop servers and workers first, and look again.",
        ) from error


async def _run(
    cluster: Cluster, program: str, *arguments: str, watch: Callable[[], None] | None = None
) -> str | None:
    """Run a program of the server to its end, and end it where the caller is; return why it failed, or None.

    Raises ParcoursError `disk_full`.
    """
    programs = find_host(cluster.root).programs
    process = await asyncio.create_subprocess_exec(
        str(programs / program), *arguments, env=dict(ENVIRONMENT), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    talk = asyncio.create_task(process.communicate())
    try:
        while not talk.done():
            await asyncio.wait([talk], timeout=POLL_SECONDS)
            if watch is not None:
                with suppress(OSError):
                    watch()
    except BaseException:
        with suppress(ProcessLookupError):
            process.kill()
        raise
    _, answer = await talk
    if process.returncode == 0:
        return None
    said = answer.decode(errors="replace")
    reason = next((line.strip() for line in said.splitlines() if line.strip()), "no reason given")
    if "No space left on device" in said:
        raise ParcoursError("disk_full", "The disk is full", hint=f"Make room. {reason}")
    return reason
