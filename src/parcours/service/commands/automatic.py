"""What happens to versions by itself: dates, commands given for later, and the end of versions that are over."""

from __future__ import annotations

from datetime import datetime

from parcours.domain.records import CommandResult
from parcours.service.commands.answering import Order, audit
from parcours.service.commands.lifecycle import execute
from parcours.service.commands.pause_ends import end_pause
from parcours.service.commands.schedules import end_runs
from parcours.service.commands.scheduling import carry_out
from parcours.service.commands.versions import lock_family
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["finish_versions", "run_scheduled"]


async def run_scheduled(connection: Connection, at: datetime, most: int | None = None) -> list[CommandResult]:
    """Carry out what happens by itself and is due, in its order; at most so many.

    Start and end dates count from their own instant, commands given for later from this one.
    """
    cursor = await connection.execute(query("scheduled_due"), {"at": at, "n": most})
    results = []
    for (
        number,
        version_id,
        due,
        command,
        key,
        version_no,
        _,
        _,
        _,
        given,
        pause_no,
    ) in await cursor.fetchall():
        if given:
            result = await carry_out(connection, number, key, command, at)
            results += [result] if result is not None else []
            continue
        done = await connection.execute(query("end_scheduled"), {"id": number, "at": at})
        if done.rowcount == 0:
            continue  # another worker was faster
        if pause_no is not None:
            order = Order(key, command, version_no, actor="engine", reason="end of the pause")
            result = await end_pause(connection, order, pause_no, due)
            results += [result] if result is not None else []
            continue
        family = await lock_family(connection, key)
        version = family.find(version_no)
        instant = max(due, version.published_at or due)
        if command == "open":
            await family.lock_fences()
            if version.status in ("live", "closed"):
                await connection.execute(query("release_version"), {"v": version_id, "at": instant})
                family = await lock_family(connection, key)
            # What was kept for people whom a transfer took along before the start (P71).
            await family.set_fences(
                instant, {version_id: "resume"} if version.status in ("live", "closed") else None
            )
            order = Order(key, "publish", version_no, actor="engine", reason="start date")
            result = CommandResult(key, version_no, "open", version.status, version.status)
            await audit(connection, order, instant, result)
        elif version.entry_open:
            order = Order(key, command, version_no, actor="engine", reason="end date")
            results.append(await execute(connection, order, instant))
    return results


async def finish_versions(connection: Connection, at: datetime) -> list[str]:
    """Finish versions that nobody is inside of and nobody enters any more, and end the settling of swept ones.

    Those are closed versions, and live ones whose scheduled runs are done. Returns what was done.
    """
    done = []
    await end_runs(connection, at)
    rows = await (await connection.execute(query("settling_versions"))).fetchall()
    rows += await (await connection.execute(query("spent_versions"))).fetchall()
    for journey_id, key, version_id, version_no, status, _ in rows:
        row = await (
            await connection.execute(query("tasks_open"), {"j": journey_id, "v": version_id})
        ).fetchone()
        if row and row[0]:
            continue
        if status == "stopped":
            await connection.execute(query("end_settling"), {"v": version_id})
            continue
        inside = await (await connection.execute(query("anybody_inside"), {"v": version_id})).fetchone()
        if inside and inside[0]:
            continue
        family = await lock_family(connection, key)
        version = family.find(version_no)
        if version.status not in ("closed", "live"):
            continue
        await family.lock_fences()
        if version.status == "live" and await family.anybody_inside(version):
            continue  # added by hand while we waited
        await family.set_status(version, "finished", entry_open=False, at=at)
        await family.set_fences(at)
        order = Order(key, "close", version_no, actor="engine", reason="nobody is inside any more")
        result = CommandResult(key, version_no, "finish", version.status, "finished", {})
        await audit(connection, order, at, result)
        done.append(f"{key} {version_no}")
    return done
