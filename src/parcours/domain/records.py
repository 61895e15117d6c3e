"""Values that cross layers: a line of the feed, and what a command answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

__all__ = ["CommandResult", "FeedLine"]


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One good line of the feed. `properties` are traits for identify; `name` the event, audience or subscription."""

    kind: Literal["identify", "event", "audience", "consent", "alias", "ignored"]
    user_id: str
    at: datetime | None  # its timestamp; None where it has none
    message_key: str  # messageId, or the hash of the line
    name: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    op: Literal["add", "remove", "in", "out"] = "add"  # in, out: of a consent
    historical: bool = False
    number: int = 0  # its line in the file
    merges: str | None = None  # another name of the person: anonymousId of identify, previousId of alias


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a lifecycle command did, or would do, or why it was refused."""

    journey: str
    version: int | None
    command: str
    from_status: str | None
    to_status: str | None
    counts: Mapping[str, int] = field(default_factory=dict)
    refused: str | None = None
    message: str = ""
    hint: str = ""
    in_flight: int = 0
    dry_run: bool = False
    changed: tuple[int, ...] = ()  # ids of the versions acted on
    warnings: tuple[str, ...] = ()  # what it breaks elsewhere

    def as_dict(self) -> dict[str, Any]:
        """Return the form for `--json`."""
        answer = asdict(self)
        answer["counts"] = dict(self.counts)
        answer["warnings"] = list(self.warnings)
        del answer["changed"]
        return answer
