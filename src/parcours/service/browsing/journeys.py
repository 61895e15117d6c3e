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

Sort: TypeAlias = Literal[
    "name", "key", "changed", "created", "inside", "entered", "completed", "success_rate"
]
SORTS: Final = ("name", "key", "changed", "created", "inside", "entered", "completed", "success_rate")
COUNTS: Final = ("inside", "entered", "completed", "success_rate")  # sorts that have to count people first
KINDS: Final = (
    "entered", "transferred_in", "completed", "succeeded", "dropped_out", "cancelled", "transferred_out",
)  # fmt: skip
RUNNING: Final = ("live", "paused", "closed")
CHECKED: Final = ("draft", *RUNNING)
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
    connection: Connection, asked: JourneyFilter, *, sort: Sort = "name", limit: int = 50, cursor: str | None = None,
    only_legal: bool = False,
) -> Page:  # fmt: skip
    """Return journeys in pages, a line each; `only_legal`: of the commands those that can be given now.

    All but `name` and `key` go from the greatest down. What takes a look at people or definitions is done for the
    page alone, unless it decides what is on it. Raises ParcoursError `bad_cursor`.
    """
    found = await _families(connection, asked)
    if asked.statuses:
        found = [
            one for one in found if (shown := one.shown) is not None and shown["status"] in asked.statuses
        ]
    if asked.problems is not None:
        found = await _with_problems(connection, found, wanted=asked.problems)
    key = _SORT_KEYS[sort]
    if sort in COUNTS:
        await _count(connection, found)
    falls = sort not in ("name", "key")
    found.sort(key=lambda one: str(one.journey["journey"]))
    found.sort(key=key, reverse=falls)
    behind = read_place(cursor, float if sort == "success_rate" else int if sort in COUNTS else str, str)
    first = 0
    if behind is not None:
        first = sum(1 for one in found if not _is_behind(one, key, behind, falls=falls))
    page = found[first : first + limit]
    more = len(found) > first + limit
    lines = await _lines(connection, page)
    standing = await alerts(connection)
    for line in lines:
        line["alerts"] = [one["kind"] for one in standing if one["journey"] == line["journey"]]
        if only_legal:
            line["actions"] = [action for action in line["actions"] if action["state"] == "legal"]
    return Page(lines, write_place(key(page[-1]), page[-1].journey["journey"]) if more else None)


async def show_one(connection: Connection, key: str) -> Row:
    """Return the line of one journey with all its versions. Raises ParcoursError `unknown_journey`."""
    found = await _families(connection, JourneyFilter(), key)
    if not found:
        raise ParcoursError(
            "unknown_journey", f"there is no journey {key}",
            hint="`parcours journey list` shows those there are.",
        )  # fmt: skip
    [line] = await _lines(connection, found)
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


@dataclass(slots=True)
class _Found:
    """A journey as it is stored, with its versions, oldest first; `numbers` once they have been counted."""

    journey: Row
    versions: Sequence[Row]
    numbers: Numbers | None = None

    @property
    def published(self) -> list[Row]:
        return [version for version in self.versions if version["status"] != "draft"]

    @property
    def shown(self) -> Row | None:
        """The version whose status the journey shows."""
        return next(reversed(self.published or self.versions), None)

    def total(self, name: str) -> int:
        """Add up a number over all versions."""
        numbers = self.numbers or {}
        return sum(int(_numbers_of(version, numbers)[name]) for version in self.versions)


def _changed(one: _Found) -> str:
    return format_instant(one.journey["changed_at"] or one.journey["created_at"])


def _success(one: _Found) -> float:
    entered = one.total("entered")
    return one.total("succeeded") / entered if entered else -1.0


_SORT_KEYS: Final[Mapping[str, Callable[[_Found], Any]]] = {
    "name": lambda one: (one.journey["name"] or one.journey["journey"]).casefold(),
    "key": lambda one: one.journey["journey"],
    "changed": _changed,
    "created": lambda one: format_instant(one.journey["created_at"]),
    "inside": lambda one: one.total("inside"),
    "entered": lambda one: one.total("entered"),
    "completed": lambda one: one.total("completed"),
    "success_rate": _success,
}


def _is_behind(one: _Found, key: Callable[[_Found], Any], place: tuple[Any, ...], *, falls: bool) -> bool:
    own = key(one)
    if own == place[0]:
        return bool(one.journey["journey"] > place[1])
    return bool(own < place[0] if falls else own > place[0])


async def _families(connection: Connection, asked: JourneyFilter, key: str | None = None) -> list[_Found]:
    given = {
        "key": key, "search": asked.search or None, "folder": asked.folder or None,
        "tags": list(asked.tags) if asked.tags else None, "owner": asked.owner or None,
    }  # fmt: skip
    journeys = await rows_of(connection, "browse_journeys", given)
    families: dict[int, list[Row]] = defaultdict(list)
    for version in await rows_of(
        connection, "browse_versions", {"journeys": [row["journey_id"] for row in journeys]}
    ):
        families[version["journey_id"]].append(version)
    return [_Found(row, families[row["journey_id"]]) for row in journeys]


async def _count(connection: Connection, found: Sequence[_Found]) -> None:
    numbers = await _numbers(connection, [v["version_id"] for one in found for v in one.versions])
    for one in found:
        one.numbers = numbers


async def _lines(connection: Connection, found: Sequence[_Found]) -> list[Row]:
    ids = [one.journey["journey_id"] for one in found]
    busy = {row[0] for row in await _plain(connection, "browse_tasks", {"journeys": ids})}
    await _count(connection, [one for one in found if one.numbers is None])
    lines = [_line(one, busy) for one in found]
    await _add_problems(connection, lines)
    return lines


async def _with_problems(connection: Connection, found: Sequence[_Found], *, wanted: bool) -> list[_Found]:
    """Return those whose versions have problems, or have none."""
    looked_at = [v["version_id"] for one in found for v in one.versions if v["status"] in CHECKED]
    counts = await count_problems(connection, looked_at)
    return [
        one
        for one in found
        if any(sum(counts.get(version["version_id"], (0, 0))) for version in one.versions) == wanted
    ]


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


def _line(found: _Found, busy: set[int]) -> Row:
    journey = found.journey
    versions = [_version(row, found.numbers or {}, busy) for row in found.versions]
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


def _version(row: Row, numbers: Numbers, busy: set[int]) -> Row:
    settling = row["version_id"] in busy
    left = _inside(numbers.get(row["version_id"], {}))
    triggers = row["triggers"]
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
