"""Pause: the choices of versions that are paused now, or were before, and what they leave to be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from parcours.domain.choices import Choices, Wish, begin, change, read_wish
from parcours.domain.lifecycle import Become, Refuse, decide
from parcours.domain.timing import format_instant
from parcours.service.commands.answering import Order
from parcours.service.commands.versions import VersionRow
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = [
    "Chosen",
    "catches_up",
    "choose",
    "chores_behind",
    "chores_of",
    "chores_of_move",
    "plan_catch_up",
    "plan_end",
]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The choices, from now on, of each version that a pause changes, by id; why the newest one is not changed."""

    choices: dict[int, Choices]
    refused: str | None = None


def choose(order: Order, asked: Sequence[VersionRow], at: datetime) -> Chosen:
    """Read the options of a pause and apply them to each version, running or paused already.

    Raises ParcoursError `bad_option`, `until_past`.
    """
    wish = read_wish(order.options, at)
    choices: dict[int, Choices] = {}
    refused: str | None = None
    for version in asked:
        found = _chosen(version, wish)
        if isinstance(found, Choices):
            choices[version.version_id] = found
        if version.status != "draft":
            refused = found if isinstance(found, str) else None
    return Chosen(choices, refused)


def chores_of(version: VersionRow, choices: Choices, at: datetime) -> list[dict[str, Any]]:
    """Return what is left to the units when a version is paused: where others go on, the queue is put aside."""
    if version.status == "paused" or choices.inside == "freeze":
        return []
    return [{"do": "park", "at": format_instant(at)}]


def chores_behind(version: VersionRow, at: datetime) -> list[dict[str, Any]]:
    """Return what is left to the units when a pause ends.

    With `extend` deadlines move by its length (R23); with `catch_up` it is written down who waits to be set free.
    """
    choices, chores = Choices.from_json(version.pause), []
    if choices.timers == "extend" and version.paused_at is not None:
        length = (at - version.paused_at) // timedelta(microseconds=1)
        chores.append({"do": "shift", "since": format_instant(version.paused_at), "by": length})
    if catches_up(version, at):
        chores.append({"do": "mark", "at": format_instant(at)})
    return chores


async def chores_of_move(connection: Connection, version: VersionRow, at: datetime) -> list[dict[str, Any]]:
    """Return what is left to the units before people of a version move to another one: they stand again as they stood.

    A move has no catch-up; deadlines of an extending pause move before it.
    """
    row = await (await connection.execute(query("catching_up"), {"v": version.version_id})).fetchone()
    await connection.execute(query("end_catch_up"), {"v": version.version_id})
    chores = [{"do": "unmark"}] if row and row[0] else []
    if version.status != "paused":
        return chores
    return [*chores, {"do": "unpark"}, *(one for one in chores_behind(version, at) if one["do"] == "shift")]


def catches_up(version: VersionRow, at: datetime) -> bool:
    """Tell whether the end of a version's pause sets people free one after the other; not before its start date."""
    started = version.starts_at is None or version.starts_at <= at
    return started and Choices.from_json(version.pause).catch_up is not None


async def plan_catch_up(
    connection: Connection, version: VersionRow, journey_id: int, at: datetime
) -> list[dict[str, Any]]:
    """Begin a version's catch-up at the end of its pause, or none; return the chore that ends a former one."""
    given = {"v": version.version_id}
    row = await (await connection.execute(query("catching_up"), given)).fetchone()
    if catches_up(version, at):
        rate = Choices.from_json(version.pause).catch_up
        await connection.execute(query("begin_catch_up"), {**given, "j": journey_id, "rate": rate, "at": at})
    else:
        await connection.execute(query("end_catch_up"), given)
    return [{"do": "unmark"}] if row and row[0] else []


async def plan_end(connection: Connection, version: VersionRow, choices: Choices, at: datetime) -> None:
    """Note what a pause does by itself at its end, in place of what was noted before."""
    await connection.execute(query("void_pause_end"), {"v": version.version_id, "at": at})
    if choices.until is not None:
        given = {"v": version.version_id, "at": choices.until, "command": choices.then}
        await connection.execute(query("end_pause_by_itself"), given)


def _chosen(version: VersionRow, wish: Wish) -> Choices | str | None:
    """Return the choices, the code of a refusal, or None where nothing changes."""
    if version.status == "paused":
        now = Choices.from_json(version.pause)
        found = change(now, wish)
        return None if found == now else found
    outcome = decide("pause", version.status, entry_open=version.entry_open)
    if isinstance(outcome, Become):
        return begin(wish)
    return outcome.code if isinstance(outcome, Refuse) else None
