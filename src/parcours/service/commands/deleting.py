"""Delete: a journey, or one version of it, is gone at once; its rows of people are removed behind (P83 to P85)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from parcours.domain.errors import ParcoursError
from parcours.domain.lifecycle import Delete, Refuse, decide
from parcours.domain.records import CommandResult
from parcours.domain.timing import format_instant
from parcours.service.commands.answering import Order, audit, check_options, refused
from parcours.service.commands.settling import settling
from parcours.service.commands.versions import Family, VersionRow
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["delete", "list_deleted"]

LEFT = ("completed", "succeeded", "dropped_out", "cancelled")
BY_VERSION = ("delete_plans", "delete_schedules", "delete_runs", "delete_catch_up")
BY_JOURNEY = (
    "delete_gate",
    "delete_listeners",
    "delete_watch",
    "delete_fences",
    "delete_pending",
    "delete_journey",
)


async def delete(family: Family, order: Order, at: datetime) -> CommandResult:
    """Delete a journey, or the version that is named; with its last version the journey goes.

    Possible where each version concerned can be deleted; a paused one with `stop_first`. Hidden at once: nobody is
    admitted, moved or sent anything from the commit on, and the key is free. Totals and audit stay. Raises
    ParcoursError `unknown_version`, `bad_option`.
    """
    check_options(order, ("stop_first",))
    stop_first = order.options.get("stop_first", False)
    if not isinstance(stop_first, bool):
        raise ParcoursError("bad_option", f"{stop_first!r} is neither true nor false", place="options.stop_first",
                            hint="Write stop_first: true, or leave it out.")  # fmt: skip
    asked = [family.find(order.version_no)] if order.version_no is not None else family.versions
    for version in reversed(asked):
        outcome = decide("delete", version.status, entry_open=version.entry_open)
        if isinstance(outcome, Refuse):
            return await refused(family, order, at, version, outcome.code)
        if isinstance(outcome, Delete) and outcome.stop_first and not stop_first:
            return await refused(family, order, at, version, "stop_first_needed")
    for version in await settling(family, asked):
        return await refused(family, order, at, version, "still_settling")
    newest = ([version for version in asked if version.status != "draft"] or asked)[-1]
    result = CommandResult(
        family.key, newest.version_no, "delete", newest.status, None, await family.counts(asked), dry_run=order.dry_run,
        changed=tuple(version.version_id for version in asked),
    )  # fmt: skip
    if order.dry_run:
        return result
    whole = len(asked) == len(family.versions)
    await family.lock_fences()
    # Counted again: who left before the fences were held is not cancelled by this.
    result = replace(result, counts=await family.counts(asked))
    await _keep(family, order, at, asked, whole=whole)
    await audit(family.connection, order, at, result)
    await _take_away(family, asked, at, whole=whole)
    return result


async def list_deleted(connection: Connection) -> list[dict[str, Any]]:
    """Return what was deleted, the latest first: a line per published version, or per journey that had none."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("deleted_journeys"))
        return [
            {
                key.removesuffix("_key"): format_instant(v) if isinstance(v, datetime) else v
                for key, v in row.items()
            }
            async for row in cursor
        ]


async def _keep(family: Family, order: Order, at: datetime, asked: list[VersionRow], *, whole: bool) -> None:
    """Keep what is gone: the journey's words, and the totals of each published version."""
    said = {"j": family.journey_id, "at": at, "actor": order.actor, "reason": order.reason}
    if whole:
        await family.connection.execute(query("keep_deleted_journey"), said)
    published = [version for version in asked if version.status != "draft"]
    totals = await _totals(family, published)
    for version in published:
        stopped = version.status == "paused"
        given = {
            "v": version.version_id, "stopped": stopped, "status": "stopped" if stopped else version.status,
            "totals": json.dumps(totals[version.version_id]),
        }  # fmt: skip
        await family.connection.execute(query("keep_deleted_version"), {**said, **given})


async def _take_away(family: Family, asked: list[VersionRow], at: datetime, *, whole: bool) -> None:
    connection = family.connection
    ids = [version.version_id for version in asked]
    given = {"j": family.journey_id, "key": family.key, "versions": ids, "whole": whole}
    if whole or any(version.status != "draft" for version in asked):
        await connection.execute(query("plan_removal"), given)
    await connection.execute(query("delete_versions"), given)
    for name in (*BY_VERSION, *(BY_JOURNEY if whole else ())):
        await connection.execute(query(name), given)
    family.versions = [version for version in family.versions if version not in asked]
    if not whole:
        await family.set_fences(at)


async def _totals(family: Family, versions: list[VersionRow]) -> dict[int, dict[str, Any]]:
    """Return the ledger of each version; whoever is inside a version that is stopped with it counts as cancelled."""
    given = {"j": family.journey_id, "versions": [version.version_id for version in versions]}
    counted: dict[int, Counter[tuple[str, str]]] = {version.version_id: Counter() for version in versions}
    cursor = await family.connection.execute(query("totals_counted"), given)
    for version_id, kind, name, n in await cursor.fetchall():
        counted[version_id][kind, name] = n
    here: dict[int, Counter[str]] = {version.version_id: Counter() for version in versions}
    cursor = await family.connection.execute(query("totals_inside"), given)
    for version_id, step, n in await cursor.fetchall():
        here[version_id][step] = n
    return {
        version.version_id: _ledger(version, counted[version.version_id], here[version.version_id])
        for version in versions
    }


def _ledger(version: VersionRow, counted: Counter[tuple[str, str]], here: Counter[str]) -> dict[str, Any]:
    names = {name for kind, name in counted if kind == "in"} | {"entry", *version.definition["steps"]}
    return {
        "entered": counted["entered", ""],
        "transferred_in": counted["transferred_in", ""],
        "transferred_out": counted["transferred_out", ""],
        "active": 0,
        **{status: counted[status, ""] for status in LEFT},
        "cancelled": counted["cancelled", ""] + sum(here.values()),
        "reasons": {name: n for (kind, name), n in sorted(counted.items()) if kind == "reason"},
        "steps": {
            name: {"in": counted["in", name], "here": 0, "out": counted["out", name] + here[name]}
            for name in sorted(names)
        },
    }
