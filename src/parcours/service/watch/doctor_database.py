"""Questions of an examination that concern the database: its roles, tables, transactions, memory, copies."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from parcours.domain.timing import format_instant
from parcours.service.watch.findings import LATE, Finding, row_of, rows_of
from parcours.service.watch.recovery import latest_backup
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["append_only", "backup", "memory", "partitions", "transactions", "vacuum"]

OLD_BACKUP: Final = timedelta(days=7)


async def append_only(connection: Connection, _: datetime) -> list[Finding]:
    """Ask whether processes run as a role that cannot change the audit."""
    row = await (await connection.execute(query("app_role_ready"))).fetchone()
    if row is not None and row[0]:
        return [Finding("audit", "ok", "It is append-only: processes run as a role that cannot change it.")]
    said = "Nothing but good behaviour keeps it append-only: this user cannot take on the role for that."
    return [
        Finding("audit", "notice", said, "`parcours migrate` says what to run for the role parcours_app.")
    ]


async def partitions(connection: Connection, now: datetime) -> list[Finding]:
    """Ask for the partitions of this month and the next."""
    names, owner = await row_of(connection, "doctor_partitions")
    following = (now.replace(day=1) + timedelta(days=32)).replace(day=1)
    missing = [
        f"{table}_{month:%Y_%m}"
        for table in ("event", "passage")
        for month in (now, following)
        if f"{table}_{month:%Y_%m}" not in names
    ]
    if not missing:
        return [Finding("partitions", "ok", "This month and the next have theirs.")]
    remedy = (
        "A worker makes them." if owner else "Let the user of the workers own the tables: they make them."
    )
    said = f"There is no {', '.join(missing)}: rows go to the default partition."
    return [Finding("partitions", "notice", said, remedy)]


async def transactions(connection: Connection, now: datetime) -> list[Finding]:
    """Ask for transactions that are open for long."""
    rows = await rows_of(connection, "doctor_transactions", long=now - LATE)
    if not rows:
        return [Finding("transactions", "ok", f"None is open for longer than {LATE.seconds // 60} minutes.")]
    details = tuple(
        f"process {pid}, {who}, {state}, since {format_instant(since)}" for pid, who, state, since in rows
    )
    remedy = (
        "They keep dead rows from being removed: end them, at the worst by pg_terminate_backend(PROCESS)."
    )
    return [Finding("transactions", "wrong", f"{len(rows)} are open for long.", remedy, details)]


async def vacuum(connection: Connection, now: datetime) -> list[Finding]:
    """Ask for tables in which dead rows pile up."""
    rows = await rows_of(connection, "doctor_vacuum", long=now - timedelta(hours=1))
    if not rows:
        return [Finding("vacuum", "ok", "Dead rows are removed in time.")]
    details = tuple(f"{table}: {dead:,} dead rows beside {live:,}" for table, dead, live, _ in rows)
    remedy = "Look for long transactions; else raise autovacuum_vacuum_cost_limit, or run VACUUM."
    return [Finding("vacuum", "notice", f"Dead rows pile up in {len(rows)} tables.", remedy, details)]


async def memory(connection: Connection, _: datetime) -> list[Finding]:
    """Compare the indexes of people in journeys with the memory for pages."""
    kept, needed = (int(size) // 2**20 for size in await row_of(connection, "doctor_memory"))
    said = f"shared_buffers has {kept:,} MB, the indexes of people in journeys {needed:,} MB."
    if needed <= kept:
        return [Finding("memory", "ok", said)]
    remedy = "Raise shared_buffers: people move at up to twice the cost while these indexes do not fit."
    return [Finding("memory", "notice", said, remedy)]


async def backup(connection: Connection, now: datetime) -> list[Finding]:
    """Ask how old the latest copy of the built-in database is."""
    at = await latest_backup(connection)
    if at is None:
        return [Finding("backup", "notice", "There is none.", "Run `parcours backup FILE` regularly.")]
    said = f"The latest is of {format_instant(at)}."
    if now - at > OLD_BACKUP:
        return [Finding("backup", "notice", said, "Run `parcours backup FILE` regularly.")]
    return [Finding("backup", "ok", said)]
