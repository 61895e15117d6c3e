"""The list of journeys, and one of them: how each stands and why, its numbers, and what can be done with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant
from parcours.service.browsing.journey_lines import CHECKED, Found, add_changes, count_people, lines_of
from parcours.service.browsing.paging import Page, Row, read_place, rows_of, write_place
from parcours.service.browsing.problem_counts import count_problems
from parcours.service.commands.trail import record
from parcours.service.watch.alerts import alerts
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["SORTS", "JourneyFilter", "Sort", "browse_journeys", "change_words", "facets", "show_one"]

Sort: TypeAlias = Literal[
    "name", "key", "changed", "created", "inside", "entered", "completed", "success_rate"
]
SORTS: Final = ("name", "key", "changed", "created", "inside", "entered", "completed", "success_rate")
COUNTS: Final = ("inside", "entered", "completed", "success_rate")  # sorts that have to count people first


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
    if sort == "changed":
        await add_changes(connection, found)
    if sort in COUNTS:
        await count_people(connection, found)
    falls = sort not in ("name", "key")
    found.sort(key=lambda one: str(one.journey["journey"]))
    found.sort(key=key, reverse=falls)
    behind = read_place(cursor, float if sort == "success_rate" else int if sort in COUNTS else str, str)
    first = 0
    if behind is not None:
        first = sum(1 for one in found if not _is_behind(one, key, behind, falls=falls))
    page = found[first : first + limit]
    more = len(found) > first + limit
    lines = await lines_of(connection, page)
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
    [line] = await lines_of(connection, found)
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


def _changed(one: Found) -> str:
    return format_instant(one.journey["changed_at"] or one.journey["created_at"])


def _success(one: Found) -> float:
    entered = one.total("entered")
    return one.total("succeeded") / entered if entered else -1.0


_SORT_KEYS: Final[Mapping[str, Callable[[Found], Any]]] = {
    "name": lambda one: (one.journey["name"] or one.journey["journey"]).casefold(),
    "key": lambda one: one.journey["journey"],
    "changed": _changed,
    "created": lambda one: format_instant(one.journey["created_at"]),
    "inside": lambda one: one.total("inside"),
    "entered": lambda one: one.total("entered"),
    "completed": lambda one: one.total("completed"),
    "success_rate": _success,
}


def _is_behind(one: Found, key: Callable[[Found], Any], place: tuple[Any, ...], *, falls: bool) -> bool:
    own = key(one)
    if own == place[0]:
        return bool(one.journey["journey"] > place[1])
    return bool(own < place[0] if falls else own > place[0])


async def _families(connection: Connection, asked: JourneyFilter, key: str | None = None) -> list[Found]:
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
    return [Found(row, families[row["journey_id"]]) for row in journeys]


async def _with_problems(connection: Connection, found: Sequence[Found], *, wanted: bool) -> list[Found]:
    """Return those whose versions have problems, or have none."""
    looked_at = [v["version_id"] for one in found for v in one.versions if v["status"] in CHECKED]
    counts = await count_problems(connection, looked_at)
    return [
        one
        for one in found
        if any(sum(counts.get(version["version_id"], (0, 0))) for version in one.versions) == wanted
    ]
