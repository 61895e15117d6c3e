"""The fence: what each version of a journey allows to a unit of work, as it stands beside the people of a bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from parcours.domain.lifecycle import Inside, Rights, Status
from parcours.domain.timing import format_instant, parse_instant

__all__ = ["FenceVersion", "Task"]

Task: TypeAlias = Literal["resume", "sweep", "transfer"]


@dataclass(frozen=True, slots=True)
class FenceVersion:
    """One published version in a fence.

    `floor` is the latest instant at which people were let go: what was due before it is done at it. `refuse_with`
    is the reason with which suggestions are refused, None where they are admitted. `task` is what must be written
    down in sets before anything else happens for this version in this bucket; `task_at` its instant. `inside` is the
    choice of a version that is paused. `chores` are written down in sets before the task, one behind the other, and
    outlive commands: `{do: park, at}`, `{do: shift, since, by, after}` (`by` in
    microseconds), `{do: mark, at, after}`, `{do: unmark}`,
    `{do: unpark}`.
    """

    version_id: int
    version_no: int
    status: Status
    rights: Rights
    published_at: datetime
    floor: datetime | None = None
    refuse_with: str | None = None
    task: Task | None = None
    task_at: datetime | None = None
    inside: Inside | None = None
    chores: Sequence[Mapping[str, Any]] = ()

    @property
    def busy(self) -> bool:
        """Whether something is still to be written down: until then nobody moves by time or by an awaited event."""
        return self.task is not None or bool(self.chores)

    @property
    def claims(self) -> bool:
        """Whether messages are claimed: to be handed out, or to be refused by a pause that discards."""
        return self.rights.may_send or self.inside == "discard"

    @property
    def parks(self) -> bool:
        """Whether people go on while the queue waits for the resume."""
        return self.inside is not None and self.rights.may_move

    def as_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "version_id": self.version_id,
            "version_no": self.version_no,
            "status": self.status,
            "rights": str(self.rights),
            "published_at": format_instant(self.published_at),
            "floor": format_instant(self.floor) if self.floor else None,
            "refuse_with": self.refuse_with,
            "task": self.task,
            "task_at": format_instant(self.task_at) if self.task_at else None,
            "inside": self.inside,
            "chores": [dict(chore) for chore in self.chores],
        }

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> FenceVersion:
        """Read the stored form."""
        published_at = _instant(stored["published_at"])
        if published_at is None:
            raise ValueError("a fence without published_at")
        return FenceVersion(
            version_id=stored["version_id"],
            version_no=stored["version_no"],
            status=stored["status"],
            rights=Rights(*(bit == "1" for bit in stored["rights"])),
            published_at=published_at,
            floor=_instant(stored["floor"]),
            refuse_with=stored["refuse_with"],
            task=stored["task"],
            task_at=_instant(stored["task_at"]),
            inside=stored.get("inside"),
            chores=tuple(stored.get("chores") or ()),
        )


def _instant(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None
