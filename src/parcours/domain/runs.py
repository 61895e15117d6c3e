"""A run under way: one part of one occurrence of a version's schedules, as it stands beside the people of a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parcours.domain.identity import FIRST
from parcours.domain.timing import format_instant, parse_instant

__all__ = ["FenceRun"]


@dataclass(frozen=True, slots=True)
class FenceRun:
    """A run in a fence. `triggers` are places among the journey's triggers.

    `after` is the last person it came to: people are taken in the order of their keys.
    """

    run_id: int
    version_id: int
    at: datetime
    part: int
    triggers: tuple[int, ...]
    after: str = FIRST
    since: datetime | None = None  # of a backfill: the instant behind which events count

    def as_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "run_id": self.run_id,
            "version_id": self.version_id,
            "at": format_instant(self.at),
            "part": self.part,
            "triggers": list(self.triggers),
            "after": self.after,
            **({} if self.since is None else {"since": format_instant(self.since)}),
        }

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> FenceRun:
        """Read the stored form."""
        at = parse_instant(stored["at"])
        if at is None:
            raise ValueError("a run without an instant")
        return FenceRun(
            stored["run_id"],
            stored["version_id"],
            at,
            stored["part"],
            tuple(stored["triggers"]),
            stored["after"],
            parse_instant(stored["since"]) if "since" in stored else None,
        )
