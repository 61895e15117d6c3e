"""Published versions as the engine needs them: frozen, so read once and kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parcours.channels.attachment import Attached, attach
from parcours.compiler import Program, Statement
from parcours.domain.journey import Email, Journey, Webhook
from parcours.domain.parse import parse_journey
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Ready", "Version", "Versions"]

NAMED = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Ready:
    """A compiled statement made ready once: numbered placeholders, and the name behind each number.

    psycopg turns names into numbers at every execution of a long text, which costs more than the statement.
    """

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """Return the values in the order of their numbers."""
        return [self.constants[name] if name in self.constants else given[name] for name in self.names]


def ready(statement: Statement) -> Ready:
    """Number the placeholders of a statement."""
    names: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        return f"${names.setdefault(match[1], len(names) + 1)}"

    text = NAMED.sub(number, statement.text).replace("%%", "%")
    return Ready(text, tuple(names), statement.constants)


@dataclass(frozen=True, slots=True)
class Version:
    """One published version: its definition, its Program, and the statements with their constants."""

    version_id: int
    version_no: int
    journey_id: int
    journey: Journey
    program: Program
    statements: Mapping[str, Ready] = field(default_factory=dict)
    attached: Mapping[str, Attached] = field(default_factory=dict)  # by email step, encoded once
    former: int = 0  # deleted journeys that had the same key before this one

    @property
    def message_space(self) -> str:
        """What ids of messages are made from beside person, passage and step: other than those of a former journey."""
        return f"{self.journey.key}/{self.former}" if self.former else self.journey.key

    def email(self, step: str) -> Email:
        """Return an email step."""
        found = self.journey.steps[step]
        assert isinstance(found, Email)
        return found

    def webhook(self, step: str) -> Webhook:
        """Return a webhook step."""
        found = self.journey.steps[step]
        assert isinstance(found, Webhook)
        return found

    def channel(self, step: str) -> str:
        """Return the channel of a message step."""
        return self.program.message_steps[step]


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
            cursor = await connection.execute(query("read_attachments"), {"v": version_id})
            self._known[version_id] = _version(row, dict(await cursor.fetchall()))
        return self._known[version_id]


def _version(row: tuple[Any, ...], files: Mapping[str, bytes]) -> Version:
    version_id, version_no, journey_id, definition, templates, program, former = row
    journey, problems = parse_journey(definition, templates=templates)
    if journey is None:
        raise ValueError(f"version {version_id} cannot be read: {problems[0].message}")
    compiled = Program.from_json(program)
    statements = {name: ready(statement) for name, statement in compiled.statements.items()}
    attached = {
        step.id: attach([(name, files[name]) for name in step.attachments])
        for step in journey.steps.values()
        if isinstance(step, Email) and step.attachments
    }
    return Version(version_id, version_no, journey_id, journey, compiled, statements, attached, former)
