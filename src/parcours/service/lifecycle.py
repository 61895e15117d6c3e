"""Lifecycle commands: each is one transaction of small rows, true from its commit on (lifecycle: Guarantee).

A command locks the versions, asks the matrix, waits for the units under way at the fences, and writes status,
fences and audit. What needs many rows is left behind as a task in the fences.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from parcours.compiler import compile_journey
from parcours.domain.checks import Known
from parcours.domain.errors import ParcoursError
from parcours.domain.journey import Journey
from parcours.domain.lifecycle import Become, Command, Refuse, decide, entry_is_open, status_of
from parcours.domain.parse import parse_journey
from parcours.domain.problems import Problem, has_errors
from parcours.domain.records import CommandResult
from parcours.domain.refusals import refusal
from parcours.service.attachments import read_attachments
from parcours.service.audience_conditions import audience_conditions
from parcours.service.checking import definition_problems
from parcours.service.schedules import end_runs, plan_schedules
from parcours.service.surroundings import surroundings
from parcours.service.versions import Family, VersionRow, lock_family
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["AVAILABLE", "Order", "execute", "finish_versions", "run_scheduled"]

AVAILABLE: tuple[Command, ...] = ("publish", "pause", "resume", "close", "stop")


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody commands: `version_no` None means every version to which it legally applies."""

    journey: str
    command: Command
    version_no: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    reason: str | None = None
    actor: str = "cli"
    dry_run: bool = False


async def execute(connection: Connection, order: Order, at: datetime) -> CommandResult:
    """Carry out a command in the caller's transaction; with `dry_run` only say what it would do.

    A refusal is an answer, recorded in the audit, not an error. Raises ParcoursError `unknown_journey`,
    `unknown_version`, `not_available`.
    """
    family = await lock_family(connection, order.journey)
    _check_options(order)
    asked = [family.find(order.version_no)] if order.version_no is not None else family.versions
    if order.command == "publish":
        return await _publish(family, order, at)
    acted = [
        version
        for version in asked
        if isinstance(decide(order.command, version.status, entry_open=version.entry_open), Become)
    ]
    if not acted:
        return await _nothing_to_do(family, order, at, asked)
    newest = acted[-1]
    if not order.dry_run:
        await family.lock_fences()
    counts = await family.counts(acted)
    becomes = newest.status
    tasks: dict[int, Literal["resume", "sweep"]] = {}
    for version in acted:
        outcome = decide(order.command, version.status, entry_open=version.entry_open)
        assert isinstance(outcome, Become)
        status = status_of(outcome.state)
        if order.command == "close" and status == "closed" and not await family.anybody_inside(version):
            status = "finished"
        if version is newest:
            becomes = status
        if order.dry_run:
            continue
        settling = None
        if order.command == "resume":
            tasks[version.version_id] = "resume"
        if status == "stopped" and counts["inside"] + counts["messages"]:
            tasks[version.version_id] = "sweep"
            settling = "sweep"
        await family.set_status(
            version, status, entry_open=entry_is_open(outcome.state), at=at, settling=settling,
            pause=_pause_choices(version, order) if status == "paused" else None, release=order.command == "resume",
        )  # fmt: skip
    result = CommandResult(
        order.journey, newest.version_no, order.command, newest.status, becomes, counts, dry_run=order.dry_run,
        changed=tuple(version.version_id for version in acted),
    )  # fmt: skip
    if not order.dry_run:
        await family.set_fences(at, tasks)
        await _audit(connection, order, at, result)
    return result


async def run_scheduled(connection: Connection, at: datetime) -> list[CommandResult]:
    """Carry out what happens by itself and is due (start and end dates), each at its own instant."""
    cursor = await connection.execute(query("scheduled_due"), {"at": at})
    results = []
    for number, version_id, due, command, key, version_no, _, _, _ in await cursor.fetchall():
        done = await connection.execute(query("end_scheduled"), {"id": number, "at": at})
        if done.rowcount == 0:
            continue  # another worker was faster
        family = await lock_family(connection, key)
        version = family.find(version_no)
        instant = max(due, version.published_at or due)
        if command == "open":
            await family.lock_fences()
            if version.status in ("live", "closed"):
                await connection.execute(query("release_version"), {"v": version_id, "at": instant})
                family = await lock_family(connection, key)
            await family.set_fences(instant)
            order = Order(key, "publish", version_no, actor="engine", reason="start date")
            result = CommandResult(key, version_no, "open", version.status, version.status)
            await _audit(connection, order, instant, result)
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
        await _audit(connection, order, at, result)
        done.append(f"{key} {version_no}")
    return done


async def _publish(family: Family, order: Order, at: datetime) -> CommandResult:
    version = family.find(order.version_no) if order.version_no is not None else family.draft
    if version is None:
        return await _nothing_to_do(family, order, at, family.published)
    if version.status != "draft":
        return await _nothing_to_do(family, order, at, [version])
    known = await surroundings(family.connection, family.journey_id)
    files = await read_attachments(family.connection, version.version_id)
    journey, problems = _definition(version, known, files)
    if journey is None or has_errors(problems):
        first = next(p for p in problems if p.severity == "error")
        result = CommandResult(
            order.journey, version.version_no, "publish", "draft", "draft", await family.counts([version]), "invalid",
            f"the definition has {sum(p.severity == 'error' for p in problems)} errors; the first: {first.place}: "
            f"{first.message} ({first.code})",
            "Run `parcours check FILE` to see all of them.", dry_run=order.dry_run,
        )  # fmt: skip
        if not order.dry_run:
            await _audit(family.connection, order, at, result)
        return result
    result = CommandResult(
        order.journey, version.version_no, "publish", "draft", "live", await family.counts([version]),
        dry_run=order.dry_run, changed=(version.version_id,),
    )  # fmt: skip
    if order.dry_run:
        return result
    await family.lock_fences()
    for earlier in family.published:
        if earlier.entry_open:
            await _shut(family, earlier, at)
    await _freeze(family, version, journey, at)
    await family.set_fences(at)
    await _audit(family.connection, order, at, result)
    return result


async def _shut(family: Family, version: VersionRow, at: datetime) -> None:
    """Shut the entry of the version that admitted until now; its people stay in it (P45)."""
    if version.status == "paused":
        await family.set_status(version, "paused", entry_open=False, at=at, pause=version.pause)
    else:
        status: Literal["closed", "finished"] = (
            "closed" if await family.anybody_inside(version) else "finished"
        )
        await family.set_status(version, status, entry_open=False, at=at)


async def _freeze(family: Family, version: VersionRow, journey: Journey, at: datetime) -> None:
    connection, version_id = family.connection, version.version_id
    program = compile_journey(journey, version.version_no, await audience_conditions(connection))
    await connection.execute(
        query("publish_version"),
        {
            "v": version_id, "program": json.dumps(program.as_json()), "fingerprint": program.fingerprint(), "at": at,
            "starts_at": journey.entry.start, "ends_at": journey.entry.end,
        },
    )  # fmt: skip
    pairs = [{"kind": kind, "name": name} for kind, name in program.listeners]
    await connection.execute(query("add_listener"), {"j": family.journey_id, "rows": json.dumps(pairs)})
    if journey.entry.start is not None and journey.entry.start > at:
        given = {"v": version_id, "at": journey.entry.start, "command": "open"}
        await connection.execute(query("schedule_command"), given)
    if journey.entry.end is not None:
        given = {"v": version_id, "at": journey.entry.end, "command": journey.entry.at_end}
        await connection.execute(query("schedule_command"), given)
    gated = journey.entry.cap is not None or journey.entry.rate is not None
    limits = {"cap": journey.entry.cap, "rate": journey.entry.rate} if gated else {}
    await connection.execute(
        query("set_gate" if gated else "lift_gate"), {"j": family.journey_id, "v": version_id, **limits}
    )
    await plan_schedules(connection, version_id, journey, at)
    fresh = await lock_family(connection, family.key)
    family.versions = fresh.versions


def _definition(
    version: VersionRow, known: Known, files: Mapping[str, bytes]
) -> tuple[Journey | None, list[Problem]]:
    journey, problems = parse_journey(version.definition, templates=version.templates)
    if journey is not None:
        journey = replace(journey, attachments=files)
        problems = [*problems, *definition_problems(journey, known)]
    return journey, problems


async def _nothing_to_do(
    family: Family, order: Order, at: datetime, asked: list[VersionRow]
) -> CommandResult:
    """No version changes: the newest published one answers, with its present state or the refusal (P41)."""
    published = [version for version in asked if version.status != "draft"]
    version = published[-1] if published else asked[-1]
    outcome = decide(order.command, version.status, entry_open=version.entry_open)
    counts = await family.counts([version])
    code = outcome.code if isinstance(outcome, Refuse) else None
    error = refusal(code) if code else None
    result = CommandResult(
        order.journey, version.version_no, order.command, version.status, version.status, counts, code,
        error.message if error else "", error.hint if error else "", dry_run=order.dry_run,
    )  # fmt: skip
    if not order.dry_run:
        await _audit(family.connection, order, at, result)
    return result


def _check_options(order: Order) -> None:
    defaults = {"entrants": "queue", "inside": "freeze", "timers": "run", "people": "stay"}
    for name, value in order.options.items():
        if order.command not in AVAILABLE or defaults.get(name) != value:
            raise ParcoursError(
                "not_available", f"the choice {name}: {value} cannot be made yet", place=f"options.{name}",
                hint=f"Leave it out: {defaults.get(name, 'the default')} is what happens.",
            )  # fmt: skip
    if order.command not in AVAILABLE:
        raise ParcoursError(
            "not_available", f"{order.command} cannot be done yet", hint=f"There are {', '.join(AVAILABLE)}."
        )


def _pause_choices(version: VersionRow, order: Order) -> dict[str, Any]:
    return {
        "entrants": "queue",
        "inside": "freeze",
        "timers": "run",
        **(version.pause or {}),
        **order.options,
    }


async def _audit(connection: Connection, order: Order, at: datetime, result: CommandResult) -> None:
    await connection.execute(
        query("write_audit"),
        {
            "at": at, "actor": order.actor, "key": order.journey, "version_no": result.version,
            "command": result.command, "options": json.dumps(order.options), "reason": order.reason,
            "from_status": result.from_status, "to_status": result.to_status, "refused": result.refused,
            "counts": json.dumps(dict(result.counts)),
        },
    )  # fmt: skip
