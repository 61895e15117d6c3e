"""The list of journeys, and one of them: how each stands and why, its numbers, and what can be done with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from parcours.domain.actions import Standing, actions
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant
from parcours.service.browsing.paging import Page, Row, read_place, rows_of, write_place
from parcours.service.browsing.problem_counts import count_problems
from parcours.service.commands.trail import record
from parcours.service.watch.alerts import alerts
from parcours.service.watch.reports import since
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["SORTS", "JourneyFilter", "Sort", "browse_journeys", "change_words", "facets", "show_one"]

Sort: TypeAlias = Literal["name", "key", "changed", "created", "inside", "entered"]
SORTS: Final = ("name", "key", "changed", "created", "inside", "entered")
KINDS: Final = (
    "entered", "transferred_in", "completed", "succeeded", "dropped_out", "cancelled", "transferred_out",
)  # fmt: skip
RUNNING: Final = ("live", "paused", "closed")
DATES: Final = (
    "created_at", "published_at", "starts_at", "ends_at", "paused_at", "stopped_at", "finished_at"
)  # fmt: skip
Numbers: TypeAlias = Mapping[int, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class JourneyFilter:
    """Which journeys are asked for; None means any. `folder` has those below it, `statuses` are shown ones."""

    search: str | None = None
    statuses: tuple[str, ...] | None = None
    folder: str | None = None
    tags: tuple[str, ...] | None = None
    owner: str | None = None
    problems: bool | None = None


async def browse_journeys(
    connection: Connection, asked: JourneyFilter, *, sort: Sort = "name", limit: int = 50, cursor: str | None = None
) -> Page:  # fmt: skip
    """Return journeys in pages, a line each.

    `changed`, `created`, `inside` and `entered` go from the greatest down. Raises ParcoursError `bad_cursor`.
    """
    lines = await _lines(connection, asked)
    key = _SORT_KEYS[sort]
    falls = sort in ("changed", "created", "inside", "entered")
    lines.sort(key=lambda line: line["journey"])
    lines.sort(key=key, reverse=falls)
    first = 0
    kind = int if sort in ("inside", "entered") else str
    behind = read_place(cursor, kind, str)
    if behind is not None:
        first = sum(1 for line in lines if not _is_behind(line, key, behind, falls=falls))
    found = lines[first : first + limit]
    more = len(lines) > first + limit
    standing = await alerts(connection)
    for line in found:
        line["alerts"] = [one["kind"] for one in standing if one["journey"] == line["journey"]]
    if asked.problems is None:
        await _add_problems(connection, found)
    return Page(found, write_place(key(found[-1]), found[-1]["journey"]) if more else None)


async def show_one(connection: Connection, key: str) -> Row:
    """Return the line of one journey with all its versions. Raises ParcoursError `unknown_journey`."""
    found = await _lines(connection, JourneyFilter(), key)
    if not found:
        raise ParcoursError(
            "unknown_journey", f"there is no journey {key}",
            hint="`parcours journey list` shows those there are.",
        )  # fmt: skip
    line = found[0]
    await _add_problems(connection, found)
    line["alerts"] = [one["kind"] for one in await alerts(connection, key)]
    return line


async def facets(connection: Connection) -> dict[str, list[Row]]:
    """Return the folders, tags and owners there are, each with the number of its journeys."""
    found: dict[str, list[Row]] = {"folder": [], "tag": [], "owner": []}
    for kind, name, n in await (await connection.execute(query("journey_facets"))).fetchall():
        found[kind].append({"name": name, "journeys": n})
    return {"folders": found["folder"], "tags": found["tag"], "owners": found["owner"]}


async def change_words(
    connection: Connection, key: str, changes: Mapping[str, Any], at: Any, *, actor: str
) -> None:
    """Change name, description, folder, tags or owner of a journey, whatever its status; the audit has it.

    Raises ParcoursError `unknown_journey`.
    """
    row = await (await connection.execute(query("lock_journey"), {"key": key})).fetchone()
    if row is None:
        raise ParcoursError(
            "unknown_journey", f"there is no journey {key}",
            hint="`parcours journey list` shows those there are.",
        )  # fmt: skip
    given = {name: changes.get(name) for name in ("name", "description", "folder", "tags", "owner")}
    await connection.execute(query("change_words"), {"j": row[0], **given})
    options = {name: value for name, value in given.items() if value is not None}
    await record(connection, at, actor=actor, key=key, command="change_words", options=options)


def _changed(line: Row) -> str:
    return str(line["changed_at"] or line["created_at"])


_SORT_KEYS: Final[Mapping[str, Callable[[Row], Any]]] = {
    "name": lambda line: (line["name"] or line["journey"]).casefold(),
    "key": lambda line: line["journey"],
    "changed": _changed,
    "created": lambda line: line["created_at"],
    "inside": lambda line: line["inside"],
    "entered": lambda line: line["entered"],
}


def _is_behind(line: Row, key: Callable[[Row], Any], place: tuple[Any, ...], *, falls: bool) -> bool:
    own = key(line)
    if own == place[0]:
        return bool(line["journey"] > place[1])
    return bool(own < place[0] if falls else own > place[0])


async def _lines(connection: Connection, asked: JourneyFilter, key: str | None = None) -> list[Row]:
    given = {
        "key": key, "search": asked.search or None, "folder": asked.folder or None,
        "tags": list(asked.tags) if asked.tags else None, "owner": asked.owner or None,
    }  # fmt: skip
    journeys = await rows_of(connection, "browse_journeys", given)
    ids = [row["journey_id"] for row in journeys]
    families: dict[int, list[Row]] = defaultdict(list)
    for version in await rows_of(connection, "browse_versions", {"journeys": ids}):
        families[version["journey_id"]].append(version)
    busy = {row[0] for row in await _plain(connection, "browse_tasks", {"journeys": ids})}
    numbers = await _numbers(connection, [v["version_id"] for family in families.values() for v in family])
    lines = [_line(row, families[row["journey_id"]], numbers, busy) for row in journeys]
    if asked.statuses:
        lines = [line for line in lines if line["status"] in asked.statuses]
    if asked.problems is not None:
        await _add_problems(connection, lines)
        lines = [line for line in lines if bool(sum(line["problems"].values())) == asked.problems]
    return lines


async def _add_problems(connection: Connection, lines: Sequence[Row]) -> None:
    """Count the problems of what is, or soon is, carried out: drafts, and versions that go on."""
    looked_at = {
        version["version_id"]: line
        for line in lines
        for version in line["versions"]
        if version["status"] in ("draft", *RUNNING)
    }
    counts = await count_problems(connection, list(looked_at))
    for line in lines:
        line["problems"] = {"errors": 0, "warnings": 0}
        for version in line["versions"]:
            errors, warnings = counts.get(version["version_id"], (0, 0))
            version["problems"] = {"errors": errors, "warnings": warnings}
            line["problems"]["errors"] += errors
            line["problems"]["warnings"] += warnings


def _line(journey: Row, family: Sequence[Row], numbers: Numbers, busy: set[int]) -> Row:
    versions = [_version(row, numbers, busy) for row in family]
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


def _version(row: Row, numbers: Numbers, busy: set[int]) -> Row:
    counted = numbers.get(row["version_id"], {})
    inside = (
        counted.get("entered", 0) + counted.get("transferred_in", 0) - counted.get("transferred_out", 0)
        - sum(counted.get(name, 0) for name in ("completed", "succeeded", "dropped_out", "cancelled"))
    )  # fmt: skip
    # The stop was true from its commit on, before the sweep came by.
    unswept = inside if row["status"] == "stopped" else 0
    triggers = row["triggers"]
    return {
        "version_id": row["version_id"],
        "version": row["version_no"],
        "status": row["status"],
        "entry_open": row["entry_open"],
        "settling": row["version_id"] in busy,
        **{name: None if row[name] is None else format_instant(row[name]) for name in DATES},
        "pause": row["pause"],
        "fingerprint": row["fingerprint"],
        "entered": counted.get("entered", 0),
        "inside": inside - unswept,
        "completed": counted.get("completed", 0),
        "succeeded": counted.get("succeeded", 0),
        "dropped_out": counted.get("dropped_out", 0),
        "cancelled": counted.get("cancelled", 0) + unswept,
        "transferred_in": counted.get("transferred_in", 0),
        "transferred_out": counted.get("transferred_out", 0),
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
