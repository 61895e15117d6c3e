"""What the format knows and this version does not carry out yet: publishing refuses it.

One table; a feature that is built loses its line here, and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from parcours.domain.journey import (
    Audience,
    AudienceTrigger,
    Email,
    Journey,
    Webhook,
)
from parcours.domain.problems import Problem
from parcours.domain.reading import problem_at

__all__ = ["NOT_AVAILABLE", "Feature", "not_available"]


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature that is still to come, what to do without it, and the places that use it."""

    name: str
    instead: str
    places: Callable[[Journey], Iterator[str]]


def not_available(definition: Journey | Audience) -> list[Problem]:
    """Return an error for each use of a feature that this version does not carry out."""
    if isinstance(definition, Audience):
        return []
    return [
        _problem(place, feature.name, feature.instead)
        for feature in NOT_AVAILABLE
        for place in feature.places(definition)
    ]


def _problem(place: str, name: str, instead: str) -> Problem:
    message = f"{name[0].upper()}{name[1:]} cannot be carried out by this version yet."
    return problem_at("error", "not_available", place, message, instead)


def _expiring(journey: Journey) -> Iterator[str]:
    for step in journey.steps.values():
        if isinstance(step, Email | Webhook) and step.expires is not None:
            yield f"steps.{step.id}.{'email' if isinstance(step, Email) else 'webhook'}.expires"


def _triggers(kind: type[AudienceTrigger]) -> Callable[[Journey], Iterator[str]]:
    return lambda journey: (
        f"entry.triggers[{n}]" for n, t in enumerate(journey.entry.triggers) if isinstance(t, kind)
    )


def _entry(field: str) -> Callable[[Journey], Iterator[str]]:
    def places(journey: Journey) -> Iterator[str]:
        if getattr(journey.entry, field) not in (None, ()):
            yield f"entry.{field}"

    return places


def _setting(field: str) -> Callable[[Journey], Iterator[str]]:
    def places(journey: Journey) -> Iterator[str]:
        if getattr(journey, field) not in (None, False):
            yield field

    return places


_LEAVE_OUT: Final = "Leave it out."

NOT_AVAILABLE: Final = (
    Feature("a message that expires", _LEAVE_OUT, _expiring),
    Feature("a trigger by audience", "Use an event.", _triggers(AudienceTrigger)),
    Feature("a window for messages", _LEAVE_OUT, _setting("window")),
)
