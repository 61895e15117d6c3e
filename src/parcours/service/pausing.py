"""Pause: the choices of versions that are paused now, or were before, and what they leave to be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parcours.domain.choices import Choices, Wish, begin, change, read_wish
from parcours.domain.errors import ParcoursError
from parcours.domain.lifecycle import Become, Refuse, decide
from parcours.domain.timing import format_instant
from parcours.service.answering import Order
from parcours.service.versions import VersionRow
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Chosen", "choose", "chores_of", "plan_end"]


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
            _check_available(found)
            choices[version.version_id] = found
        if version.status != "draft":
            refused = found if isinstance(found, str) else None
    return Chosen(choices, refused)


def chores_of(version: VersionRow, choices: Choices, at: datetime) -> list[dict[str, Any]]:
    """Return what is left to the units when a version is paused: where others go on, the queue is put aside."""
    if version.status == "paused" or choices.inside == "freeze":
        return []
    return [{"do": "park", "at": format_instant(at)}]


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


def _check_available(chosen: Choices) -> None:
    """Refuse what cannot be done yet."""
    plain = Choices()
    for name in ("timers", "catch_up"):
        value = getattr(chosen, name)
        if value != getattr(plain, name):
            raise ParcoursError(
                "not_available", f"the choice {name}: {value} cannot be made yet", place=f"options.{name}",
                hint="Leave it out.",
            )  # fmt: skip
