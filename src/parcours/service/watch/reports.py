"""What people ask about journeys: the list, one of them with its versions, and what was commanded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

from psycopg.rows import dict_row

from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant
from parcours.service.watch.alerts import alerts
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = [
    "AuditFilter",
    "JourneyReport",
    "admitting_version",
    "audit_trail",
    "list_journeys",
    "notify_workers",
    "show_journey",
    "since",
]

Row: TypeAlias = dict[str, Any]

VERSION_COLUMNS = (
    "version_no", "status", "entry_open", "created_at", "published_at", "starts_at", "ends_at", "paused_at",
    "stopped_at", "finished_at", "settling", "fingerprint",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class JourneyReport:
    """One journey: its words, its versions newest first, messages and refusals."""

    journey: Row
    versions: list[Row]
    messages: list[Row]
    refusals: list[Row]
    alerts: list[Row]

    def as_dict(self) -> Row:
        """Return the wire form."""
        return self.journey | {
            "versions": self.versions,
            "messages": self.messages,
            "refusals": self.refusals,
            "alerts": self.alerts,
        }


async def list_journeys(connection: Connection) -> list[Row]:
    """Return a line per journey: its newest published version, else its draft, and who is inside."""
    rows = await _rows(connection, "report_versions", {"key": None})
    inside = await _inside(connection, rows)
    families = [list(family) for _, family in groupby(rows, key=itemgetter("journey_key"))]
    standing = await alerts(connection)
    return [
        _line(family, inside)
        | {"alerts": [one["kind"] for one in standing if one["journey"] == family[0]["journey_key"]]}
        for family in families
    ]


def _line(versions: list[Row], inside: Mapping[int, int]) -> Row:
    """Return the line of one journey; `versions` are newest first, one of nulls where there is none."""
    newest = next((row for row in versions if row["status"] not in (None, "draft")), versions[0])
    people = {row["version_no"]: inside.get(row["version_id"], 0) for row in versions}
    return {
        "journey": newest["journey_key"],
        "name": newest["name"],
        "folder": newest["folder"],
        "tags": newest["tags"],
        "version": newest["version_no"],
        "status": newest["status"],
        "entry_open": newest["entry_open"],
        "since": since(newest),
        "draft": next((row["version_no"] for row in versions if row["status"] == "draft"), None),
        "inside": sum(people.values()),
        "inside_older": sum(people.values()) - people[newest["version_no"]],
    }


async def show_journey(connection: Connection, key: str) -> JourneyReport:
    """Return everything about one journey. Raises ParcoursError `unknown_journey`."""
    rows = await _rows(connection, "report_versions", {"key": key})
    if not rows:
        raise ParcoursError(
            "unknown_journey",
            f"there is no journey {key}",
            hint="`parcours journey list` shows those there are.",
        )
    first = rows[0]
    journey = {
        "journey": key, "name": first["name"], "description": first["description"], "folder": first["folder"],
        "tags": first["tags"],
    }  # fmt: skip
    row = await (await connection.execute(query("find_journey"), {"key": key})).fetchone()
    assert row is not None
    numbers = {row["version_id"]: row["version_no"] for row in rows if row["version_id"] is not None}
    given = {"j": row[0], "versions": list(numbers)}
    messages = await _rows(connection, "report_messages", given)
    refusals = await _rows(connection, "report_refusals", given)
    return JourneyReport(
        journey,
        [{name: row[name] for name in VERSION_COLUMNS} for row in rows if row["version_id"] is not None],
        [{"version_no": numbers[message.pop("version_id")], **message} for message in messages],
        refusals,
        await alerts(connection, key),
    )


async def admitting_version(connection: Connection, key: str) -> Row | None:
    """Return number, status and people of the version whose entry is open; a publication shuts it (P45)."""
    rows = await _rows(connection, "report_versions", {"key": key})
    found = next((row for row in rows if row["entry_open"]), None)
    if found is None:
        return None
    inside = await _inside(connection, [found])
    return {
        "version": found["version_no"],
        "status": found["status"],
        "inside": inside.get(found["version_id"], 0),
    }


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which commands are asked for; None means any. `actor` is a whole one, or the name behind `cli:`."""

    journey: str | None = None
    actor: str | None = None
    command: str | None = None
    since: datetime | None = None
    refused: bool = False  # only those


async def audit_trail(
    connection: Connection, key: str | None = None, limit: int = 50, *, asked: AuditFilter | None = None
) -> list[Row]:
    """Return the latest commands, newest first: of one journey, or those that a filter asks for."""
    asked = asked or AuditFilter(key)
    given = {
        "key": asked.journey, "actor": asked.actor, "command": asked.command, "since": asked.since,
        "refused": asked.refused, "n": limit,
    }  # fmt: skip
    return await _rows(connection, "report_audit", given)


async def notify_workers(connection: Connection, journey: str = "") -> None:
    """Wake the workers when this transaction commits."""
    await connection.execute(query("notify_workers"), {"journey": journey})


async def _inside(connection: Connection, rows: Sequence[Row]) -> dict[int, int]:
    """Return who is inside each version; people of a stopped one are cancelled since its stop."""
    going = [row["version_id"] for row in rows if row["status"] not in (None, "draft", "stopped")]
    cursor = await connection.execute(query("report_inside"), {"versions": going})
    return dict(await cursor.fetchall())


async def _rows(connection: Connection, name: str, given: Row) -> list[Row]:
    """Return rows as dictionaries, instants as texts."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query(name), given)
        return [
            {
                key: format_instant(value) if isinstance(value, datetime) else value
                for key, value in row.items()
            }
            async for row in cursor
        ]


def since(row: Row) -> str | None:
    """Return the instant since which a version has its status; None where that is not kept, as of a closed one."""
    column = {
        "draft": "created_at",
        "live": "published_at",
        "paused": "paused_at",
        "stopped": "stopped_at",
        "finished": "finished_at",
    }
    found: str | None = row[column[row["status"]]] if row["status"] in column else None
    return found
