"""Migrations: numbered SQL files, applied once and in order, in one transaction that others wait for.

Every table says in its file whose rows it holds: `-- table NAME: person(bucket) | shared | local`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final, TypeAlias

from psycopg import AsyncConnection
from psycopg.rows import tuple_row

from parcours.domain.errors import ParcoursError
from parcours.store.queries import query

__all__ = ["Migration", "MigrationFileError", "migrate", "migrations", "read_buckets", "verify"]

FILE_NAME: Final = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
PLACEMENT: Final = re.compile(r"^-- table ([a-z0-9_.]+): (person\(bucket\)|shared|local)$", re.MULTILINE)
NEW_TABLE: Final = re.compile(
    r"^CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?([a-z0-9_.]+)(?![a-z0-9_.]| PARTITION OF)", re.MULTILINE
)

Connection: TypeAlias = AsyncConnection[Any]


class MigrationFileError(Exception):
    """A migration file that does not keep the form; a mistake of ours."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file. `placements` tells whose rows its new tables hold: person(bucket), shared or local."""

    number: int
    name: str
    text: str
    checksum: str
    placements: tuple[tuple[str, str], ...]


async def migrate(connection: Connection, buckets: int) -> list[str]:
    """Bring the database to this version's schema; return the names of the migrations applied now.

    All or nothing, and safe to run from several processes: one works, the others wait and find it done.
    `buckets` is settled at the first time. Raises ParcoursError `schema_unknown`, `schema_changed`,
    `buckets_differ`.
    """
    async with connection.transaction():
        await connection.execute(query("lock_schema"))
        await connection.execute(query("create_schema"))
        await connection.execute(query("create_migration_table"))
        applied = await _applied(connection)
        missing = [migration for migration in migrations() if migration.number not in applied]
        for migration in missing:
            # Without parameters psycopg sends the file as it is, with all its statements.
            await connection.execute(migration.text, prepare=False)
            await connection.execute(
                query("record_migration"),
                {"number": migration.number, "name": migration.name, "checksum": migration.checksum},
            )
        await _settle_buckets(connection, buckets)
    return [migration.name for migration in missing]


async def verify(connection: Connection) -> int:
    """Return the number of buckets of a database that has exactly this version's schema.

    Raises ParcoursError: `schema_unknown` (made by a newer version), `schema_changed` (a file differs from
    what was applied), `schema_behind` (migrations are missing).
    """
    async with connection.transaction():
        [(present,)] = await _rows(connection, "migration_table_exists")
        applied = await _applied(connection) if present else set()
        missing = [migration.name for migration in migrations() if migration.number not in applied]
        if missing:
            raise ParcoursError(
                "schema_behind",
                f"The database lacks {len(missing)} of {len(migrations())} migrations, first {missing[0]}",
                hint="Run `parcours migrate`.",
            )
        return await read_buckets(connection)


async def read_buckets(connection: Connection) -> int:
    """Return into how many buckets the people of this database are divided."""
    [(buckets,)] = await _rows(connection, "read_buckets")
    return int(buckets)


async def _settle_buckets(connection: Connection, buckets: int) -> None:
    await connection.execute(query("record_buckets"), {"buckets": buckets})
    settled = await read_buckets(connection)
    if settled != buckets:
        raise ParcoursError(
            "buckets_differ",
            f"This database divides people into {settled} buckets, not {buckets}",
            hint=f"Set PARCOURS_BUCKETS={settled}.",
        )
    await connection.execute(query("create_leases"), {"buckets": buckets})


async def _applied(connection: Connection) -> set[int]:
    """Return the numbers of the applied migrations; refuse what this version does not know."""
    known = {migration.number: migration for migration in migrations()}
    rows = await _rows(connection, "list_migrations")
    for number, name, checksum in rows:
        if number not in known:
            raise ParcoursError(
                "schema_unknown",
                f"The database has a migration that this version does not know: {number:04}_{name}",
                hint="Use the version of parcours that made it, or a newer one.",
            )
        if known[number].checksum != checksum:
            raise ParcoursError(
                "schema_changed",
                f"Migration {number:04}_{name} was applied with another text than this version has",
                hint="Use the version of parcours that made this database.",
            )
    return {number for number, _, _ in rows}


@cache
def migrations() -> tuple[Migration, ...]:
    """Return this version's migrations in order. Raises MigrationFileError where a file breaks the form."""
    folder = files("parcours.store") / "migrations"
    sources = {
        file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if ".sql" in file.name
    }
    return collect(sources)


def collect(sources: dict[str, str]) -> tuple[Migration, ...]:
    """Order and check migration files, given as name → text: numbered from 1, each once, every table placed."""
    found = [_migration(name, text) for name, text in sorted(sources.items())]
    numbers = [migration.number for migration in found]
    if numbers[:1] != [1] or len(set(numbers)) < len(numbers):
        raise MigrationFileError(f"migrations are not numbered from 1 on, each once: {numbers}")
    return tuple(found)


def _migration(file: str, text: str) -> Migration:
    name = FILE_NAME.fullmatch(file)
    if name is None:
        raise MigrationFileError(f"{file}: a migration is called NNNN_what_it_does.sql")
    placements = {_bare(table): placement for table, placement in PLACEMENT.findall(text)}
    tables = {_bare(table) for table in NEW_TABLE.findall(text)}
    if tables - placements.keys():
        raise MigrationFileError(f"{file}: no `-- table NAME: ...` for {sorted(tables - placements.keys())}")
    if placements.keys() - tables:
        raise MigrationFileError(
            f"{file}: places {sorted(placements.keys() - tables)}, which it does not make"
        )
    return Migration(
        number=int(name[1]),
        name=name[2],
        text=text,
        checksum=sha256(text.encode()).hexdigest(),
        placements=tuple(placements.items()),
    )


def _bare(table: str) -> str:
    return table.removeprefix("parcours.")


async def _rows(connection: Connection, name: str) -> list[tuple[Any, ...]]:
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(query(name))
        return await cursor.fetchall()
