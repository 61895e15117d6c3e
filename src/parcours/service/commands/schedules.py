"""Schedules of journeys: when they occur, and how the runs of an occurrence begin and end (R24, waves)."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from cronsim import CronSim, CronSimError

from parcours.domain.cron import plain_cron
from parcours.domain.journey import Journey, ScheduleTrigger
from parcours.domain.parse import parse_journey
from parcours.domain.runs import FenceRun
from parcours.domain.timing import find_zone, format_instant, local_instant
from parcours.service.commands.trail import record
from parcours.service.commands.versions import lock_family
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = [
    "BegunRun",
    "begin_runs",
    "end_runs",
    "never_occurs",
    "newest_occurrence",
    "next_occurrence",
    "plan_schedules",
]

MARGIN = timedelta(hours=4)  # no clock is set back by more


@dataclass(frozen=True, slots=True)
class BegunRun:
    """A run that has begun: of which version, and its instant."""

    journey: str
    version: int
    at: datetime


def next_occurrence(trigger: ScheduleTrigger, zone: tzinfo, after: datetime) -> datetime | None:
    """Return the first occurrence strictly after an instant, in UTC; None where there is none any more.

    The cron text names local times; one that is skipped or comes twice is read by R20. `now` has none.
    """
    if trigger.cron is None:
        return trigger.once if trigger.once is not None and trigger.once > after else None
    try:
        for wall in CronSim(plain_cron(trigger.cron), after.astimezone(zone).replace(tzinfo=None, fold=0)):
            instant = local_instant(wall.date(), wall.time(), zone)
            if instant > after:
                return instant
    except (CronSimError, OverflowError):
        return None
    return None


def never_occurs(cron: str) -> bool:
    """Tell whether a cron text names a day that no month has."""
    return next_occurrence(ScheduleTrigger("", cron=cron), UTC, datetime(2000, 1, 1, tzinfo=UTC)) is None


def newest_occurrence(trigger: ScheduleTrigger, zone: tzinfo, known: datetime, now: datetime) -> datetime:
    """Return the latest occurrence up to `now`; `known` is one that has come."""
    if trigger.cron is None:
        return known
    behind = (now.astimezone(zone).replace(tzinfo=None, fold=0)) + MARGIN
    for wall in CronSim(plain_cron(trigger.cron), behind, reverse=True):
        instant = local_instant(wall.date(), wall.time(), zone)
        if instant <= now:
            return max(instant, known)
    return known


async def plan_schedules(connection: Connection, version_id: int, journey: Journey, at: datetime) -> None:
    """Note the first occurrences of a version published now; `now` means this instant."""
    zone = find_zone(journey.timezone) or UTC
    triggers = journey.entry.triggers
    for number, trigger in enumerate(triggers):
        if isinstance(trigger, ScheduleTrigger):
            first = at if trigger.now else next_occurrence(trigger, zone, at)
            if first is not None:
                await connection.execute(query("plan_schedule"), {"v": version_id, "no": number, "at": first})
    if triggers and all(isinstance(t, ScheduleTrigger) and t.cron is None for t in triggers):
        await connection.execute(query("mark_one_shot"), {"v": version_id})


async def begin_runs(connection: Connection, at: datetime, most: int = 1000) -> list[BegunRun]:
    """Begin the runs whose instant has come, `most` at once, oldest first, journeys in the order of their keys.

    Of occurrences that nobody began in time the newest runs, once (R24). Another worker that does the same is
    passed by.
    """
    await _occur(connection, at)
    begun = []
    rows = await (await connection.execute(query("runs_due"), {"at": at, "n": most})).fetchall()
    for run_id, version_id, due, occurrence, part, triggers, number, status, journey_id, key in rows:
        family = await lock_family(connection, key)
        if not family.find(number).entry_open:
            continue  # shut while we waited for it: void
        await family.lock_fences()
        run = FenceRun(run_id, version_id, due, part, tuple(triggers))
        await connection.execute(query("begin_run"), {"run": run_id, "at": at})
        await connection.execute(
            query("hand_out_run"), {"j": journey_id, "runs": json.dumps([run.as_json()])}
        )
        options = {"occurrence": format_instant(occurrence), "part": part}
        await _record(connection, key, number, status, at=at, options=options)
        begun.append(BegunRun(key, number, due))
    return begun


async def end_runs(connection: Connection, at: datetime) -> None:
    """Note which runs have come to everybody."""
    begun = [run for (run,) in await (await connection.execute(query("open_runs"))).fetchall()]
    if not begun:
        return
    there = {run for (run,) in await (await connection.execute(query("runs_under_way"))).fetchall()}
    done = [run for run in begun if run not in there]
    if done:
        await connection.execute(query("end_runs"), {"runs": done, "at": at})


async def _occur(connection: Connection, at: datetime) -> None:
    """Turn the schedules that are due into runs, and note when they come again."""
    await connection.execute(query("void_schedules"))
    await connection.execute(query("void_runs"))
    due: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for version_id, *row in await (await connection.execute(query("schedules_due"), {"at": at})).fetchall():
        due[version_id].append(tuple(row))
    for version_id, rows in due.items():
        journey, problems = parse_journey(rows[0][2])
        if journey is None:
            raise ValueError(f"version {version_id} cannot be read: {problems[0].message}")
        await _runs_of(connection, version_id, journey, [(number, known) for number, known, _ in rows], at)


async def _runs_of(
    connection: Connection, version_id: int, journey: Journey, due: list[tuple[int, datetime]], at: datetime
) -> None:
    zone = find_zone(journey.timezone) or UTC
    together: dict[datetime, list[int]] = defaultdict(list)
    for number, known in due:
        trigger = journey.entry.triggers[number]
        assert isinstance(trigger, ScheduleTrigger)
        occurrence = newest_occurrence(trigger, zone, known, at)
        together[occurrence].append(number)
        coming = next_occurrence(trigger, zone, occurrence) if trigger.cron is not None else None
        if coming is None:
            await connection.execute(query("end_schedule"), {"v": version_id, "no": number})
        else:
            await connection.execute(query("plan_schedule"), {"v": version_id, "no": number, "at": coming})
    waves = journey.entry.waves
    for occurrence, triggers in sorted(together.items()):
        for part in range(waves.parts if waves else 1):
            given = {
                "v": version_id,
                "occurrence": occurrence,
                "part": part,
                "triggers": triggers,
                "at": occurrence + part * waves.every if waves else occurrence,
            }
            await connection.execute(query("plan_run"), given)


async def _record(
    connection: Connection, key: str, number: int, status: str, *, at: datetime, options: dict[str, Any]
) -> None:
    """Keep it in the audit, which also tells the workers that this journey has work."""
    await record(
        connection, at, actor="engine", key=key, command="run", version_no=number, options=options,
        reason="schedule", from_status=status, to_status=status,
    )  # fmt: skip
