"""The lines of a list of journeys: of each how it stands and why, its numbers, its problems, and what can be done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from parcours.domain.actions import Standing, actions
from parcours.domain.timing import format_instant
from parcours.service.browsing.paging import Row, rows_of
from parcours.service.browsing.problem_counts import count_problems
from parcours.service.watch.reports import since
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["CHECKED", "Found", "add_changes", "count_people", "lines_of"]

KINDS: Final = (
    "entered", "transferred_in", "completed", "succeeded", "dropped_out", "cancelled", "transferred_out",
)  # fmt: skip
RUNNING: Final = ("live", "paused", "closed")
CHECKED: Final = ("draft", *RUNNING)
DATES: Final = (
    "created_at", "published_at", "starts_at", "ends_at", "paused_at", "stopped_at", "finished_at"
)  # fmt: skip
UNCHANGED: Final = dict.fromkeys(
    ("changed_at", "changed_by", "changed_command", "stopped_by", "stopped_reason")
)
Numbers: TypeAlias = Mapping[int, Mapping[str, int]]


@dataclass(slots=True)
class Found:
    """A journey as it is stored, with its versions, oldest first; `numbers` once they have been counted."""

    journey: Row
    versions: Sequence[Row]
    numbers: Numbers | None = None

    @property
    def published(self) -> list[Row]:
        """The versions that were published once."""
        return [version for version in self.versions if version["status"] != "draft"]

    @property
    def shown(self) -> Row | None:
        """The version whose status the journey shows."""
        return next(reversed(self.published or self.versions), None)

    def total(self, name: str) -> int:
        """Add up a number over all versions."""
        numbers = self.numbers or {}
        return sum(int(_numbers_of(version, numbers)[name]) for version in self.versions)


async def add_changes(connection: Connection, found: Sequence[Found]) -> None:
    """Say of journeys who changed and who stopped them last."""
    ids = [one.journey["journey_id"] for one in found]
    changes = {
        row["journey_id"]: row for row in await rows_of(connection, "browse_changes", {"journeys": ids})
    }
    for one in found:
        # One that was deleted since it was found has none.
        one.journey |= changes.get(one.journey["journey_id"], UNCHANGED)


async def count_people(connection: Connection, found: Sequence[Found]) -> None:
    """Keep with journeys what was counted of their versions."""
    numbers = await _numbers(connection, [v["version_id"] for one in found for v in one.versions])
    for one in found:
        one.numbers = numbers


async def lines_of(connection: Connection, found: Sequence[Found]) -> list[Row]:
    """Return a line for each journey; `alerts` are left empty."""
    ids = [one.journey["journey_id"] for one in found]
    await add_changes(connection, [one for one in found if "changed_at" not in one.journey])
    busy = {row[0] for row in await _plain(connection, "browse_tasks", {"journeys": ids})}
    await count_people(connection, [one for one in found if one.numbers is None])
    shown = [version["version_id"] for one in found for version in one.versions]
    triggers = dict(await _plain(connection, "browse_triggers", {"versions": shown}))
    lines = [_line(one, busy, triggers) for one in found]
    await _add_problems(connection, lines)
    return lines


async def _add_problems(connection: Connection, lines: Sequence[Row]) -> None:
    """Count the problems of what is, or soon is, carried out: drafts, and versions that go on."""
    looked_at = {
        version["version_id"]: line
        for line in lines
        for version in line["versions"]
        if version["status"] in CHECKED
    }
    counts = await count_problems(connection, list(looked_at))
    for line in lines:
        line["problems"] = {"errors": 0, "warnings": 0}
        for version in line["versions"]:
            errors, warnings = counts.get(version["version_id"], (0, 0))
            version["problems"] = {"errors": errors, "warnings": warnings}
            line["problems"]["errors"] += errors
            line["problems"]["warnings"] += warnings


def _line(found: Found, busy: set[int], triggers: Mapping[int, Any]) -> Row:
    journey = found.journey
    versions = [
        _version(row, found.numbers or {}, busy, triggers.get(row["version_id"])) for row in found.versions
    ]
    published = [version for version in versions if version["status"] != "draft"]
    shown = next(reversed(published or versions), None)
    of_all = {name: sum(version[name] for version in versions) for name in COUNTED}
    stands = [
        Standing(v["version"], v["status"], v["entry_open"], v["settling"])
        for v in versions
    ]  # fmt: skip
    return {
        "journey": journey["journey"],
        "name": journey["name"],
        "description": journey["description"],
        "folder": journey["folder"],
        "tags": list(journey["tags"]),
        "owner": journey["owner"],
        "created_at": format_instant(journey["created_at"]),
        "version": shown["version"] if shown else None,
        "status": shown["status"] if shown else None,
        "entry_open": bool(shown and shown["entry_open"]),
        "since": since(shown) if shown else None,
        "settling": any(version["settling"] for version in versions),
        "settling_left": sum(version["settling_left"] for version in versions),
        "draft": next((v["version"] for v in versions if v["status"] == "draft"), None),
        "cause": _cause(journey, versions, shown),
        "older_inside": [
            {"version": v["version"], "status": v["status"], "inside": v["inside"]}
            for v in published[:-1]
            if v["inside"]
        ],
        **of_all,
        "success_rate": of_all["succeeded"] / of_all["entered"] if of_all["entered"] else None,
        "triggers": shown["triggers"] if shown else [],
        "changed_at": None if journey["changed_at"] is None else format_instant(journey["changed_at"]),
        "changed_by": journey["changed_by"],
        "changed_command": journey["changed_command"],
        "alerts": [],
        "problems": {"errors": 0, "warnings": 0},
        "actions": [action.as_dict() for action in actions(stands)],
        "versions": list(reversed(versions)),
    }


COUNTED: Final = ("entered", "inside", "completed", "succeeded", "dropped_out", "cancelled")


def _inside(counted: Mapping[str, int]) -> int:
    """Who is inside by what was counted: also who is only still to be written down as having left."""
    return (
        counted.get("entered", 0) + counted.get("transferred_in", 0) - counted.get("transferred_out", 0)
        - sum(counted.get(name, 0) for name in ("completed", "succeeded", "dropped_out", "cancelled"))
    )  # fmt: skip


def _numbers_of(row: Row, numbers: Numbers) -> dict[str, int]:
    """What was counted of one version; who is inside follows from it."""
    counted = numbers.get(row["version_id"], {})
    inside = _inside(counted)
    # The stop was true from its commit on, before the sweep came by.
    unswept = inside if row["status"] == "stopped" else 0
    return {
        **{name: counted.get(name, 0) for name in KINDS},
        "inside": inside - unswept,
        "cancelled": counted.get("cancelled", 0) + unswept,
    }


# What is stopped cancels who is still inside; what was closed by its successor sends them there.
SWEPT: Final = ("stopped", "closed")


def _version(row: Row, numbers: Numbers, busy: set[int], triggers: Any) -> Row:
    settling = row["version_id"] in busy
    left = _inside(numbers.get(row["version_id"], {}))
    return {
        "version_id": row["version_id"],
        "version": row["version_no"],
        "status": row["status"],
        "entry_open": row["entry_open"],
        "settling": settling,
        "settling_left": left if settling and row["settling"] and row["status"] in SWEPT else 0,
        **{name: None if row[name] is None else format_instant(row[name]) for name in DATES},
        "pause": row["pause"],
        "fingerprint": row["fingerprint"],
        **_numbers_of(row, numbers),
        "triggers": [t for t in triggers if isinstance(t, dict)] if isinstance(triggers, list) else [],
        "problems": {"errors": 0, "warnings": 0},
    }


def _cause(journey: Row, versions: Sequence[Row], shown: Row | None) -> Row | None:
    """Say why a journey is not running; None where some version is live, paused or closed."""
    if any(version["status"] in RUNNING for version in versions):
        return None
    if shown is None or shown["status"] == "draft":
        return {"kind": "never_started", "at": None, "by": None, "reason": None}
    if shown["status"] == "stopped":
        return {
            "kind": "stopped", "at": shown["stopped_at"], "by": journey["stopped_by"],
            "reason": journey["stopped_reason"],
        }  # fmt: skip
    return {"kind": "finished", "at": shown["finished_at"], "by": None, "reason": None}


async def _numbers(connection: Connection, versions: Sequence[int]) -> Numbers:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    given = {"versions": list(versions), "kinds": list(KINDS)}
    for version_id, kind, _, n in await _plain(connection, "browse_counters", given):
        found[version_id][kind] = int(n)
    return found


async def _plain(connection: Connection, name: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query(name), dict(given))).fetchall()
