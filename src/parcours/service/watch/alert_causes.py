"""What stands in need of an alert now: each kind is one question to the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from parcours.domain.alerts import Cause
from parcours.domain.condition_words import say_duration
from parcours.domain.timing import format_instant
from parcours.service.watch.gauges import read_load
from parcours.service.watch.ledger_check import open_mismatches
from parcours.settings import Settings
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Thresholds", "find_causes", "free_buckets", "thresholds"]

SILENCE: Final = timedelta(seconds=15)  # as workers count each other
STALE: Final = timedelta(seconds=90)  # a unit in trouble is tried again each minute, and writes that down
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
KEPT: Final = 20  # details of one alert


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From when on something is worth an alert."""

    overdue: timedelta
    send_failures: float  # of the messages of an hour
    send_minimum: int  # failures, below which no rate is looked at
    no_entrants: timedelta  # zero: only where a journey asks for it


def thresholds(settings: Settings) -> Thresholds:
    """Return what is set."""
    return Thresholds(
        timedelta(minutes=settings.alert_overdue),
        settings.alert_send_failures / 100,
        settings.alert_send_minimum,
        timedelta(hours=settings.alert_no_entrants),
    )


async def find_causes(
    connection: Connection, now: datetime, limits: Thresholds, free: Collection[int] = ()
) -> list[Cause]:
    """Return everything that stands now. `free` are buckets that have had no holder for some time."""
    questions = (_engine, _ledger, _units, _sends, _resumes, _commands, _entrants)
    causes = [cause for question in questions async for cause in question(connection, now, limits)]
    if free:
        numbers = ", ".join(map(str, sorted(free)))
        said = f"Nobody holds {'the bucket' if len(free) == 1 else 'the buckets'} {numbers}."
        causes.append(Cause("buckets_free", said, details={"buckets": sorted(free)}))
    return causes


async def free_buckets(connection: Connection, now: datetime) -> set[int]:
    """Return the buckets that nobody holds at this moment, while there is work."""
    row = await (
        await connection.execute(query("free_buckets"), {"now": now, "silent": now - SILENCE})
    ).fetchone()
    return set(row[0]) if row else set()


async def _engine(connection: Connection, now: datetime, limits: Thresholds) -> AsyncIterator[Cause]:
    load = await read_load(connection, now)
    late = {
        kind: seconds for kind, seconds in load.oldest.items() if seconds > limits.overdue.total_seconds()
    }
    if not late:
        return
    kind = max(late, key=lambda kind: late[kind])
    moved = await (await connection.execute(query("newest_move"))).fetchone()
    last = moved[0] if moved else None
    still = last is None or last < now - limits.overdue
    since = f"nobody has moved since {format_instant(last)}" if last else "nobody has ever moved"
    said = f"The oldest {kind} has been due for {say_duration(timedelta(seconds=int(late[kind])))}"
    said += f", and {since}." if still else ", while people do move."
    details = {"late_seconds": {kind: round(seconds) for kind, seconds in late.items()}}
    yield Cause("engine_stopped" if still else "engine_late", said, details=details)


async def _ledger(connection: Connection, now: datetime, limits: Thresholds) -> AsyncIterator[Cause]:  # noqa: ARG001
    found = defaultdict(list)
    for journey, version, bucket, equation, expected, number, since in await open_mismatches(connection):
        found[journey, version].append(
            {
                "bucket": bucket,
                "equation": equation,
                "expected": expected,
                "found": number,
                "since": format_instant(since),
            }
        )
    for (journey, version), wrong in found.items():
        first = wrong[0]
        said = (
            f"The ledger of version {version} does not hold in {len(wrong)} places; the first: bucket {first['bucket']}, "
            f"{first['equation']}: {first['expected']} expected, {first['found']} found."
        )
        yield Cause("ledger", said, journey, str(version), {"mismatches": wrong[:KEPT]})


async def _units(connection: Connection, now: datetime, limits: Thresholds) -> AsyncIterator[Cause]:  # noqa: ARG001
    rows = await _rows(connection, "failing_units", stale=now - STALE)
    for journey, count, since, tries, code, message in rows:
        buckets = "one bucket" if count == 1 else f"{count} buckets"
        said = f"Its units fail in {buckets} since {format_instant(since)}, up to {tries} times: {message} ({code})"
        yield Cause(
            "units_failing", said, journey, details={"buckets": count, "code": code, "message": message}
        )


async def _sends(connection: Connection, now: datetime, limits: Thresholds) -> AsyncIterator[Cause]:
    since = now - HOUR
    for journey, number, failed, detail, ways in await _rows(
        connection, "failed_sends", since=since, least=limits.send_minimum
    ):
        [(taken,)] = await _rows(connection, "taken_sends", j=number, since=since)
        rate = failed / (failed + taken)
        if rate > limits.send_failures:
            said = (
                f"{failed:,} of {failed + taken:,} messages ({', '.join(ways)}) could not be handed over within an hour, "
                f"{rate:.0%}; one answer: {detail}"
            )
            yield Cause(
                "send_failures", said, journey, details={"failed": failed, "taken": taken, "answer": detail}
            )


async def _resumes(connection: Connection, now: datetime, limits: Thresholds) -> AsyncIterator[Cause]:  # noqa: ARG001
    for journey, version, at in await _rows(connection, "blocked_resumes"):
        said = f"Version {version} should have been resumed at {format_instant(at)}, and its definition has errors."
        yield Cause(
            "resume_blocked", said, journey, str(version), {"version": version, "at": format_instant(at)}
        )


async def _commands(connection: Connection, now: datetime, limits: Thresholds) -> AsyncIterator[Cause]:  # noqa: ARG001
    for number, journey, command, actor, at, code, words in await _rows(
        connection, "refused_commands", since=now - DAY
    ):
        said = f"{command}, given by {actor}, was refused at {format_instant(at)}: {words} ({code})"
        details = {"scheduled_id": number, "command": command, "actor": actor, "refused": code}
        yield Cause("command_refused", said, journey, str(number), details)


async def _entrants(connection: Connection, now: datetime, limits: Thresholds) -> AsyncIterator[Cause]:
    await connection.execute(query("tally_entrants"), {"now": now})
    within = limits.no_entrants
    for journey, version, since, asked in await _rows(connection, "quiet_journeys", now=now, within=within):
        said = f"Nobody has entered version {version} since {format_instant(since)}: {say_duration(asked)} are expected."
        yield Cause("no_entrants", said, journey, details={"since": format_instant(since)})


async def _rows(connection: Connection, name: str, **given: Any) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query(name), given)).fetchall()
