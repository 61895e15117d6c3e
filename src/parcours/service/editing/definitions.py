"""Definitions as they are stored, read without locking anything: for checks, and for where things are used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parcours.domain.errors import ParcoursError
from parcours.domain.journey import Journey
from parcours.domain.lifecycle import Status
from parcours.domain.problems import Problem
from parcours.service.editing.checking import check_version
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = [
    "GOING",
    "StoredVersion",
    "VersionProblems",
    "defined_journey",
    "journey_problems",
    "stored_versions",
]

GOING = ("draft", "live", "paused", "closed")  # what these say is still, or soon, carried out


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version of a journey with its definition."""

    journey: str
    version_id: int
    version_no: int
    status: Status
    entry_open: bool
    definition: dict[str, Any]
    templates: dict[str, str]


@dataclass(frozen=True, slots=True)
class VersionProblems:
    """What is wrong with one version now, errors first."""

    version_no: int
    status: Status
    problems: tuple[Problem, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        problems = [problem.as_dict() for problem in self.problems]
        return {"version": self.version_no, "status": self.status, "problems": problems}


async def stored_versions(connection: Connection, key: str | None = None) -> list[StoredVersion]:
    """Return the versions of one journey or of all, by key and number."""
    cursor = await connection.execute(query("stored_versions"), {"key": key})
    return [StoredVersion(*row) for row in await cursor.fetchall()]


async def defined_journey(
    connection: Connection, key: str, version_no: int | None = None
) -> tuple[Journey, int, Status]:
    """Return the definition of a version with its files: of the draft, or else the newest, where none is named.

    Raises ParcoursError `unknown_journey`, `unknown_version`, `invalid` where it cannot be read.
    """
    versions = await _versions(connection, key, version_no)
    chosen = next((version for version in versions if version.status == "draft"), versions[-1])
    checked = await check_version(connection, chosen)
    if checked.journey is None:
        raise ParcoursError(
            "invalid",
            f"version {chosen.version_no} of {key} cannot be read",
            hint=f"Run `parcours journey problems {key}` to see why.",
        )
    return checked.journey, chosen.version_no, chosen.status


async def _versions(connection: Connection, key: str, version_no: int | None) -> list[StoredVersion]:
    """Return the versions of a journey, or the one that is named; never none."""
    versions = await stored_versions(connection, key)
    if not versions:
        hint = "`parcours journey list` shows those there are."
        raise ParcoursError("unknown_journey", f"there is no journey {key}", hint=hint)
    chosen = versions if version_no is None else [v for v in versions if v.version_no == version_no]
    if not chosen:
        numbers = ", ".join(str(version.version_no) for version in versions)
        raise ParcoursError(
            "unknown_version", f"journey {key} has no version {version_no}", hint=f"It has {numbers}."
        )
    return chosen


async def journey_problems(
    connection: Connection,
    key: str,
    at: datetime,
    version_no: int | None = None,
    *,
    coming: frozenset[str] = frozenset(),
) -> list[VersionProblems]:
    """Check a version, or the draft and every version that goes on, or else the newest one: as a command would now.

    `coming` are audiences that will be there soon.
    Raises ParcoursError `unknown_journey`, `unknown_version`.
    """
    versions = await _versions(connection, key, version_no)
    chosen = [v for v in versions if v.status in GOING] or versions[-1:]
    found = [(version, await check_version(connection, version, at, coming=coming)) for version in chosen]
    return [VersionProblems(version.version_no, version.status, one.problems) for version, one in found]
