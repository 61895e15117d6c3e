"""What a server answers of audiences, people and the installation, as the values that local commands print."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from parcours.domain.problems import Problem
from parcours.domain.records import CommandResult
from parcours.domain.senders import Sender
from parcours.domain.timing import format_instant, parse_instant
from parcours.service.audiences.members import AudienceShown, Member, MembersPage
from parcours.service.audiences.size import Size
from parcours.service.commands.answering import EVERY_JOURNEY
from parcours.service.commands.holding import Held
from parcours.service.consent.said import Said
from parcours.service.consent.suppression import Suppressed
from parcours.service.consent.types import SubscriptionType
from parcours.service.editing.where_used import Found
from parcours.service.privacy.erasing import Erasure
from parcours.service.watch.stuck import Stuck

__all__ = [
    "audience_of",
    "erasure_of",
    "held_of",
    "instants",
    "page_of",
    "plain",
    "said_of",
    "sender_of",
    "size_of",
    "stuck_of",
    "subscription_of",
    "suppressed_of",
    "switched",
    "use_of",
]


def audience_of(wire: Mapping[str, Any]) -> AudienceShown:
    """Return an audience."""
    given = {name: wire[name] for name in AudienceShown.__slots__ if name != "created_at"}
    return AudienceShown(**given, created_at=_at(wire["created_at"]))


def use_of(wire: Mapping[str, Any]) -> Found:
    """Return a place that names something."""
    return Found(**wire)


def size_of(wire: Mapping[str, Any]) -> Size:
    """Return how many people a condition means."""
    problems = tuple(Problem(**one) for one in wire["problems"])
    counts = {name: wire[name] for name in ("people", "low", "high", "looked_at", "matched", "exact")}
    return Size(**counts, sample=tuple(wire["sample"]), problems=problems)


def page_of(wire: Mapping[str, Any]) -> MembersPage:
    """Return some members."""
    return MembersPage(
        [Member(one["user_id"], _maybe(one["since"])) for one in wire["members"]], wire["next"]
    )


def stuck_of(wire: Mapping[str, Any]) -> Stuck:
    """Return somebody who is stuck; how the database knows the person is not told."""
    given = {name: value for name, value in wire.items() if name not in ("since", "mends")}
    return Stuck(**given, since=_at(wire["since"]), person=UUID(int=0), seq=0, message_id=None)


def held_of(wire: Mapping[str, Any] | None) -> Held | None:
    """Return since when all sending is held."""
    return None if wire is None else Held(_at(wire["since"]), wire["by"], wire["reason"])


def switched(command: str, wire: Mapping[str, Any]) -> CommandResult:
    """Return what the switch over all sending did."""
    counts = {name: wire[name] for name in ("messages", "due_within_hour")}
    after = "held" if command == "hold_sending" else "sending"
    return CommandResult(EVERY_JOURNEY, None, command, wire["before"], after, counts, dry_run=wire["dry_run"])


def subscription_of(wire: Mapping[str, Any]) -> SubscriptionType:
    """Return a kind of mail, with the texts that it has."""
    names, about = ({k: v for k, v in wire[word].items() if v} for word in ("names", "descriptions"))
    return SubscriptionType(wire["key"], wire["default"], names, about, _maybe(wire["created_at"]))


def sender_of(wire: Mapping[str, Any]) -> Sender:
    """Return who mails come from."""
    return Sender(
        wire["key"],
        wire["address"],
        wire["name"],
        wire["reply_to"],
        wire["default"],
        _maybe(wire["created_at"]),
    )


def suppressed_of(wire: Mapping[str, Any]) -> Suppressed:
    """Return an address on the list."""
    return Suppressed(**{**wire, "added_at": _at(wire["added_at"])})


def said_of(wire: Mapping[str, Any]) -> Said:
    """Return what a person said."""
    return Said(wire["subscription"], wire["state"], _at(wire["at"]), wire["by"], wire["source"])


def erasure_of(wire: Mapping[str, Any]) -> Erasure:
    """Return how it stands with forgetting somebody."""
    times = {name: _maybe(wire[name]) for name in ("asked_at", "done_at")}
    return Erasure(**{**wire, **times, "person": UUID(wire["person"])})


def instants(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its instants (`…_at`) as such."""
    return {name: _maybe(value) if name.endswith("_at") else value for name, value in row.items()}


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its instants (`at`, `…_at`) written as we write them."""
    return {
        name: format_instant(_at(value)) if value is not None and (name == "at" or name.endswith("_at")) else value
        for name, value in row.items()
    }  # fmt: skip


def _at(text: str) -> datetime:
    found = parse_instant(text)
    assert found is not None
    return found


def _maybe(text: str | None) -> datetime | None:
    return None if text is None else _at(text)
