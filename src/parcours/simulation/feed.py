"""The feed of a simulation: what is history, what nobody hears, and what must be played line by line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from parcours.compiler import compile_journey
from parcours.domain.availability import not_available
from parcours.domain.checks import check_journey
from parcours.domain.journey import Journey
from parcours.domain.problems import has_errors
from parcours.domain.records import FeedLine

__all__ = ["Feed"]

Numbered = tuple[int, FeedLine]


class Feed:
    """Numbered lines in order of time. `history` lies before the clock, `lines` within it, repeated ones left out."""

    def __init__(self, lines: Iterable[Numbered], start: datetime, to: datetime) -> None:
        self.history: list[Numbered] = []
        self.lines: list[Numbered] = []
        seen: set[tuple[str, str]] = set()
        for number, line in lines:
            key = (line.user_id, line.message_key)
            if line.at is None or line.at >= to or key in seen:
                continue
            seen.add(key)
            if line.kind == "ignored":
                continue
            if line.at < start:
                self.history.append((number, line))
            else:
                self.lines.append((number, line))

    def split(self, journeys: Sequence[Journey]) -> tuple[list[Numbered], list[Numbered]]:
        """Return events that no journey hears, and the rest.

        Nobody moves because of an unheard event; conditions count events up to their own instant. So it makes no
        difference when these are stored, and a month of page views need not be walked through.
        """
        heard: set[str] = set()
        for journey in journeys:
            if not has_errors([*check_journey(journey), *not_available(journey)]):
                heard |= {name for kind, name in compile_journey(journey, 1).listeners if kind == "event"}
        if "*" in heard:
            return [], self.lines
        unheard = [one for one in self.lines if one[1].kind == "event" and one[1].name not in heard]
        rest = [one for one in self.lines if one[1].kind != "event" or one[1].name in heard]
        return unheard, rest
