"""What will happen to a journey by itself, without anybody doing anything: in order, and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias

from psycopg.rows import dict_row

from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant
from parcours.service.commands.pause_words import pause_in_words, release_in_words
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["SOON", "Upcoming", "what_happens_next"]

Row: TypeAlias = dict[str, Any]
Kind: TypeAlias = Literal[
    "command",
    "date",
    "pause_end",
    "run",
    "timers",
    "messages",
    "finish",
    "frozen",
    "settling",
    "pause",
    "release",
]

SOON: Final = timedelta(hours=1)
DATES: Final = {
    "open": "the start date: who has queued goes to the first step",
    "close": "the end date: nobody enters any more, people inside go on",
    "stop": "the end date: everybody inside is cancelled",
}


@dataclass(frozen=True, slots=True)
class Upcoming:
    """One thing to come. `at` is None where it depends on people, or on what is under way; `count` of people or mails."""

    kind: Kind
    said: str
    at: datetime | None = None
    version: int | None = None  # None: every version to which it then applies
    count: int | None = None
    command: str | None = None
    scheduled_id: int | None = None  # by which it can be taken back

    def as_dict(self) -> Row:
        """Return the wire form."""
        return asdict(self) | {"at": None if self.at is None else format_instant(self.at)}


PAUSE_ENDS = {
    "resume": "people go on",
    "close": "nobody enters any more, and people inside go on to the end",
    "stop": "everybody inside is cancelled",
}


async def what_happens_next(connection: Connection, key: str, now: datetime) -> list[Upcoming]:
    """Return what will happen to a journey by itself: by instant, then what has none.

    Timers and messages are counted within the hour. Raises ParcoursError `unknown_journey`.
    """
    found = await (await connection.execute(query("find_journey"), {"key": key})).fetchone()
    if found is None:
        raise ParcoursError(
            "unknown_journey", f"there is no journey {key}",
            hint="`parcours journey list` shows those there are.",
        )  # fmt: skip
    given: Row = {"j": found[0], "soon": now + SOON}
    versions = await _rows(connection, "coming_versions", given)
    going = [
        v["version_id"] for v in versions
        if v["status"] in ("live", "closed") and (v["starts_at"] is None or v["starts_at"] <= now)
    ]  # fmt: skip
    given["versions"] = going
    numbers = {v["version_id"]: v["version_no"] for v in versions}
    commands = [_command(row) for row in await _rows(connection, "coming_commands", given)]
    coming = [*commands]
    coming += [_run(row) for row in await _rows(connection, "coming_runs", given)]
    timers = await (await connection.execute(query("coming_timers"), given)).fetchall()
    coming += [one for row in timers for one in _timers(numbers[row[0]], *row[1:])]
    messages = await (await connection.execute(query("coming_messages"), given)).fetchall()
    coming += [_messages(numbers[row[0]], *row[1:]) for row in messages]
    coming += [_release(row, now) for row in await _rows(connection, "coming_releases", given)]
    everybody = {"versions": [v["version_id"] for v in versions]}
    inside = dict(await (await connection.execute(query("report_inside"), everybody)).fetchall())
    ending = {one.version for one in commands if one.kind == "pause_end"}
    coming += [one for v in versions for one in _ends(v, inside.get(v["version_id"], 0), ending)]
    return sorted(coming, key=lambda one: (one.at is None, one.at or now, one.version or 0))


def _command(row: Row) -> Upcoming:
    number, command = row["version_no"], row["command"]
    if row["actor"] is not None:
        reason = f": {row['reason']}" if row["reason"] else ""
        said = f"{command}, given by {row['actor']}{reason}"
        return Upcoming("command", said, row["at"], number, None, command, row["scheduled_id"])
    if row["pause_no"] is not None:
        said = f"the pause ends by itself: {PAUSE_ENDS[command]}"
        return Upcoming("pause_end", said, row["at"], number, None, command)
    return Upcoming("date", DATES.get(command) or str(command), row["at"], number, None, command)


def _release(row: Row, now: datetime) -> Upcoming:
    said, last = release_in_words(row["people"], row["rate"], row["status"], now)
    return Upcoming("release", said, last, row["version_no"], row["people"])


def _run(row: Row) -> Upcoming:
    number = row["version_no"]
    if row["begun"]:
        return Upcoming("run", "a run is under way: it suggests people, bucket by bucket", None, number)
    if row["part"] is None:
        return Upcoming(
            "run", "the schedule occurs: who belongs to its audience then is suggested", row["at"], number
        )
    more = f"; {row['parts'] - 1} more, until {format_instant(row['last_at'])}" if row["parts"] > 1 else ""
    wave = f"wave {row['part'] + 1} of a run" if row["part"] or row["parts"] > 1 else "a run"
    return Upcoming("run", f"{wave}: its part of the audience is suggested{more}", row["at"], number)


def _timers(number: int, next_at: datetime | None, soon: int) -> Iterator[Upcoming]:
    if next_at is not None:
        said = f"the next timer is due; {_people(soon)} due within the hour"
        yield Upcoming("timers", said, next_at, number, soon)


def _messages(number: int, next_at: datetime, queued: int, soon: int) -> Upcoming:
    said = f"the next queued message is due; {soon:,} of {queued:,} queued ones are due within the hour"
    return Upcoming("messages", said, next_at, number, soon)


def _ends(version: Mapping[str, Any], inside: int, ending: set[int | None]) -> Iterator[Upcoming]:
    number = version["version_no"]
    if version["settling"]:
        yield Upcoming("settling", "the latest command is still being written down", None, number, inside)
    if version["status"] == "closed":
        said = f"it finishes when the last of {_people(inside)} leaves"
        yield Upcoming("finish", said, None, number, inside)
    if version["status"] == "live" and version["one_shot"]:
        said = f"it finishes when its run is done and nobody is inside any more; now {_people(inside)}"
        yield Upcoming("finish", said, None, number, inside)
    if version["status"] == "paused":
        yield Upcoming("pause", f"in this pause {pause_in_words(version['pause'])}", None, number, inside)
    if version["status"] == "paused" and number not in ending:
        said = f"it stays paused, with {_people(inside)} inside, until somebody resumes it"
        yield Upcoming("frozen", said, None, number, inside)


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number:,} people"


async def _rows(connection: Connection, name: str, given: Row) -> list[Row]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query(name), given)
        return await cursor.fetchall()
