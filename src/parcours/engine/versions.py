"""Published versions as the engine needs them: frozen, so read once and kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from parcours.compiler import Program
from parcours.domain.journey import Email, Journey
from parcours.domain.parse import parse_journey
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Version", "Versions"]


@dataclass(frozen=True, slots=True)
class Version:
    """One published version: its definition, its Program, and the statements with their constants."""

    version_id: int
    version_no: int
    journey_id: int
    journey: Journey
    program: Program

    def email(self, step: str) -> Email:
        """Return an email step."""
        found = self.journey.steps[step]
        assert isinstance(found, Email)
        return found


class Versions:
    """The versions seen so far, by id."""

    def __init__(self) -> None:
        self._known: dict[int, Version] = {}

    async def get(self, connection: Connection, version_id: int) -> Version:
        """Return a version, reading it the first time. KeyError where there is none."""
        if version_id not in self._known:
            cursor = await connection.execute(query("read_version"), {"v": version_id})
            row: tuple[Any, ...] | None = await cursor.fetchone()
            if row is None:
                raise KeyError(version_id)
            self._known[version_id] = _version(row)
        return self._known[version_id]


def _version(row: tuple[Any, ...]) -> Version:
    version_id, version_no, journey_id, definition, templates, program = row
    journey, problems = parse_journey(definition, templates=templates)
    if journey is None:
        raise ValueError(f"version {version_id} cannot be read: {problems[0].message}")
    return Version(version_id, version_no, journey_id, journey, Program.from_json(program))
