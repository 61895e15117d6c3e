"""Where a condition's words come from in one statement: SQL expressions for fields, the instant, the position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from psycopg import sql

from parcours.domain.condition import Condition

__all__ = ["Parameters", "Scope"]


@dataclass(slots=True)
class Parameters:
    """The constants of one statement: bound, never written into its text. Equal ones share a name."""

    values: dict[str, Any] = field(default_factory=dict)
    _names: dict[tuple[str, str], str] = field(default_factory=dict)

    def bind(self, value: Any, cast: str) -> sql.Composable:
        """Return a typed placeholder for a constant, such as `%(c3)s::jsonb`."""
        key = (repr(value), cast)
        if key not in self._names:
            name = f"c{len(self._names) + 1}"
            self._names[key] = name
            self.values[name] = value
        return sql.SQL("{}::{}").format(sql.Placeholder(self._names[key]), sql.SQL(cast))


@dataclass(frozen=True, slots=True)
class Scope:
    """SQL for what a condition may name.

    `roots` maps a field root to a jsonb expression; `participant` maps participant.X to a jsonb expression;
    `at` is the instant. `passage` bounds the events of this passage: the (instant, number) behind which they lie
    and up to which they are known; None before admission. `history` looks at all events of the person (R9).
    `audiences` are the conditions of audiences that have one, as they stood at the publication.
    """

    params: Parameters
    journey_key: str
    zone: str
    roots: Mapping[str, sql.Composable]
    participant: Mapping[str, sql.Composable]
    at: sql.Composable
    profile_id: sql.Composable
    user_id: sql.Composable
    bucket: sql.Composable
    message_of: tuple[sql.Composable, sql.Composable] | None  # journey_id, entry_no; None before admission
    passage: tuple[sql.Composable, sql.Composable] | None = None
    history: bool = True
    depth: int = 0
    audiences: Mapping[str, Condition] = field(default_factory=dict)
    own_zone: bool = False  # a known `profile.timezone` comes before `zone`

    def of_audience(self) -> Scope:
        """Return what the condition of an audience sees: the person alone, in UTC, with the whole history (P31)."""
        return replace(
            self,
            roots={"profile": self.roots["profile"]},
            participant={},
            zone="UTC",
            own_zone=False,
            message_of=None,
            passage=None,
            history=True,
            depth=self.depth + 1,
        )

    def with_root(self, root: str, expression: sql.Composable) -> Scope:
        """Return a scope in which `root` is read from another expression."""
        return replace(self, roots={**self.roots, root: expression})
