"""What stands around a journey when it is checked: other journeys, audiences, the people and events seen so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from parcours.domain.senders import Sender

__all__ = ["Known"]


@dataclass(frozen=True, slots=True)
class Known:
    """What stands around a journey. None means unknown: nothing is said about it then.

    `fields` are the top-level attributes of profiles, `audiences` the keys of audiences, `journeys` the
    status of each other journey, `starts` the journeys that each other journey starts from its ends. `types` are the
    types of JSON seen in an attribute, as PostgreSQL calls them, `events` the properties seen with each event,
    `conditions` the audiences that have a condition, `now` the instant of the check. `subscriptions` are the declared
    types, `links` tells whether mails get links to unsubscribe by, `senders` are who mails may come from.
    """

    fields: frozenset[str] | None = None
    audiences: frozenset[str] | None = None
    journeys: Mapping[str, str] | None = None
    starts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    types: Mapping[str, frozenset[str]] = field(default_factory=dict)
    events: Mapping[str, frozenset[str]] | None = None
    conditions: frozenset[str] = frozenset()
    now: datetime | None = None
    subscriptions: frozenset[str] | None = None
    links: bool | None = None
    senders: tuple[Sender, ...] | None = None
