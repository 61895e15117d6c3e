"""Scheduled runs in a unit: the next people of a bucket are looked at, those who match come into the inbox.

From there they are admitted or refused like everybody else. How far a run has come stands in the fence, which the
unit has locked: suggested people and the place behind them are kept in one transaction, so nobody is left out and
nobody comes twice, whenever a worker dies.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
from psycopg.types.numeric import Int4, Int8

from parcours.domain.fence import FenceVersion
from parcours.domain.runs import FenceRun

if TYPE_CHECKING:
    from parcours.engine.unit import Unit

__all__ = ["suggest_next"]

# SQLSTATE classes of a value that a statement cannot bear.
POISON = ("21", "22", "23")


async def suggest_next(unit: Unit) -> bool:
    """Let the oldest run of this bucket come to its next people; False where no run is under way."""
    while unit.runs:
        run = unit.runs[0]
        entry = _admitting(unit.result.fence, run)
        if entry is None:  # closed or stopped meanwhile: its triggers are off (R17)
            await _keep(unit, unit.runs[1:])
            continue
        limit = unit.limits.people
        cursor = await unit.execute("run_window", after=run.after, n=Int8(limit))
        count, last = await cursor.fetchone()
        if count:
            await _suggest(unit, entry, run, last)
        rest = [replace(run, after=last)] if count >= limit else []
        await _keep(unit, [*rest, *unit.runs[1:]])
        return True
    return False


def _admitting(fence: list[FenceVersion], run: FenceRun) -> FenceVersion | None:
    for entry in fence:
        if entry.version_id == run.version_id:
            open_ = entry.rights.may_admit or entry.refuse_with == "journey_paused"
            return entry if open_ and entry.status not in ("stopped", "finished") else None
    return None


async def _suggest(unit: Unit, entry: FenceVersion, run: FenceRun, last: str) -> None:
    given = {
        "after": run.after,
        "last": last,
        "at": run.at,
        "part": Int4(run.part),
        "triggers": list(run.triggers),
    }
    name = "run"
    if run.since is not None:  # a backfill
        name = "backfill"
        given |= {"since": run.since, "upto": run.at}
        if name not in unit.loaded[entry.version_id].statements:
            return
    if unit.limits.people > 1:
        await unit.compiled(entry, name, **given)
        return
    try:  # a culprit is looked for: a run passes over whom its statement cannot bear
        async with unit.connection.transaction():
            await unit.compiled(entry, name, **given)
    except psycopg.Error as error:
        if (error.sqlstate or "")[:2] not in POISON:
            raise


async def _keep(unit: Unit, runs: list[FenceRun]) -> None:
    unit.runs = runs
    await unit.execute("keep_runs", runs=json.dumps([run.as_json() for run in runs]))
