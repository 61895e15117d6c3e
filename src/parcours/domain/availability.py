"""What the format knows and this version does not carry out yet: publishing refuses it.

One table; a feature that is built loses its line here, and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from parcours.domain.journey import Journey
from parcours.domain.problems import Problem
from parcours.domain.reading import problem_at

__all__ = ["NOT_AVAILABLE", "Feature", "not_available"]


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature that is still to come, what to do without it, and the places that use it."""

    name: str
    instead: str
    places: Callable[[Journey], Iterator[str]]


def not_available(journey: Journey) -> list[Problem]:
    """Return an error for each use of a feature that this version does not carry out."""
    return [
        _problem(place, feature.name, feature.instead)
        for feature in NOT_AVAILABLE
        for place in feature.places(journey)
    ]


def _problem(place: str, name: str, instead: str) -> Problem:
    message = f"{name[0].upper()}{name[1:]} cannot be carried out by this version yet."
    return problem_at("error", "not_available", place, message, instead)


NOT_AVAILABLE: Final[tuple[Feature, ...]] = ()  # at present everything that the format knows is carried out
