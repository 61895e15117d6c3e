"""What is wrong with an installation, and how to mend it: questions to the database, each asked alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Final

import psycopg

from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant
from parcours.service.commands.holding import read_hold
from parcours.service.watch import doctor_database
from parcours.service.watch.alerts import alerts
from parcours.service.watch.findings import LATE, Finding, Level, Question, row_of, rows_of
from parcours.service.watch.gauges import read_load
from parcours.service.watch.ledger import read_ledgers
from parcours.service.watch.stuck import find_failed, find_stuck
from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = ["examine", "skew"]

SILENCE: Final = timedelta(seconds=15)  # as workers count each other
SLOW: Final = timedelta(minutes=1)
STALE: Final = timedelta(seconds=90)  # a unit in trouble is tried again each minute
GRACE: Final = timedelta(seconds=15)  # until overdue claims are settled by the workers
DAY: Final = timedelta(days=1)
SKEW_NOTICED, SKEW_WRONG = timedelta(seconds=1), timedelta(seconds=5)
OLDEST_SERVER: Final = 150000
OLDEST_ROW: Final = 1_000_000_000  # transactions; the server stops taking any at 2 billion
MANY: Final = 1000  # people looked for
CROWDED: Final = 0.9  # of all connections
REJECTED: Final = 0.05  # of a day's messages


async def examine(database: Database, now: datetime, *, embedded: bool) -> AsyncIterator[Finding]:
    """Ask everything, a finding at a time. `now` is this machine's clock; all else counts from the database's.

    A question that fails or takes too long is a finding itself.
    """
    at = now
    async for finding, there in _server(database, now):
        at = there or at
        yield finding
    questions: dict[str, Question] = {
        "workers": _workers,
        "units": _troubles,
        "due work": _due,
        "stuck people": _stuck,
        "commands": _commands,
        "sending": _sending,
        "messages": _messages,
        "outcomes": _outcomes,
        "ledger": _ledger,
        "alerts": _alerts,
        "audit": doctor_database.append_only,
        "partitions": doctor_database.partitions,
        "transactions": doctor_database.transactions,
        "vacuum": doctor_database.vacuum,
        "memory": doctor_database.memory,
    }
    if embedded:
        questions["backup"] = doctor_database.backup
    for name, question in questions.items():
        for finding in await _asked(database, name, question, at):
            yield finding


async def _sending(connection: Connection, _: datetime) -> list[Finding]:
    held = await read_hold(connection)
    if held is None:
        return [Finding("sending", "ok", "Messages leave as they are due.")]
    return [Finding("sending", "notice", str(held), "`parcours hold --release` lets them leave.")]


async def _asked(database: Database, name: str, question: Question, now: datetime) -> list[Finding]:
    try:
        async with database.transaction() as connection:
            for manner in ("be_brief", "be_polite"):
                await connection.execute(query(manner))
            return await question(connection, now)
    except psycopg.errors.QueryCanceled:
        return [Finding(name, "notice", "The answer takes longer than 20 seconds.", "Ask at a quieter time.")]
    except (psycopg.Error, ParcoursError) as error:
        reason = str(error).strip().split("\n", 1)[0]
        return [Finding(name, "wrong", f"It cannot be asked: {reason}", "See what the database says.")]


def skew(here: datetime, there: datetime) -> Finding:
    """Compare this machine's clock with the database's: commands are stamped by the one, work by the other."""
    apart = abs(here - there)
    said = f"This machine and the database are {apart.total_seconds():.1f} s apart."
    level: Level = "wrong" if apart > SKEW_WRONG else "notice" if apart > SKEW_NOTICED else "ok"
    return Finding("clock", level, said, "" if level == "ok" else "Let both follow a time server (NTP).")


async def _server(database: Database, now: datetime) -> AsyncIterator[tuple[Finding, datetime | None]]:
    found: list[datetime] = []

    async def ask(connection: Connection, _: datetime) -> list[Finding]:
        found.append((await row_of(connection, "database_now"))[0])
        number, version, used, most, vacuums, age = await row_of(connection, "doctor_server")
        findings = [Finding("server", "ok", f"PostgreSQL {version}, {used} of {most} connections in use.")]
        if number < OLDEST_SERVER:
            said = f"PostgreSQL {version} is older than 15."
            findings = [Finding("server", "wrong", said, "Upgrade the server.")]
        elif used >= CROWDED * most:
            said = f"{used} of {most} connections are in use."
            findings = [Finding("server", "wrong", said, "Raise max_connections, or use a pooler.")]
        if not vacuums:
            remedy = "Set autovacuum = on: without it tables grow for ever."
            findings.append(Finding("vacuum", "wrong", "Autovacuum is off.", remedy))
        if age > OLDEST_ROW:
            remedy = "Run VACUUM (FREEZE), and look for what keeps autovacuum from it."
            findings.append(
                Finding("vacuum", "wrong", f"The oldest row is {age:,} transactions old.", remedy)
            )
        return findings

    for finding in await _asked(database, "server", ask, now):
        yield finding, None
    for there in found:
        yield skew(now, there), there


async def _workers(connection: Connection, now: datetime) -> list[Finding]:
    names, free, buckets, needed = await row_of(connection, "doctor_workers", silent=now - SILENCE, now=now)
    if not names:
        level: Level = "wrong" if needed else "notice"
        return [Finding("workers", level, "No worker is alive.", "Start `parcours work`.")]
    said = f"{len(names)} alive: {', '.join(names)}; {buckets} buckets."
    if free:
        numbers = ", ".join(map(str, free))
        remedy = "Look again in some seconds; then see the workers' logs."
        return [Finding("workers", "wrong", f"{said} Nobody holds the buckets {numbers}.", remedy)]
    return [Finding("workers", "ok", said)]


async def _troubles(connection: Connection, now: datetime) -> list[Finding]:
    rows = await rows_of(connection, "doctor_troubles", stale=now - STALE)
    if not rows:
        return [Finding("units", "ok", "No unit waits after a failure.")]
    details = tuple(
        f"{journey} in bucket {bucket}: {tries} times since {format_instant(since)}, {code}: {message}"
        for bucket, journey, since, tries, code, message in rows
    )
    remedy = "Read the reason; if it is no fault of the database, it is one of the program: report it."
    return [Finding("units", "wrong", f"{len(rows)} units fail and are tried again.", remedy, details)]


async def _due(connection: Connection, now: datetime) -> list[Finding]:
    load = await read_load(connection, now)
    oldest = max(load.oldest, key=lambda kind: load.oldest[kind], default=None)
    seconds = load.oldest[oldest] if oldest else 0.0
    if oldest is None or seconds <= SLOW.total_seconds():
        return [Finding("due work", "ok", f"Nothing has been due for longer than {seconds:.0f} s.")]
    details = tuple(f"{kind}: {late:,.0f} s" for kind, late in load.oldest.items() if late > 0)
    said = f"The oldest {oldest} has been due for {seconds:,.0f} s."
    remedy = "Start more workers or give them more lanes; for messages, look at their channel."
    level: Level = "wrong" if seconds > LATE.total_seconds() else "notice"
    return [Finding("due work", level, said, remedy, details)]


async def _stuck(connection: Connection, now: datetime) -> list[Finding]:
    found = await find_stuck(connection, now, late=LATE, limit=MANY)
    failed = await find_failed(connection, now - DAY, limit=MANY)
    findings = []
    if found:
        count = f"{MANY} or more" if len(found) >= MANY else str(len(found))
        said = f"{count} people should have moved more than {LATE.seconds // 60} minutes ago."
        findings.append(Finding("stuck people", "wrong", said, "`parcours stuck` says who and why."))
    else:
        findings.append(Finding("stuck people", "ok", "Nobody is stuck."))
    if failed:
        said = f"{len(failed)} people fell out with step_failed within a day."
        findings.append(Finding("faults", "notice", said, "`parcours stuck` says who and why."))
    return findings


async def _commands(connection: Connection, now: datetime) -> list[Finding]:
    missed, settling = await row_of(connection, "doctor_commands", late=now - SLOW)
    findings = []
    if missed is not None:
        said = f"What should have happened by itself at {format_instant(missed)} has not."
        findings.append(
            Finding("commands", "wrong", said, "Start a worker: it carries out start and end dates.")
        )
    if settling:
        said = f"The stop of {', '.join(settling)} is still being written down."
        findings.append(Finding("commands", "notice", said, "Workers do that; nobody there moves meanwhile."))
    return findings or [Finding("commands", "ok", "Nothing is overdue.")]


async def _messages(connection: Connection, now: datetime) -> list[Finding]:
    failing, detail, lost = await row_of(connection, "doctor_messages", overdue=now - GRACE)
    findings = []
    if failing:
        said = f"{failing} messages were tried in vain and wait; the last answer was: {detail}"
        findings.append(
            Finding("messages", "notice", said, "See to the mail server, or the webhook's other side.")
        )
    if lost:
        said = f"{lost} messages have no outcome though their time is over."
        findings.append(Finding("messages", "wrong", said, "Start a worker: it settles them as uncertain."))
    return findings or [Finding("messages", "ok", "None was tried in vain, none lacks its outcome.")]


async def _outcomes(connection: Connection, now: datetime) -> list[Finding]:
    counts = {
        (state, reason): n
        for state, reason, n in await rows_of(connection, "doctor_outcomes", since=now - DAY)
    }
    every = sum(counts.values())
    uncertain = sum(n for (state, _), n in counts.items() if state == "uncertain")
    rejected = sum(n for (state, _), n in counts.items() if state == "rejected")
    said = f"Within a day: {every - uncertain - rejected} sent, {rejected} rejected, {uncertain} uncertain."
    if rejected > REJECTED * every:
        remedy = "`parcours journey show KEY` counts reasons; `parcours why USER KEY` shows the answers."
        return [Finding("outcomes", "wrong", said, remedy)]
    if uncertain:
        remedy = "Ask the mail server about them: they are not sent again."
        return [Finding("outcomes", "notice", said, remedy)]
    return [Finding("outcomes", "ok", said)]


async def _ledger(connection: Connection, _: datetime) -> list[Finding]:
    ledgers = await read_ledgers(connection)
    details = tuple(f"{one.journey} {one.version}: {bad}" for one in ledgers for bad in one.mismatches)
    if details:
        remedy = "Keep the output of `parcours ledger --json`, and report it: it is a fault of the program."
        return [Finding("ledger", "wrong", "It does not balance.", remedy, details[:20])]
    return [Finding("ledger", "ok", f"All versions balance ({len(ledgers)}).")]


async def _alerts(connection: Connection, _: datetime) -> list[Finding]:
    standing = await alerts(connection)
    if not standing:
        return [Finding("alerts", "ok", "None stands.")]
    details = tuple(
        f"{one['severity']}: {one['kind']}{' ' + one['journey'] if one['journey'] else ''}, since {one['since']}: "
        f"{one['said']}"
        for one in standing[:20]
    )
    critical = sum(one["severity"] == "critical" for one in standing)
    level: Level = "wrong" if critical else "notice"
    said = "1 stands" if len(standing) == 1 else f"{len(standing)} stand"
    remedy = "`parcours alerts` says what to do about each."
    return [Finding("alerts", level, f"{said}, {critical} of them critical.", remedy, details)]
