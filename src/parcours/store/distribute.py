"""Spreading the tables over the nodes of a Citus cluster: people by bucket, what is shared on every node.

What each table holds is said in the migrations (`-- table NAME: person(bucket) | shared | local`).
"""

from __future__ import annotations

from typing import Final

from psycopg import AsyncConnection, sql

from parcours.domain.errors import ParcoursError
from parcours.store.migrate import Connection, migrate, migrations
from parcours.store.queries import query

__all__ = ["DISTRIBUTED_BUCKETS", "migrate_distributed", "placing_statements"]

DISTRIBUTED_BUCKETS: Final = 256
FIRST: Final = "lease"  # the table beside whose parts those of all others lie


def placing_statements() -> dict[str, sql.Composed]:
    """Return the statement that places each table, by name, in an order that can be carried out.

    Shared tables come first, in the order of their making: a table refers to earlier ones only.
    """
    placed = [pair for migration in migrations() for pair in migration.placements]
    shared = [table for table, place in placed if place == "shared"]
    people = sorted((table for table, place in placed if place == "person(bucket)"), key=lambda t: t != FIRST)
    statements = {
        table: sql.SQL("SELECT create_reference_table({})").format(f"parcours.{table}") for table in shared
    }
    for table in people:
        beside = "none" if table == FIRST else f"parcours.{FIRST}"
        statements[table] = sql.SQL(
            "SELECT create_distributed_table({}, 'bucket', colocate_with => {})"
        ).format(f"parcours.{table}", beside)
    return statements


async def migrate_distributed(connection: Connection, buckets: int) -> tuple[list[str], list[str]]:
    """Bring a cluster to this version's schema and place what is not placed yet.

    Returns the migrations applied and the tables placed now; may be repeated. The connection is in autocommit.
    Raises ParcoursError `citus_missing`, and those of `migrate`.
    """
    await _require_citus(connection)
    applied = await migrate(connection, buckets)
    rows = await (await connection.execute(query("placed_tables"))).fetchall()
    already = {table for (table,) in rows}
    placed = []
    for table, statement in placing_statements().items():
        if table not in already:
            await connection.execute(statement)
            placed.append(table)
    return applied, placed


async def _require_citus(connection: AsyncConnection[tuple[object, ...]]) -> None:
    row = await (await connection.execute(query("citus_version"))).fetchone()
    if row is None:
        raise ParcoursError(
            "citus_missing",
            "This database has no Citus, so its tables cannot be spread over several nodes",
            hint="Leave --distributed out; or create the extension citus in the database, on a cluster that has it.",
        )
