"""Upkeep: partitions for the months ahead, and statistics that keep up with tables that grow by the minute.

Partitions of months that are behind what is kept go, once retention has emptied them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from psycopg import errors, sql
from psycopg.types.numeric import Int8

from parcours.engine.retention import kept
from parcours.store.database import Connection, Database
from parcours.store.queries import query
from parcours.store.roles import as_owner

__all__ = ["drop_emptied", "forget_messages", "keep_partitions", "keep_statistics"]

PARTITIONED = {"event": "happened_at", "passage": "at"}
RETAINED = {"event": "events", "passage": "passages"}  # table -> the kind for which retention is settled
MONTHS_AHEAD = 3
REMEMBERED = timedelta(days=7)  # repeated messages are recognised for so long
FORGOTTEN_AT_ONCE = 5000


async def keep_partitions(connection: Connection, now: datetime) -> list[str]:
    """Make the next missing partition of this month and those ahead; return its name in a list, or an empty one.

    One at a time, each in a transaction of its own: two would lock tables in an order that traffic does not keep.

    A month whose rows already lie in the default partition is left there: PostgreSQL would have to move them.
    """
    await as_owner(connection)
    row = await (await connection.execute(query("try_upkeep"))).fetchone()
    if not row or not row[0]:
        return []
    for table, column in PARTITIONED.items():
        for ahead in range(MONTHS_AHEAD):
            start, end = _month(now, ahead), _month(now, ahead + 1)
            name = f"{table}_{start:%Y_%m}"
            known = await (
                await connection.execute(query("table_exists"), {"name": f"parcours.{name}"})
            ).fetchone()
            if known and known[0]:
                continue
            taken = await connection.execute(
                sql.SQL("SELECT 1 FROM parcours.{} WHERE {} >= {} AND {} < {} LIMIT 1").format(
                    sql.Identifier(f"{table}_default"),
                    sql.Identifier(column),
                    start,
                    sql.Identifier(column),
                    end,
                )
            )
            if await taken.fetchone() is not None:
                continue
            await connection.execute(
                sql.SQL(
                    "CREATE TABLE parcours.{} PARTITION OF parcours.{} FOR VALUES FROM ({}) TO ({})"
                ).format(sql.Identifier(name), sql.Identifier(table), start, end)
            )
            return [name]
    return []


async def drop_emptied(database: Database, now: datetime) -> list[str]:
    """Drop the partitions of months that are older than what is kept, and empty; return their names.

    Each in a transaction of its own, which waits half a second at most for what is under way; else it is for next time.
    What still comes in of such a month goes to the default partition.
    """
    gone = []
    async with database.transaction() as connection:
        keep = await kept(connection)
        rows = await (await connection.execute(query("month_partitions"))).fetchall()
    for table, name in rows:
        kind = RETAINED[table]
        if kind in keep and _end_of(name) <= now - keep[kind]:
            try:
                async with database.transaction() as connection:
                    if await _drop_if_empty(connection, table, name):
                        gone.append(name)
            except errors.LockNotAvailable:
                continue
    return gone


async def _drop_if_empty(connection: Connection, table: str, name: str) -> bool:
    empty = sql.SQL("SELECT NOT EXISTS (SELECT 1 FROM parcours.{})").format(sql.Identifier(name))
    row = await (await connection.execute(empty)).fetchone()
    if row is None or not row[0]:
        return False
    await as_owner(connection)
    row = await (await connection.execute(query("try_upkeep"))).fetchone()
    if not row or not row[0]:
        return False
    # The parent first, as traffic locks them; nothing comes in behind that.
    await connection.execute(query("wait_half_a_second_for_locks"))
    await connection.execute(
        sql.SQL("LOCK TABLE ONLY parcours.{} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(table))
    )
    row = await (await connection.execute(empty)).fetchone()
    if row is None or not row[0]:
        return False
    await connection.execute(sql.SQL("DROP TABLE parcours.{}").format(sql.Identifier(name)))
    return True


def _end_of(name: str) -> datetime:
    """Return when the month of a partition ends, by its name."""
    year, month = name.split("_")[-2:]
    return _month(datetime(int(year), int(month), 1, tzinfo=UTC), 1)


async def keep_statistics(connection: Connection) -> list[str]:
    """Analyse the tables that changed much since they were analysed last; return their names.

    Autovacuum comes once a minute; a new installation takes in its first 100,000 people before that, and plans made
    for empty tables would be kept. Whoever does not own the tables leaves it to autovacuum.
    """
    rows = await (await connection.execute(query("stale_statistics"))).fetchall()
    for (name,) in rows:
        async with connection.transaction():
            await as_owner(connection)
            await connection.execute(sql.SQL("ANALYZE parcours.{}").format(sql.Identifier(name)))
    return [name for (name,) in rows]


async def forget_messages(connection: Connection, now: datetime) -> bool:
    """Forget some of the messages that came more than seven days ago; tell whether there may be more."""
    given = {"before": now - REMEMBERED, "n": Int8(FORGOTTEN_AT_ONCE)}
    return (await connection.execute(query("forget_seen"), given)).rowcount >= FORGOTTEN_AT_ONCE


def _month(now: datetime, ahead: int) -> datetime:
    months = now.year * 12 + now.month - 1 + ahead
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
